"""Where on the genomes of a run its regions lie, and what is left beside them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from genefinder.errors import InputError
from genefinder.genes import Region
from genefinder.intervals import as_intervals, merge, outside
from genefinder.io.regions import format_region

_HELD_OUT_SHARE = 0.1
_HELD_OUT_BASES = 2_000_000
"""Share and number of bases held out for validation where nobody says what to hold out."""


Lengths = Mapping[str, int]
"""Of the contigs of a genome, by name."""


@dataclass(frozen=True, slots=True)
class Split:
    """How the genomes of a run are divided into what is held out and what is learnt from.

    Attributes
    ----------
    held_out
        Number of the genome, and the region with its end, of each region to validate on.
    excluded
        Regions that are not learnt from: those to validate on, and those that are excluded.
    """

    held_out: tuple[tuple[int, Region], ...]
    excluded: tuple[Region, ...]

    def train_regions(self, contigs: Lengths) -> Iterator[tuple[str, int, int]]:
        """Yield what may be learnt from of a genome: contig, start and end."""
        for contig, length in contigs.items():
            holes = merge(
                as_intervals(
                    (region.start, length if region.end is None else region.end)
                    for region in self.excluded
                    if region.contig == contig
                )
            )
            for start, end in outside(holes, 0, length).tolist():
                yield contig, start, end

    def is_excluded(self, contig: str, start: int, end: int) -> bool:
        """Tell whether any of ``[start, end)`` of a contig is not learnt from."""
        return any(
            region.contig == contig and region.overlaps(start, end) for region in self.excluded
        )


def split_genomes(
    genomes: Sequence[tuple[Path, Lengths]],
    validation: Sequence[Region],
    exclude: Sequence[Region],
    adjust: Callable[[Region], Region] = lambda region: region,
) -> Split:
    """Divide the genomes of a run.

    Parameters
    ----------
    genomes
        File, and lengths of the contigs, of each.
    validation
        Regions to validate on; of several genomes with such a contig, the first is meant. If there
        are none, the end of the first genome's longest contig is held out.
    exclude
        Regions that are not read.
    adjust
        Moves that end to where it is better cut.

    Raises
    ------
    InputError
        If a region is on a contig that no genome has, or one to validate on lies beyond its
        contig's end; if every contig is partly excluded, and no region to validate on is given.
    """
    check_contigs({name for _, lengths in genomes for name in lengths}, (*validation, *exclude))
    if not validation:
        validation = [adjust(_longest_end(genomes[0][1], exclude))]
    held_out = tuple(locate(genomes, region) for region in validation)
    return Split(held_out, (*validation, *exclude))


def weigh(weights: Iterable[float | None], bases: Iterable[int]) -> tuple[float, ...]:
    """Return the shares of genomes in the windows: where none is given, their megabases."""
    return tuple(
        count / 1e6 if weight is None else weight
        for weight, count in zip(weights, bases, strict=True)
    )


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


def locate(genomes: Sequence[tuple[Path, Lengths]], region: Region) -> tuple[int, Region]:
    """Find the genome that a validation region is of: the first with such a contig.

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
        If the region lies beyond its contig's end.
    """
    owner = next(n for n, (_, lengths) in enumerate(genomes) if region.contig in lengths)
    length = genomes[owner][1][region.contig]
    end = length if region.end is None else min(length, region.end)
    if region.start >= end:
        raise InputError(
            f"validation region {format_region(region)} begins beyond the end of "
            f"{region.contig} ({length:,} bases) in {genomes[owner][0]}"
        )
    return owner, Region(region.contig, region.start, end)


def _longest_end(lengths: Lengths, exclude: Iterable[Region]) -> Region:
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
