"""Genes as features of the INSDC feature table, which GenBank, EMBL and NCBI's tables share.

A gene that is open at an end is partial there. So are a gene and an mRNA whose end is that of the
coding sequence, because nobody knows where their untranslated region ends; the CDS is not.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from genefinder.genes import Gene, Interval, Strand, Transcript
from genefinder.io.qualifiers import PRODUCT, Qualifiers


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature.

    Attributes
    ----------
    key
        ``gene``, ``mRNA``, ``CDS``, ``source``, ``assembly_gap``.
    strand
        ``+`` or ``-``.
    intervals
        Its parts, ascending on either strand.
    partial_low, partial_high
        It goes on beyond its lowest or highest coordinate.
    qualifiers
        Keys and values; numbers are not quoted.
    """

    key: str
    strand: Strand
    intervals: tuple[Interval, ...]
    partial_low: bool = False
    partial_high: bool = False
    qualifiers: tuple[tuple[str, str | int], ...] = ()

    def around(self, length: int) -> "Feature":
        """Return the feature with what lies beyond the end of a circle from its first base on."""
        parts: list[Interval] = []
        for start, end in self.intervals:
            if start < length < end:
                parts += [(start, length), (0, end - length)]
            else:
                turn = length if start >= length else 0
                parts.append((start - turn, end - turn))
        return replace(self, intervals=tuple(parts))


def gene_features(gene: Gene, qualifiers: Qualifiers) -> Iterator[Feature]:
    """Yield the features of a gene: the gene, then mRNA and CDS of each transcript.

    Parameters
    ----------
    gene
        One without a locus tag is told by its ID, as ``gene``.
    qualifiers
        What else is told.
    """
    name = ("gene", gene.id) if gene.locus_tag is None else ("locus_tag", gene.locus_tag)
    partial_low = any(_partial_low(t) and t.start == gene.start for t in gene.transcripts)
    partial_high = any(_partial_high(t) and t.end == gene.end for t in gene.transcripts)
    extent = (gene.start, gene.end)
    note = (("note", "looks like a transposon"),) if gene.transposon_like else ()
    yield Feature("gene", gene.strand, (extent,), partial_low, partial_high, (name, *note))
    inference = qualifiers.inference
    for transcript in gene.transcripts:
        product: tuple[tuple[str, str | int], ...] = (
            name,
            ("product", transcript.product or PRODUCT),
            *qualifiers.product_ids(gene, transcript),
        )
        yield Feature(
            "mRNA",
            gene.strand,
            transcript.exons or transcript.cds,
            _partial_low(transcript),
            _partial_high(transcript),
            product,
        )
        evidence = () if inference is None else (("inference", inference),)
        yield Feature(
            "CDS",
            gene.strand,
            transcript.cds,
            transcript.partial_low,
            transcript.partial_high,
            (
                *product,
                ("codon_start", transcript.phase + 1),
                ("transl_table", qualifiers.genetic_code),
                *evidence,
            ),
        )


def _partial_low(transcript: Transcript) -> bool:
    """Tell whether the mRNA may go on below its lowest coordinate."""
    return transcript.partial_low or transcript.start == transcript.cds[0][0]


def _partial_high(transcript: Transcript) -> bool:
    """Tell whether the mRNA may go on above its highest coordinate."""
    return transcript.partial_high or transcript.end == transcript.cds[-1][1]
