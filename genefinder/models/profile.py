"""What a model sees in the genome of a species, in a few figures that genomes are compared by."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from genefinder.data.description_length import description_of
from genefinder.dna import C, G
from genefinder.genes import Gene
from genefinder.io.fasta import Contig


@dataclass(frozen=True, slots=True)
class SpeciesProfile:
    """What a model sees in a sample of a genome.

    Attributes
    ----------
    bases
        Known bases of the sample.
    genes_per_mb
        Genes found per million of them.
    coding
        Share of them that is coding.
    posterior
        Mean calibrated posterior of the genes.
    exons
        Mean number of coding exons of a gene.
    gc, gc3
        Share of G and C, among all bases and at third positions of codons.
    saved_per_kb
        Bits by which the genes shorten the description of 1,000 bases.
    codons
        Number of each codon in the genes, AAA to TTT, 64 numbers.
    """

    bases: int
    genes_per_mb: float
    coding: float
    posterior: float
    exons: float
    gc: float
    gc3: float
    saved_per_kb: float
    codons: tuple[int, ...]

    @classmethod
    def from_genes(cls, found: Sequence[tuple[Contig, Sequence[Gene]]]) -> Self:
        """Sum up what was found in a sample.

        Parameters
        ----------
        found
            Each chunk of the sample and its genes, in coordinates of the chunk, with one
            transcript each and without overlaps.
        """
        described = description_of([(chunk.codes, genes) for chunk, genes in found])
        transcripts = [gene.transcripts[0] for _, genes in found for gene in genes]
        bases = max(1, described.bases)
        n = max(1, len(transcripts))
        third = described.codons.reshape(16, 4).sum(axis=0)
        strong = sum(int(((chunk.codes == C) | (chunk.codes == G)).sum()) for chunk, _ in found)
        return cls(
            bases=described.bases,
            genes_per_mb=round(1e6 * len(transcripts) / bases, 2),
            coding=round(sum(transcript.cds_length for transcript in transcripts) / bases, 5),
            posterior=round(sum(transcript.posterior or 0.0 for transcript in transcripts) / n, 5),
            exons=round(sum(len(transcript.cds) for transcript in transcripts) / n, 3),
            gc=round(strong / bases, 5),
            gc3=round(float(third[[C, G]].sum() / max(1, third.sum())), 5),
            saved_per_kb=round(described.saved_per_kb, 4),
            codons=tuple(int(count) for count in described.codons),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the values as JSON has them."""
        values = asdict(self)
        values["codons"] = list(self.codons)
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote.

        Raises
        ------
        TypeError
            If a value is missing or unknown.
        """
        return cls(**{**values, "codons": tuple(values.get("codons", ()))})
