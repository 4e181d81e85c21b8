"""A genome, or an even sample of it, in chunks that are read as contigs of their own."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from genefinder.data.regions import RegionSequence
from genefinder.dna import N
from genefinder.errors import InputError
from genefinder.genes import Interval, Region
from genefinder.intervals import as_intervals, merge, outside
from genefinder.io.fasta import Genome
from genefinder.io.regions import format_region

_LONGEST = 200_000
_SHORTEST = 20_000
_CHUNKS = 20
"""Chunks that a small genome is cut into, unless they become shorter than the shortest."""
_SCRAP = 1_000
"""Shorter ends and contigs are left out: hardly a gene fits."""


def cut_chunks(
    genome: Genome, max_bases: int, exclude: Sequence[Region] = ()
) -> list[RegionSequence]:
    """Cut a genome into chunks, and take as many as are asked for, evenly spread.

    Parameters
    ----------
    genome
        A file; it is read twice.
    max_bases
        Bases of all chunks together, at most (by one chunk).
    exclude
        Regions that are not read.

    Raises
    ------
    InputError
        If the genome cannot be read twice, has no contig of an excluded region's name, or leaves
        nothing.
    """
    lengths = dict(genome.contigs)
    for region in exclude:
        if region.contig not in lengths:
            raise InputError(
                f"region {format_region(region)}: {genome.name} has no contig {region.contig!r}"
            )
    size = min(_LONGEST, max(_SHORTEST, sum(lengths.values()) // _CHUNKS))
    places = [
        (contig, start, end)
        for contig, length in lengths.items()
        for start, end in _cut(
            length, size, [region for region in exclude if region.contig == contig]
        )
    ]
    wanted = max(1, min(len(places), max_bases // size))
    chosen: dict[str, list[Interval]] = {}
    for number in range(wanted if places else 0):
        contig, start, end = places[number * len(places) // wanted]
        chosen.setdefault(contig, []).append((start, end))
    chunks = [
        RegionSequence(contig.name, start, contig.codes[start:end].copy())
        for contig in genome
        for start, end in chosen.get(contig.name, ())
    ]
    chunks = [chunk for chunk in chunks if (chunk.codes != N).sum() >= _SCRAP]
    if not chunks:
        raise InputError(
            f"{genome.name}: no contig has {_SCRAP:,} known bases, so there is nothing to learn "
            "genes from"
        )
    return chunks


def hold_out(chunks: Sequence[RegionSequence]) -> tuple[list[RegionSequence], list[RegionSequence]]:
    """Split chunks into those to learn from and every tenth, but at least one, to check on.

    Raises
    ------
    InputError
        If there is but one chunk.
    """
    if len(chunks) < 2:
        raise InputError(
            f"the genome has {len(chunks[0].codes):,} bases in one chunk, which is too little to "
            "learn from one part and to check on another"
        )
    step = min(10, len(chunks))
    held = range(step - 1, len(chunks), step)
    return (
        [chunk for number, chunk in enumerate(chunks) if number not in held],
        [chunks[number] for number in held],
    )


def _of(contig: str, regions: Sequence[Region]) -> list[Region]:
    return [region for region in regions if region.contig == contig]


def _cut(length: int, size: int, exclude: Sequence[Region]) -> list[Interval]:
    """Cut what is not excluded of a contig into chunks of about one size."""
    holes = merge(
        as_intervals(
            (region.start, length if region.end is None else region.end) for region in exclude
        )
    )
    cuts: list[Interval] = []
    for start, end in outside(holes, 0, length).tolist():
        count = max(1, round((end - start) / size))
        edges = np.linspace(start, end, count + 1).astype(int).tolist()
        cuts.extend(pairwise(edges))
    return [(start, end) for start, end in cuts if end - start >= _SCRAP]
