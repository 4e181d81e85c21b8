"""Genes into GTF (version 2.2): the stop codon stands beside the coding sequence, not in it.

Rows are gene, transcript, exon, CDS, start_codon and stop_codon, by ascending start. An open end
has no codon of its own, and is told by the tags ``cds_start_NF`` and ``cds_end_NF`` (not found), as
in Ensembl's files.
"""

from collections.abc import Iterable, Iterator

from genefinder.genes import Gene, Interval, Transcript
from genefinder.io.gene_table import SOURCE, GeneTableWriter, comment_lines


class GtfWriter(GeneTableWriter):
    """Writes a GTF file; see :class:`~genefinder.io.gene_table.GeneTableWriter`."""

    def header(self, comments: Iterable[tuple[str, str]]) -> str:
        """Return the lines before the first row."""
        return "\n".join(["#gtf-version 2.2", *comment_lines(comments)]) + "\n"

    def rows(self, gene: Gene) -> Iterator[tuple[int, str]]:
        """Yield the start and the text of each row of a gene."""
        names = [("gene_id", gene.id)]
        if gene.locus_tag is not None:
            names.append(("locus_tag", gene.locus_tag))
        if gene.transposon_like:
            names.append(("transposon_like", "true"))
        yield _row(gene.contig, "gene", (gene.start, gene.end), gene.strand, names, gene.posterior)
        for transcript in gene.transcripts:
            yield from _transcript_rows(gene, transcript)


def _transcript_rows(gene: Gene, transcript: Transcript) -> Iterator[tuple[int, str]]:
    """Yield the rows of a transcript."""
    contig, strand = transcript.contig, transcript.strand
    names = [("gene_id", gene.id), ("transcript_id", transcript.id)]
    low, high = transcript.partial_low, transcript.partial_high
    five_open, three_open = (low, high) if strand == "+" else (high, low)
    product = [] if transcript.product is None else [("product", transcript.product)]
    tags = [("tag", "cds_start_NF")] * five_open + [("tag", "cds_end_NF")] * three_open
    whole = transcript.start, transcript.end
    yield _row(contig, "transcript", whole, strand, [*names, *product, *tags], transcript.posterior)
    exons = transcript.exons or transcript.cds
    for index, exon in enumerate(exons):
        number = index + 1 if strand == "+" else len(exons) - index
        yield _row(contig, "exon", exon, strand, [*names, ("exon_number", str(number))])
    phases = dict(zip(transcript.cds, transcript.phases(), strict=True))
    stop = [] if three_open else _last_bases(transcript, 3)
    for segment, phase in phases.items():
        left = _without(segment, stop)
        if left is not None:
            yield _row(contig, "CDS", left, strand, names, phase=phase)
    if not five_open:
        for part, phase in _phased(_first_bases(transcript, 3), strand):
            yield _row(contig, "start_codon", part, strand, names, phase=phase)
    for part, phase in _phased(stop, strand):
        yield _row(contig, "stop_codon", part, strand, names, phase=phase)


def _first_bases(transcript: Transcript, number: int) -> list[Interval]:
    """Return where the first coding bases in strand direction lie, ascending."""
    return _end_bases(transcript, number, low=transcript.strand == "+")


def _last_bases(transcript: Transcript, number: int) -> list[Interval]:
    """Return where the last coding bases in strand direction lie, ascending."""
    return _end_bases(transcript, number, low=transcript.strand == "-")


def _end_bases(transcript: Transcript, number: int, low: bool) -> list[Interval]:
    """Return where the lowest or highest coding bases lie, ascending; introns may part them."""
    parts = []
    for start, end in transcript.cds if low else reversed(transcript.cds):
        taken = min(number, end - start)
        if taken:
            parts.append((start, start + taken) if low else (end - taken, end))
        number -= taken
    return sorted(parts)


def _without(segment: Interval, codon: list[Interval]) -> Interval | None:
    """Return what is left of a segment without the stop codon; ``None`` where nothing is."""
    start, end = segment
    for low, high in codon:
        if low == start and high <= end:
            start = high
        elif high == end and low >= start:
            end = low
    return (start, end) if start < end else None


def _phased(codon: list[Interval], strand: str) -> list[tuple[Interval, int]]:
    """Return the parts of a codon, ascending, each with its phase."""
    phased = []
    phase = 0
    for start, end in codon if strand == "+" else reversed(codon):
        phased.append(((start, end), phase))
        phase = (phase - (end - start)) % 3
    return sorted(phased)


def _row(
    contig: str,
    kind: str,
    interval: Interval,
    strand: str,
    attributes: list[tuple[str, str]],
    posterior: float | None = None,
    *,
    phase: int | None = None,
) -> tuple[int, str]:
    """Return the start and the text of one row."""
    score = "." if posterior is None else f"{posterior:.4f}"
    if posterior is not None:
        attributes = [*attributes, ("posterior", score)]
    fields = " ".join(f'{key} "{_quotable(value)}";' for key, value in attributes)
    return interval[0], (
        f"{contig}\t{SOURCE}\t{kind}\t{interval[0] + 1}\t{interval[1]}\t{score}\t{strand}\t"
        f"{'.' if phase is None else phase}\t{fields}\n"
    )


def _quotable(value: str) -> str:
    """Replace what would end a quoted value, for which GTF knows no escape."""
    return value.replace('"', "'")
