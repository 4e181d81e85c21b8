"""The genomes of a run in memory, and the regions of them that are held out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from genefinder.data.regions import RegionSequence
from genefinder.dna import Codes
from genefinder.genes import Gene, Interval, Region
from genefinder.intervals import as_intervals, enclosing, merge
from genefinder.io.annotation import Annotation, read_annotation
from genefinder.io.bed import read_bed
from genefinder.io.fasta import open_genome
from genefinder.training.settings import LabelledGenome
from genefinder.training.split import Split, split_genomes


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
    """Divide genomes as :func:`genefinder.training.split.split_genomes` does, and cut no gene.

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
