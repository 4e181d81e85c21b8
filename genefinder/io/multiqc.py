"""What a prediction found, in numbers, as custom content for MultiQC."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TextIO

from genefinder.genes import Gene

SUFFIX = "_mqc.json"
"""By the end of its name MultiQC knows such a file."""

_GENOME_SUFFIXES = (".gz", ".bgz", ".fa", ".fasta", ".fna", ".fas")
_COLUMNS: dict[str, dict[str, Any]] = {
    "genes": {
        "title": "Genes",
        "description": "Protein-coding genes",
        "format": "{:,.0f}",
        "scale": "Blues",
    },
    "genes_per_mb": {
        "title": "Genes / Mb",
        "description": "Genes per million bases",
        "format": "{:,.1f}",
        "scale": "Greens",
    },
    "percent_coding": {
        "title": "Coding",
        "description": "Bases of the genome that code for protein",
        "suffix": "%",
        "min": 0,
        "max": 100,
        "format": "{:,.1f}",
        "scale": "Purples",
    },
    "mean_posterior": {
        "title": "Posterior",
        "description": "Mean probability that a gene is exactly right",
        "min": 0,
        "max": 1,
        "format": "{:,.2f}",
        "scale": "RdYlGn",
    },
    "exons_per_gene": {
        "title": "Exons / gene",
        "description": "Coding exons of a gene, on average",
        "format": "{:,.1f}",
        "scale": "Oranges",
    },
    "percent_single_exon": {
        "title": "One exon",
        "description": "Genes without introns",
        "suffix": "%",
        "min": 0,
        "max": 100,
        "format": "{:,.1f}",
        "hidden": True,
    },
    "mean_cds": {
        "title": "CDS",
        "description": "Length of the coding sequence, on average",
        "suffix": " bp",
        "format": "{:,.0f}",
        "scale": "YlGn",
    },
    "partial": {
        "title": "Partial",
        "description": "Genes cut off by a gap or by the end of a contig",
        "format": "{:,.0f}",
        "hidden": True,
    },
    "megabases": {
        "title": "Mb",
        "description": "Bases of the genome, in millions",
        "format": "{:,.2f}",
        "hidden": True,
    },
    "contigs": {
        "title": "Contigs",
        "description": "Contigs of the genome",
        "format": "{:,.0f}",
        "hidden": True,
    },
    "model": {"title": "Model", "description": "What found the genes", "hidden": True},
}


@dataclass(slots=True)
class GeneCounts:
    """Sums over the genes of a genome, which grow contig by contig."""

    contigs: int = 0
    bases: int = 0
    genes: int = 0
    partial: int = 0
    single_exon: int = 0
    exons: int = 0
    coding_bases: int = 0
    posteriors: float = 0.0

    def add(self, length: int, genes: Iterable[Gene]) -> None:
        """Count a contig of so many bases, and the first transcript of each of its genes."""
        self.contigs += 1
        self.bases += length
        for gene in genes:
            transcript = gene.transcripts[0]
            self.genes += 1
            self.partial += transcript.partial_low or transcript.partial_high
            self.single_exon += len(transcript.cds) == 1
            self.exons += len(transcript.cds)
            self.coding_bases += transcript.cds_length
            self.posteriors += gene.posterior or 0.0

    def columns(self) -> dict[str, float]:
        """Return the values of a table's row by column; means are absent where there is no gene."""
        values: dict[str, float] = {
            "contigs": self.contigs,
            "megabases": self.bases / 1e6,
            "genes": self.genes,
            "partial": self.partial,
        }
        if self.bases:
            values["genes_per_mb"] = 1e6 * self.genes / self.bases
            values["percent_coding"] = 100 * self.coding_bases / self.bases
        if self.genes:
            values["mean_posterior"] = self.posteriors / self.genes
            values["exons_per_gene"] = self.exons / self.genes
            values["percent_single_exon"] = 100 * self.single_exon / self.genes
            values["mean_cds"] = self.coding_bases / self.genes
        return {name: round(value, 4) for name, value in values.items()}


def write_multiqc(stream: TextIO, genome: str, counts: GeneCounts, model: str) -> None:
    """Write a table of one row, which MultiQC joins with those of other genomes.

    Parameters
    ----------
    stream
        Where to.
    genome
        Name of its file; without its suffixes it names the row.
    counts
        What was found.
    model
        Name of the model that found it.
    """
    sample = genome
    for suffix in _GENOME_SUFFIXES:
        sample = sample.removesuffix(suffix)
    content = {
        "id": "genefinder",
        "section_name": "genefinder",
        "description": "Protein-coding genes that were found in each genome.",
        "plot_type": "table",
        "pconfig": {"id": "genefinder_genes", "title": "genefinder: genes"},
        "headers": _COLUMNS,
        "data": {sample: {**counts.columns(), "model": model}},
    }
    json.dump(content, stream, indent=2, ensure_ascii=False, allow_nan=False)
    stream.write("\n")
