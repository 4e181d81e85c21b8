"""A part of an annotation, as a user has it who labelled some loci and nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genefinder.data.transcripts import choose_transcript
from genefinder.genes import Gene, Interval, Region
from genefinder.grammar import Grammar
from genefinder.intervals import as_intervals, merge, outside
from genefinder.io.annotation import read_annotation
from genefinder.io.fasta import open_genome
from genefinder.io.gff3 import write_gff3
from genefinder.training.settings import LabelledGenome

_FLANK = 500
"""Bases beside a gene that its label covers, or half the way to its neighbour if that is less."""


@dataclass(frozen=True, slots=True)
class SeparateGene:
    """A gene and the stretch around it that holds no other."""

    gene: Gene
    start: int
    end: int


class SeparateGenes:
    """The genes of an annotation that could be labelled one by one.

    These are the genes outside some regions that the grammar can spell and that no neighbour
    overlaps.

    Parameters
    ----------
    genome, annotation
        The files.
    held_out
        Regions that are validated and tested on; their genes stay in every part.
    """

    def __init__(self, genome: Path, annotation: Path, held_out: Sequence[Region]) -> None:
        """Read everything."""
        self._genome = genome
        contigs = {contig.name: contig.codes for contig in open_genome(genome)}
        self._lengths = {name: len(codes) for name, codes in contigs.items()}
        genes = read_annotation(annotation).genes
        self._held_out = [
            gene
            for gene in genes
            if any(
                region.contig == gene.contig and region.overlaps(gene.start, gene.end)
                for region in held_out
            )
        ]
        away = {gene.id for gene in self._held_out}
        grammar = Grammar()
        self.loci = [
            locus
            for name, codes in contigs.items()
            for locus in separate([gene for gene in genes if gene.contig == name], len(codes))
            if locus.gene.id not in away
            and choose_transcript(locus.gene, codes, grammar).transcript is not None
        ]

    def part(self, count: int, seed: int, folder: Path) -> LabelledGenome:
        """Write the annotation of some genes, and a mask of all that lies outside their loci.

        Parameters
        ----------
        count
            Number of genes; of one seed, a larger part holds every smaller one.
        seed
            Seed of the choice.
        folder
            Receives ``part.gff3`` and ``part.bed``.
        """
        order = np.random.default_rng(seed).permutation(len(self.loci))
        if count > len(order):
            raise ValueError(f"there are only {len(order)} genes to choose from, not {count}")
        chosen = [self.loci[number] for number in sorted(order[:count])]
        genes = [*(locus.gene for locus in chosen), *self._held_out]
        genes.sort(key=lambda gene: (gene.contig, gene.start))
        with (folder / "part.gff3").open("w", encoding="utf-8") as stream:
            write_gff3(stream, genes, self._lengths.items())
        with (folder / "part.bed").open("w", encoding="utf-8") as stream:
            for contig, start, end in self._unlabelled(chosen):
                stream.write(f"{contig}\t{start}\t{end}\n")
        return LabelledGenome(self._genome, folder / "part.gff3", mask=folder / "part.bed")

    def _unlabelled(self, chosen: Sequence[SeparateGene]) -> Iterator[tuple[str, int, int]]:
        """Yield what lies outside of loci."""
        for contig, length in self._lengths.items():
            spans: list[Interval] = [
                (locus.start, locus.end) for locus in chosen if locus.gene.contig == contig
            ]
            for start, end in outside(merge(as_intervals(spans)), 0, length):
                yield contig, int(start), int(end)


def separate(genes: Sequence[Gene], length: int) -> Iterator[SeparateGene]:
    """Yield the genes of a contig that no other overlaps, with the bases that belong to them."""
    ordered = sorted(genes, key=lambda gene: gene.start)
    reach = 0  # end of what came before
    for number, gene in enumerate(ordered):
        following = ordered[number + 1].start if number + 1 < len(ordered) else length
        if reach <= gene.start and gene.end <= following:
            before = gene.start - reach if number else gene.start
            yield SeparateGene(
                gene,
                gene.start - min(_FLANK, before // 2 if number else before),
                gene.end + min(_FLANK, (following - gene.end) // 2),
            )
        reach = max(reach, gene.end)
