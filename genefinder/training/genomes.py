"""The genomes of a run in memory, and the stretches of them that are held out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from genefinder.dataset.intervals import as_intervals, enclosing, merge
from genefinder.dna import Codes
from genefinder.errors import InputError
from genefinder.genes import Gene, Interval, Region
from genefinder.io.annotation import Annotation, read_annotation
from genefinder.io.bed import read_bed
from genefinder.io.fasta import open_genome
from genefinder.io.regions import format_region
from genefinder.training.settings import LabelledGenome

_HELD_OUT_SHARE = 0.1
_HELD_OUT_BASES = 2_000_000
"""Share and number of bases held out for validation where nobody says what to hold out."""


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
        Stretches to leave out of the loss, by contig.
    sha256
        Hash of the FASTA file.
    """

    source: LabelledGenome
    contigs: dict[str, Codes]
    annotation: Annotation
    mask: dict[str, list[Interval]]
    sha256: str

    def genes_by_contig(self) -> dict[str, list[Gene]]:
        """Group the genes."""
        groups: dict[str, list[Gene]] = {name: [] for name in self.contigs}
        for gene in self.annotation.genes:
            groups[gene.contig].append(gene)
        return groups


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A stretch to validate on.

    Attributes
    ----------
    region
        Where.
    codes
        Bases of the region alone.
    genes
        Reference genes that lie wholly inside, in coordinates of the contig.
    genome
        Number of the genome that it is from.
    """

    region: Region
    codes: Codes
    genes: tuple[Gene, ...]
    genome: int = 0


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


def cut_held_out(loaded: Sequence[AnnotatedGenome], regions: Sequence[Region]) -> Iterator[HeldOut]:
    """Cut validation regions out of genomes.

    Raises
    ------
    InputError
        If a region lies beyond its contig's end, or its contig's name is that of several genomes.
    """
    for region in regions:
        owners = [
            (number, one) for number, one in enumerate(loaded) if region.contig in one.contigs
        ]
        if len(owners) > 1:
            first, second = (one.source.genome for _, one in owners[:2])
            raise InputError(
                f"validation region {format_region(region)}: {first} and {second} both have a "
                f"contig {region.contig!r}; rename one of them, in its annotation too"
            )
        for number, one in owners:
            codes = one.contigs[region.contig]
            end = min(len(codes), len(codes) if region.end is None else region.end)
            if region.start >= end:
                raise InputError(
                    f"validation region {format_region(region)} begins beyond the end of "
                    f"{region.contig} ({len(codes):,} bases)"
                )
            genes = tuple(
                gene
                for gene in one.annotation.genes
                if gene.contig == region.contig and region.start <= gene.start and gene.end <= end
            )
            place = Region(region.contig, region.start, end)
            yield HeldOut(place, codes[region.start : end], genes, number)


def choose_held_out(genome: AnnotatedGenome, exclude: Sequence[Region]) -> Region:
    """Choose the end of the longest contig, cut where no gene is.

    Raises
    ------
    InputError
        If no contig is free of excluded regions.
    """
    taken = {region.contig for region in exclude}
    free = {name: len(codes) for name, codes in genome.contigs.items() if name not in taken}
    if not free:
        raise InputError(
            "every contig is partly excluded, so nothing could be held out for validation; name "
            "a region with --validation"
        )
    contig = max(free, key=lambda name: free[name])
    total = sum(len(codes) for codes in genome.contigs.values())
    size = int(min(_HELD_OUT_BASES, _HELD_OUT_SHARE * total, free[contig] / 2))
    spans = merge(
        as_intervals(
            (gene.start, gene.end) for gene in genome.annotation.genes if gene.contig == contig
        )
    )
    start = free[contig] - size
    if broken := enclosing(start, spans):
        start = broken[1]
    return Region(contig, start, free[contig])
