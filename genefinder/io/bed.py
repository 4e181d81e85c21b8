"""Reader of BED files: regions of a genome to leave out or to look at."""

import gzip
import os
import zlib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from genefinder.errors import InputError
from genefinder.genes import Interval, Strand

_GZIP_MAGIC = b"\x1f\x8b"
_NOT_DATA = ("#", "track", "browser")


class BedRow(NamedTuple):
    """A row: 0-based and half-open, with its strand where the sixth column gives one."""

    contig: str
    start: int
    end: int
    strand: Strand | None


def read_bed(
    path: str | os.PathLike[str], contigs: Mapping[str, int] | None = None
) -> dict[str, list[Interval]]:
    """Read the first three columns of a BED file.

    Parameters
    ----------
    path, contigs
        As for :func:`read_bed_rows`.

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
    for row in read_bed_rows(path, contigs):
        intervals.setdefault(row.contig, []).append((row.start, row.end))
    return intervals


def read_bed_rows(
    path: str | os.PathLike[str], contigs: Mapping[str, int] | None = None
) -> Iterator[BedRow]:
    """Yield the rows of a BED file.

    Parameters
    ----------
    path
        Plain, gzip or bgzip, recognised by the first bytes.
    contigs
        Length of each contig that there is. With it, rows elsewhere or beyond a contig's end are
        errors.

    Yields
    ------
    BedRow
        In file order.

    Raises
    ------
    InputError
        The file cannot be read or a row is not BED.
    """
    for number, line in enumerate(_read_text(path).splitlines(), start=1):
        if not line.strip() or line.startswith(_NOT_DATA):
            continue
        where = f"{os.fspath(path)}: line {number}"
        row = _parse(line, where)
        if contigs is not None:
            if row.contig not in contigs:
                raise InputError(
                    f"{where}: there is no contig {row.contig!r}; is it of another assembly?"
                )
            if row.end > contigs[row.contig]:
                raise InputError(
                    f"{where}: ends at {row.end}, but contig {row.contig!r} has only "
                    f"{contigs[row.contig]} bases; is it of another assembly?"
                )
        yield row


def _parse(line: str, where: str) -> BedRow:
    """Read one row."""
    columns = line.rstrip().split("\t" if "\t" in line else None)
    if len(columns) < 3:
        raise InputError(f"{where}: {len(columns)} columns; BED has contig, start and end at least")
    try:
        start, end = int(columns[1]), int(columns[2])
    except ValueError:
        raise InputError(
            f"{where}: start {columns[1]!r} and end {columns[2]!r} must be whole numbers"
        ) from None
    if not 0 <= start <= end:
        raise InputError(
            f"{where}: start {start} and end {end} are no interval; BED counts from 0, and the "
            "end, which is not included, is never below the start"
        )
    strand: Strand | None = None
    if len(columns) > 5 and columns[5] in ("+", "-"):
        strand = "+" if columns[5] == "+" else "-"
    return BedRow(columns[0], start, end, strand)


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
