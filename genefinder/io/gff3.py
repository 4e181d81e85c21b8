"""Genes into GFF3, by the letter of the specification (version 1.26) and of its referees.

The file begins with the version, then a ``##sequence-region`` for every contig in the order of
the genome, then comments, then the features: gene, mRNA, exon and CDS, by ascending start as
``tabix`` wants them, of those with one start parents first. A CDS
includes its stop codon, and each of its segments carries a phase and the ID of the whole. The score
of genes, transcripts and exons is their posterior probability; exons also carry those of their
ends, as ``start_posterior``, ``stop_posterior``, ``donor_posterior`` or ``acceptor_posterior``. An
open end is marked as NCBI does, with
``partial=true`` and ``start_range=.,START`` or ``end_range=END,.``. A gene that has a locus tag
carries it, and its mRNAs and CDS a ``product``. One that looks like a transposon says
``transposon_like=true``.

A circular contig has a ``region`` row with ``Is_circular=true``, and genes over its origin end
beyond its length.

Genes of bacteria and archaea are written as archives have them: a gene and its CDS, which carries
``transl_table``, ``start_codon``, the ``motif`` before it with the ``spacer`` of bases in between,
and the posteriors of both ends.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TextIO

from genefinder.genes import Gene, Interval, Transcript
from genefinder.io.gene_table import (
    SOURCE,
    GeneCheck,
    GeneTableWriter,
    RowSorter,
    comment_lines,
)
from genefinder.io.qualifiers import PRODUCT, Qualifiers

_SEQID_ESCAPED = re.compile(r"[\x00-\x20\x7f%]|^[>#]")
"""Other programs compare the first column with the genome's names letter by letter, so only what
would break the table is escaped; the specification would escape more."""
_VALUE_ESCAPED = re.compile(r"[\x00-\x1f\x7f%;=&,]")


def format_header(
    contigs: Iterable[tuple[str, int]], comments: Iterable[tuple[str, str]] = ()
) -> str:
    """Return the lines before the first feature.

    Parameters
    ----------
    contigs
        Name and length of each contig, in the order of the genome. Empty contigs have no region.
    comments
        Keys and values, each pair a line.
    """
    lines = ["##gff-version 3"]
    lines += [
        f"##sequence-region {_seqid(name)} 1 {length}" for name, length in contigs if length > 0
    ]
    return "\n".join([*lines, *comment_lines(comments)]) + "\n"


def format_gene(gene: Gene, qualifiers: Qualifiers | None = None) -> str:
    """Return the rows of a gene, by ascending start: the gene, its mRNAs, their exons and CDS."""
    rows: list[str] = []
    sorter = RowSorter(rows.append)
    sorter.add(gene, gene_rows(gene, qualifiers))
    sorter.finish()
    return "".join(rows)


def write_gff3(
    stream: TextIO,
    genes: Iterable[Gene],
    contigs: Iterable[tuple[str, int]],
    comments: Iterable[tuple[str, str]] = (),
) -> int:
    """Write a GFF3 file whose contigs are known beforehand.

    Parameters
    ----------
    stream
        Where to.
    genes
        By contig and start, with unique IDs.
    contigs, comments
        See :func:`format_header`.

    Returns
    -------
    int
        Number of genes.

    Raises
    ------
    ValueError
        An ID occurs twice, or a gene does not lie on the contigs.
    """
    lengths = dict(contigs)
    stream.write(format_header(lengths.items(), comments))
    check = GeneCheck()
    sorter = RowSorter(stream.write)
    for gene in genes:
        check.add(gene, lengths.get(gene.contig, 0))
        sorter.add(gene, gene_rows(gene))
    sorter.finish()
    return check.genes


class Gff3Writer(GeneTableWriter):
    """Writes a GFF3 file contig by contig; see :class:`~genefinder.io.gene_table.GeneTableWriter`.

    Parameters
    ----------
    stream
        Where to.
    qualifiers
        What archives want to know beside the genes.
    """

    def __init__(self, stream: TextIO, qualifiers: Qualifiers | None = None) -> None:
        super().__init__(stream)
        self._qualifiers = qualifiers

    def header(self, comments: Iterable[tuple[str, str]]) -> str:
        """Return the lines before the first feature."""
        return format_header(self.contigs, comments)

    def circle(self, contig: str, length: int) -> str:
        """Return the row of a circular contig."""
        attributes = [("ID", f"{contig}:1..{length}"), ("Is_circular", "true")]
        return _row(contig, "region", (0, length), "+", (False, False), attributes)[1]

    def rows(self, gene: Gene) -> Iterator[tuple[int, str]]:
        """Yield the start and the text of each row of a gene."""
        return gene_rows(gene, self._qualifiers)


def gene_rows(gene: Gene, qualifiers: Qualifiers | None = None) -> Iterator[tuple[int, str]]:
    """Yield the 0-based start and the text of each row of a gene, parents first."""
    attributes = [("ID", gene.id)]
    if gene.locus_tag is not None:
        attributes.append(("locus_tag", gene.locus_tag))
    if gene.transposon_like:
        attributes.append(("transposon_like", "true"))
    yield _row(
        gene.contig,
        "gene",
        (gene.start, gene.end),
        gene.strand,
        _open_ends(gene),
        attributes,
        posterior=gene.posterior,
    )
    qualifiers = qualifiers or Qualifiers()
    rows = _transcript_rows if qualifiers.spliced else _unspliced_rows
    for transcript in gene.transcripts:
        yield from rows(gene, transcript, qualifiers)


def _open_ends(gene: Gene) -> tuple[bool, bool]:
    """Tell whether the gene goes on beyond its lowest and its highest coordinate."""
    return (
        any(t.partial_low and t.start == gene.start for t in gene.transcripts),
        any(t.partial_high and t.end == gene.end for t in gene.transcripts),
    )


def _transcript_rows(
    gene: Gene, transcript: Transcript, qualifiers: Qualifiers
) -> Iterator[tuple[int, str]]:
    """Yield the rows of a transcript."""
    contig, strand = transcript.contig, transcript.strand
    names = _product(gene, transcript) + qualifiers.product_ids(gene, transcript)
    ends = transcript.partial_low, transcript.partial_high
    yield _row(
        contig,
        "mRNA",
        (transcript.start, transcript.end),
        strand,
        ends,
        [("ID", transcript.id), ("Parent", gene.id), *names],
        posterior=transcript.posterior,
    )
    parent = ("Parent", transcript.id)
    parts = _exon_posteriors(transcript)
    for exon in transcript.exons or transcript.cds:
        posterior, end_posteriors = parts.get(exon, (None, []))
        yield _row(
            contig,
            "exon",
            exon,
            strand,
            (False, False),
            [parent],
            posterior=posterior,
            end_posteriors=end_posteriors,
        )
    last = len(transcript.cds) - 1
    for index, (segment, phase) in enumerate(zip(transcript.cds, transcript.phases(), strict=True)):
        yield _row(
            contig,
            "CDS",
            segment,
            strand,
            (ends[0] and index == 0, ends[1] and index == last),
            [("ID", f"{transcript.id}.cds"), parent, *names],
            phase=phase,
        )


def _product(gene: Gene, transcript: Transcript) -> list[tuple[str, str]]:
    """Return the attribute of what a transcript makes, where it has one."""
    product = transcript.product or (None if gene.locus_tag is None else PRODUCT)
    return [] if product is None else [("product", product)]


def _unspliced_rows(
    gene: Gene, transcript: Transcript, qualifiers: Qualifiers
) -> Iterator[tuple[int, str]]:
    """Yield the row of a CDS of a gene of a bacterium or archaeon, of which there is no mRNA."""
    attributes = [
        ("ID", f"{transcript.id}.cds"),
        ("Parent", gene.id),
        ("transl_table", str(qualifiers.genetic_code)),
    ]
    if transcript.start_codon is not None:
        attributes.append(("start_codon", transcript.start_codon))
    if transcript.start_motif is not None:
        attributes += [("motif", transcript.start_motif), ("spacer", str(transcript.spacer))]
    attributes += _product(gene, transcript)
    attributes += [
        (name, value)
        for name, value in qualifiers.product_ids(gene, transcript)
        if name == "protein_id"
    ]
    parts = _exon_posteriors(transcript)
    for segment, phase in zip(transcript.cds, transcript.phases(), strict=True):
        posterior, end_posteriors = parts.get(segment, (None, []))
        yield _row(
            transcript.contig,
            "CDS",
            segment,
            transcript.strand,
            (transcript.partial_low, transcript.partial_high),
            attributes,
            phase=phase,
            posterior=posterior,
            end_posteriors=end_posteriors,
        )


def _exon_posteriors(
    transcript: Transcript,
) -> dict[Interval, tuple[float, list[tuple[str, float]]]]:
    """Return the posteriors of coding segments and, by the sites' names, of their ends.

    They stand on the rows of exons: those of a CDS are one feature, which has one set of
    attributes.
    """
    part_posteriors = transcript.part_posteriors
    if part_posteriors is None:
        return {}
    parts = zip(
        transcript.cds, transcript.sites(), part_posteriors.exons, part_posteriors.ends, strict=True
    )
    return {
        segment: (
            posterior,
            [(name, end) for name, end in zip(sites, ends, strict=True) if end is not None],
        )
        for segment, sites, posterior, ends in parts
    }


def _row(
    contig: str,
    kind: str,
    interval: Interval,
    strand: str,
    open_ends: tuple[bool, bool],
    attributes: list[tuple[str, str]],
    *,
    phase: int | None = None,
    posterior: float | None = None,
    end_posteriors: Iterable[tuple[str, float]] = (),
) -> tuple[int, str]:
    """Return the start and the text of one row."""
    start, end = interval[0] + 1, interval[1]
    score = "." if posterior is None else f"{posterior:.4f}"
    fields = [f"{key}={_VALUE_ESCAPED.sub(_percent, value)}" for key, value in attributes]
    if posterior is not None:
        fields.append(f"posterior={score}")
    fields += [f"{name}_posterior={value:.4f}" for name, value in end_posteriors]
    if any(open_ends):
        fields.append("partial=true")
    if open_ends[0]:
        fields.append(f"start_range=.,{start}")
    if open_ends[1]:
        fields.append(f"end_range={end},.")
    return interval[0], (
        f"{_seqid(contig)}\t{SOURCE}\t{kind}\t{start}\t{end}\t{score}\t{strand}\t"
        f"{'.' if phase is None else phase}\t{';'.join(fields)}\n"
    )


def _seqid(name: str) -> str:
    """Escape a contig's name as the first column needs it."""
    return _SEQID_ESCAPED.sub(_percent, name)


def _percent(match: re.Match[str]) -> str:
    """Percent-encode one character, byte by byte."""
    return "".join(f"%{byte:02X}" for byte in match.group().encode())
