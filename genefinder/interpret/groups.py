"""Groups of regions to compare with each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genefinder.errors import InputError
from genefinder.interpret.pieces import Piece
from genefinder.io.bed import BedRow

_LEAST_REGIONS = 5
_SHORTEST_INTERGENIC = 30

Ints = npt.NDArray[np.int64]
_Place = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Regions of one kind.

    Attributes
    ----------
    name
        What they are.
    pieces, starts, ends
        Piece of each and its interval there (0-based, half-open): int64 of shape ``(n,)``.
    sides
        Reading whose gates count: 0 forward, 1 reverse, -1 the mean of both.
    """

    name: str
    pieces: Ints
    starts: Ints
    ends: Ints
    sides: Ints

    def __len__(self) -> int:
        """Regions."""
        return len(self.starts)


def group_rows(name: str, rows: Iterable[BedRow], pieces: Sequence[Piece]) -> Group:
    """Gather the rows of a BED file that lie inside pieces; parts outside are cut off.

    Raises
    ------
    InputError
        If fewer than five are left.
    """
    found = []
    for row in rows:
        for number, piece in enumerate(pieces):
            low, high = max(row.start - piece.start, 0), min(row.end - piece.start, len(piece))
            if row.contig == piece.contig and low < high:
                side = {"+": 0, "-": 1, None: -1}[row.strand]
                found.append((number, low, high, side))
    return _group(name, found)


def group_contexts(pieces: Sequence[Piece]) -> list[Group]:
    """Gather coding exons and introns (on their own strand) and intergenic stretches."""
    exons: list[_Place] = []
    introns: list[_Place] = []
    between: list[_Place] = []
    for number, piece in enumerate(pieces):
        for transcript in piece.transcripts:
            side = int(transcript.strand == "-")
            for found, spans in ((exons, transcript.cds), (introns, transcript.introns())):
                found += [
                    (number, start - piece.start, end - piece.start, side) for start, end in spans
                ]
        free = (piece.forward.labels == 0) & ~piece.forward.masked
        edges = np.flatnonzero(np.diff(np.concatenate(([False], free, [False])).astype(np.int8)))
        between += [
            (number, int(start), int(end), -1)
            for start, end in edges.reshape(-1, 2)
            if end - start >= _SHORTEST_INTERGENIC
        ]
    named = {"exon": exons, "intron": introns, "intergenic": between}
    return [_group(name, found) for name, found in named.items()]


def _group(name: str, found: Sequence[_Place]) -> Group:
    if len(found) < _LEAST_REGIONS:
        raise InputError(
            f"{name}: only {len(found)} regions lie in the sequence; {_LEAST_REGIONS} or more are "
            "needed to compare groups"
        )
    return Group(name, *np.array(found, dtype=np.int64).T)
