"""The genomes of a run in memory: what of them is learnt from, and what is held out."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from genefinder.data.regions import RegionSequence
from genefinder.dna import Codes
from genefinder.errors import InputError
from genefinder.genes import Gene, Interval, Region
from genefinder.intervals import as_intervals, enclosing, merge, outside
from genefinder.io.annotation import Annotation, read_annotation
from genefinder.io.bed import read_bed
from genefinder.io.fasta import open_genome
from genefinder.io.regions import format_region
from genefinder.training.settings import LabelledGenome

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


@dataclass(frozen=True, slots=True)
class AnnotatedGenome:
    """A genome in memory with its genes.

    Attributes
    ----------
    source
        Where it came from.
    contigs
        Bases by name.
    annotation
        Its annotation, checked against the contigs.
    mask
        Regions to leave out of the loss, by contig.
    sha256
        Hash of the FASTA file.
    """

    source: LabelledGenome
    contigs: dict[str, Codes]
    annotation: Annotation
    mask: dict[str, list[Interval]]
    sha256: str

    def lengths(self) -> dict[str, int]:
        """Return the length of every contig."""
        return {name: len(codes) for name, codes in self.contigs.items()}

    def genes_by_contig(self) -> dict[str, list[Gene]]:
        """Group the genes."""
        groups: dict[str, list[Gene]] = {name: [] for name in self.contigs}
        for gene in self.annotation.genes:
            groups[gene.contig].append(gene)
        return groups


def load_genome(source: LabelledGenome) -> AnnotatedGenome:
    """Read one genome and its annotation.

    Raises
    ------
    InputError
        If a file cannot be read or they do not belong together.
    """
    genome = open_genome(source.genome)
    contigs = {contig.name: contig.codes for contig in genome}
    lengths = {name: len(codes) for name, codes in contigs.items()}
    annotation = read_annotation(source.annotation).check_against(lengths, str(source.genome))
    mask = read_bed(source.mask, lengths) if source.mask else {}
    return AnnotatedGenome(source, contigs, annotation, mask, genome.sha256)


def split_annotated(
    loaded: Sequence[AnnotatedGenome], validation: Sequence[Region], exclude: Sequence[Region]
) -> Split:
    """Divide genomes as :func:`genefinder.training.genomes.split_genomes` does, and cut no gene.

    Raises
    ------
    InputError
        If a region is not on the genomes, or nothing can be held out.
    """

    def past_genes(end: Region) -> Region:
        genes = loaded[0].annotation.genes
        spans = ((gene.start, gene.end) for gene in genes if gene.contig == end.contig)
        broken = enclosing(end.start, merge(as_intervals(spans)))
        return replace(end, start=broken[1]) if broken else end

    genomes = [(genome.source.genome, genome.lengths()) for genome in loaded]
    return split_genomes(genomes, validation, exclude, past_genes)


def cut_held_out(loaded: Sequence[AnnotatedGenome], split: Split) -> Iterator[RegionSequence]:
    """Cut what is held out out of genomes."""
    for number, place in split.held_out:
        genome = loaded[number]
        codes = genome.contigs[place.contig][place.start : place.end]
        end = place.start + len(codes)
        genes = tuple(
            gene
            for gene in genome.annotation.genes
            if gene.contig == place.contig and place.start <= gene.start and gene.end <= end
        )
        yield RegionSequence(place.contig, place.start, codes, number, genes)
