"""Posteriors along a genome as bigWig files, which genome browsers draw."""

import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from genefinder.errors import InputError
from genefinder.genes import Strand

KINDS = ("exon", "intron", "boundary")
"""Of the tracks; a boundary is a start or stop codon, a donor or an acceptor."""
STRANDS: dict[Strand, str] = {"+": "plus", "-": "minus"}
Values = npt.NDArray[np.float32]
_LEAST = 0.01
"""Posteriors are written in steps of this; smaller ones are left out."""


def track_files() -> dict[str, str]:
    """Return the file of each track, by what it is called."""
    return {
        f"P({kind}) {strand}": f"{kind}.{name}.bw"
        for kind in KINDS
        for strand, name in STRANDS.items()
    }


class TrackWriter:
    """Writes six bigWig files; they appear when all is written, and not at all after an error.

    Parameters
    ----------
    folder
        Where to; it is there already.
    contigs
        Name and length of every contig, in the order in which they come.

    Raises
    ------
    InputError
        pyBigWig is not installed, or a file cannot be written.
    """

    def __init__(self, folder: Path, contigs: Sequence[tuple[str, int]]) -> None:
        check_tracks()
        import pyBigWig

        self._paths = [folder / file for file in track_files().values()]
        token = secrets.token_hex(4)
        self._partial = [path.with_name(f".{path.name}.{token}.partial") for path in self._paths]
        self._files: list[Any] = []
        header = [(name, length) for name, length in contigs if length]
        try:
            for path in self._partial:
                file = pyBigWig.open(str(path), "w")
                file.addHeader(header)
                self._files.append(file)
        except (OSError, RuntimeError) as error:
            self._remove()
            raise InputError(f"{folder}: tracks cannot be written there: {error}") from error

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Put the files in their places, or take them away."""
        try:
            for file in self._files:
                file.close()
            if kind is None:
                for partial, path in zip(self._partial, self._paths, strict=True):
                    os.replace(partial, path)
        finally:
            self._remove()

    def add(self, contig: str, start: int, values: Sequence[Values]) -> None:
        """Write the next bases of a contig.

        Parameters
        ----------
        contig
            Its name; contigs come in the order of the header, each from its start on.
        start
            Position of the first base.
        values
            Of each track, in the order of :func:`track_files`, shape ``(n,)``.
        """
        for file, track in zip(self._files, values, strict=True):
            _write(file, contig, start, track)

    def _remove(self) -> None:
        for partial in self._partial:
            with suppress(OSError):
                partial.unlink()


def check_tracks() -> None:
    """Refuse to begin without what writes bigWig.

    Raises
    ------
    InputError
        It is not installed.
    """
    try:
        import pyBigWig  # noqa: F401
    except ImportError as error:
        raise InputError(
            "tracks need pyBigWig, which is not installed; install it with "
            "`pip install pybigwig` or `conda install -c bioconda pybigwig`"
        ) from error


def _write(file: Any, contig: str, start: int, values: Values) -> None:
    """Write runs of equal values, rounded, but for those of almost nothing."""
    steps = np.rint(values.astype(np.float64) / _LEAST).astype(np.int64)
    cuts = np.flatnonzero(np.diff(steps)) + 1
    starts = np.concatenate([[0], cuts])
    ends = np.concatenate([cuts, [len(steps)]])
    kept = steps[starts] > 0
    if not kept.any():
        return
    starts, ends = starts[kept], ends[kept]
    file.addEntries(
        [contig] * len(starts),
        (start + starts).tolist(),
        ends=(start + ends).tolist(),
        values=(np.minimum(steps[starts], round(1 / _LEAST)) * _LEAST).round(2).tolist(),
    )
