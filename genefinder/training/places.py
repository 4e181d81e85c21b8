"""Where on the genomes of a run its regions lie, and what is left beside them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from genefinder.dataset.intervals import Intervals, as_intervals, merge, outside
from genefinder.errors import InputError
from genefinder.genes import Region
from genefinder.io.regions import format_region

_HELD_OUT_SHARE = 0.1
_HELD_OUT_BASES = 2_000_000
"""Share and number of bases held out for validation where nobody says what to hold out."""


def check_contigs(names: Collection[str], regions: Iterable[Region]) -> None:
    """Refuse regions on contigs that no genome has.

    Raises
    ------
    InputError
        If there is one.
    """
    for region in regions:
        if region.contig not in names:
            raise InputError(
                f"region {format_region(region)}: no genome given has a contig {region.contig!r}"
            )


def locate(genomes: Sequence[tuple[Path, Mapping[str, int]]], region: Region) -> tuple[int, Region]:
    """Find the genome that a validation region is of.

    Parameters
    ----------
    genomes
        File, and lengths of the contigs, of each.
    region
        On a contig that at least one of them has.

    Returns
    -------
    tuple
        Number of the genome, and the region with its end.

    Raises
    ------
    InputError
        If the region lies beyond its contig's end, or its contig's name is that of several genomes.
    """
    owners = [number for number, (_, lengths) in enumerate(genomes) if region.contig in lengths]
    if len(owners) > 1:
        raise InputError(
            f"validation region {format_region(region)}: {genomes[owners[0]][0]} and "
            f"{genomes[owners[1]][0]} both have a contig {region.contig!r}; rename one of "
            "them, in its annotation too"
        )
    length = genomes[owners[0]][1][region.contig]
    end = length if region.end is None else min(length, region.end)
    if region.start >= end:
        raise InputError(
            f"validation region {format_region(region)} begins beyond the end of "
            f"{region.contig} ({length:,} bases)"
        )
    return owners[0], Region(region.contig, region.start, end)


def longest_end(lengths: Mapping[str, int], exclude: Iterable[Region]) -> Region:
    """Choose the end of a genome's longest contig, where nobody says what to hold out.

    Raises
    ------
    InputError
        If no contig is free of excluded regions.
    """
    taken = {region.contig for region in exclude}
    free = {name: length for name, length in lengths.items() if name not in taken}
    if not free:
        raise InputError(
            "every contig is partly excluded, so nothing could be held out for validation; name "
            "a region with --validation"
        )
    contig = max(free, key=lambda name: free[name])
    share = _HELD_OUT_SHARE * sum(lengths.values())
    size = int(min(_HELD_OUT_BASES, share, free[contig] / 2))
    return Region(contig, free[contig] - size, free[contig])


def left_beside(contig: str, length: int, away: Iterable[Region]) -> Intervals:
    """Return the parts of a contig that lie in none of some regions."""
    holes = merge(
        as_intervals(
            (region.start, length if region.end is None else region.end)
            for region in away
            if region.contig == contig
        )
    )
    return outside(holes, 0, length)
