"""Regions as people write them: ``CONTIG`` or ``CONTIG:START-END``, 1-based and closed."""

import re

from genefinder.errors import InputError
from genefinder.genes import Region

_RANGE = re.compile(r"(?P<contig>.+):(?P<start>\d[\d,]*)-(?P<end>\d[\d,]*|end|)")


def parse_region(text: str) -> Region:
    """Read a region.

    Parameters
    ----------
    text
        ``CONTIG`` for a whole contig, ``CONTIG:START-END`` with 1-based closed coordinates, or
        ``CONTIG:START-`` (also ``START-end``) to the contig's end. Commas in numbers are ignored.
        A contig whose own name holds a colon needs the form with coordinates.

    Returns
    -------
    Region
        0-based, half-open.

    Raises
    ------
    InputError
        The text is empty, is no range after its last colon, starts below 1 or ends before it
        starts.
    """
    text = text.strip()
    if not text:
        raise InputError("empty region: write CONTIG or CONTIG:START-END")
    if ":" not in text:
        return Region(text)
    match = _RANGE.fullmatch(text)
    if match is None:
        raise InputError(
            f"region {text!r}: what follows the colon is not START-END; write CONTIG or "
            "CONTIG:START-END with 1-based closed coordinates, such as chr1:1,001-2,000 "
            "(a whole contig with a colon in its name: NAME:1-)"
        )
    start = int(match["start"].replace(",", ""))
    end = int(match["end"].replace(",", "")) if match["end"] not in ("", "end") else None
    if start < 1:
        raise InputError(f"region {text!r}: coordinates are 1-based, so START is at least 1")
    if end is not None and end < start:
        raise InputError(f"region {text!r}: END {end} lies before START {start}; swap them")
    return Region(match["contig"], start - 1, end)


def format_region(region: Region) -> str:
    """Write a region so that :func:`parse_region` reads it back."""
    if region.end is not None:
        return f"{region.contig}:{region.start + 1}-{region.end}"
    if region.start or ":" in region.contig:
        return f"{region.contig}:{region.start + 1}-"
    return region.contig
