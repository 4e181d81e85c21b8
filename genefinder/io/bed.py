"""Reader of BED files: stretches of a genome to leave out."""

import gzip
import os
import zlib
from collections.abc import Mapping

from genefinder.errors import InputError
from genefinder.genes import Interval

_GZIP_MAGIC = b"\x1f\x8b"
_NOT_DATA = ("#", "track", "browser")


def read_bed(
    path: str | os.PathLike[str], contigs: Mapping[str, int] | None = None
) -> dict[str, list[Interval]]:
    """Read the first three columns of a BED file.

    Parameters
    ----------
    path
        Plain, gzip or bgzip; told by the first bytes.
    contigs
        Length of each contig that there is. With it, rows elsewhere or beyond a contig's end are
        errors.

    Returns
    -------
    dict
        Intervals of each contig, 0-based and half-open as BED itself has them, in file order.

    Raises
    ------
    InputError
        The file cannot be read or a row is not BED.
    """
    intervals: dict[str, list[Interval]] = {}
    for number, line in enumerate(_read_text(path).splitlines(), start=1):
        if not line.strip() or line.startswith(_NOT_DATA):
            continue
        place = f"{os.fspath(path)}: line {number}"
        contig, interval = _parse(line, place)
        if contigs is not None:
            if contig not in contigs:
                raise InputError(f"{place}: contig {contig!r} is in no genome given")
            if interval[1] > contigs[contig]:
                raise InputError(
                    f"{place}: ends at {interval[1]}, but contig {contig!r} has only "
                    f"{contigs[contig]} bases; is it of another assembly?"
                )
        intervals.setdefault(contig, []).append(interval)
    return intervals


def _parse(line: str, place: str) -> tuple[str, Interval]:
    """Read one row."""
    columns = line.rstrip().split("\t" if "\t" in line else None)
    if len(columns) < 3:
        raise InputError(f"{place}: {len(columns)} columns; BED has contig, start and end at least")
    try:
        start, end = int(columns[1]), int(columns[2])
    except ValueError:
        raise InputError(
            f"{place}: start {columns[1]!r} and end {columns[2]!r} must be whole numbers"
        ) from None
    if not 0 <= start <= end:
        raise InputError(
            f"{place}: start {start} and end {end} are no interval; BED counts from 0, and the "
            "end, which is not included, is never below the start"
        )
    return columns[0], (start, end)


def _read_text(path: str | os.PathLike[str]) -> str:
    """Read a whole file, decompressed."""
    name = os.fspath(path)
    try:
        with open(path, "rb") as file:
            content = file.read()
        if content.startswith(_GZIP_MAGIC):
            content = gzip.decompress(content)
        return content.decode()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{name}: compressed data is broken; copy the file again") from error
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: is not text; give a BED file") from error
