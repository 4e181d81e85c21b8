"""Header lines of the FASTA of genes, as programs that read Prodigal's expect them."""

from typing import Literal

from genefinder.dna import C, Codes, G
from genefinder.genes import Gene

FastaHeaders = Literal["id", "prodigal"]
"""The IDs of the transcripts, or lines as Prodigal 2.6.3 writes them."""


def prodigal_header(gene: Gene, coding: Codes, contig: int, number: int) -> str:
    """Return the header of a gene in the form of Prodigal, without its >.

    Name, start, end, strand, then attributes: number of contig and gene, whether the left and the
    right end are open, the start codon (``Edge`` where it is beyond an open end), the motif before
    it and the bases in between, and the share of G and C.

    Parameters
    ----------
    gene
        Of one transcript.
    coding
        Its spliced coding bases.
    contig, number
        Of the contig in the genome, and of the gene on it, from 1.
    """
    transcript = gene.transcripts[0]
    cut = transcript.partial_low if gene.strand == "+" else transcript.partial_high
    start = "Edge" if cut else transcript.start_codon or "None"
    strong = int(((coding == C) | (coding == G)).sum())
    attributes = {
        "ID": f"{contig}_{number}",
        "partial": f"{transcript.partial_low:d}{transcript.partial_high:d}",
        "start_type": start,
        "rbs_motif": transcript.start_motif,
        "rbs_spacer": None if transcript.spacer is None else f"{transcript.spacer}bp",
        "gc_cont": f"{strong / max(1, len(coding)):.3f}",
    }
    parts = (
        f"{gene.contig}_{number}",
        str(gene.start + 1),
        str(gene.end),
        "1" if gene.strand == "+" else "-1",
        ";".join(f"{name}={value}" for name, value in attributes.items()),
    )
    return " # ".join(parts)
