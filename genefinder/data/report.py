"""Sanity report of an annotation: what training uses of it, and what not and why."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from genefinder.data.targets import ContigTargets
from genefinder.data.transcripts import TranscriptChoice
from genefinder.dna import Codes
from genefinder.genes import Transcript
from genefinder.grammar import Grammar
from genefinder.grammar.grammar import splice_sites
from genefinder.intervals import meets
from genefinder.io.loci import Problem

QUANTILES = (0.0, 0.001, 0.01, 0.25, 0.5, 0.75, 0.99, 1.0)
LISTED = 20
"""Transcripts of each reason that the text names; the table has them all."""
UNREADABLE = "could not be read"
TSV_COLUMNS = (
    *("contig", "start", "end", "strand", "gene", "transcript"),
    *("gene_used", "reason", "detail"),
)


@dataclass(frozen=True, slots=True)
class Unused:
    """A transcript that training does not use.

    Attributes
    ----------
    contig, start, end
        Where; 0-based, half-open.
    strand, gene
        Empty where the reader could not tell.
    transcript
        Its id.
    gene_used
        Another transcript stands for the gene.
    reason
        In words: a :class:`~genefinder.grammar.Reason`, or :data:`UNREADABLE`.
    detail
        More words, or empty.
    """

    contig: str
    start: int
    end: int
    strand: str
    gene: str
    transcript: str
    gene_used: bool
    reason: str
    detail: str = ""

    def row(self) -> tuple[str, ...]:
        """Return the columns :data:`TSV_COLUMNS`, coordinates 1-based and closed."""
        place = (self.contig, str(self.start + 1), str(self.end), self.strand or ".")
        used = "yes" if self.gene_used else "no"
        ids = (self.gene or ".", self.transcript)
        return (*place, *ids, used, self.reason, self.detail or ".")

    def __str__(self) -> str:
        """Return ids and place on one line."""
        name = f"{self.gene} {self.transcript}".strip()
        place = f"{self.contig}:{self.start + 1}-{self.end}"
        return " ".join(filter(None, (name, place, self.strand, self.detail)))


@dataclass(frozen=True, slots=True)
class AnnotationReport:
    """What training uses of an annotation.

    Attributes
    ----------
    bases, masked_bases, coding_bases, intron_bases
        Of the genome; left out of the loss; coding and intron bases that are learned from.
    genes, coding_genes, used_genes
        Number of loci; those with coding sequence; those labelled by a transcript.
    transcripts
        Number of transcripts, used or not, without those that could not be read.
    overlapped
        Ids of the genes used that are masked where they overlap another one.
    masked_genes
        Ids of the genes used that lose coding bases to any mask, overlaps included.
    repaired
        Number of transcripts that the reader corrected.
    unused
        Every transcript not used. Isoforms beside the one used are among them.
    intron_lengths, exon_lengths
        At :data:`QUANTILES`, of the transcripts used; exons are the coding parts of genes with
        introns. Empty where there are none.
    donors, acceptors
        First and last two bases of the distinct introns between coding segments, used or not.
    grammar
        The grammar that decided.
    """

    bases: int
    masked_bases: int
    coding_bases: int
    intron_bases: int
    genes: int
    coding_genes: int
    used_genes: int
    transcripts: int
    overlapped: tuple[str, ...]
    masked_genes: tuple[str, ...]
    repaired: int
    unused: tuple[Unused, ...]
    intron_lengths: tuple[int, ...]
    exon_lengths: tuple[int, ...]
    donors: Mapping[str, int]
    acceptors: Mapping[str, int]
    grammar: Grammar

    def reasons(self) -> dict[str, tuple[Unused, ...]]:
        """Return the transcripts not used by reason, the commonest reason first."""
        counts = Counter(transcript.reason for transcript in self.unused)
        return {
            reason: tuple(transcript for transcript in self.unused if transcript.reason == reason)
            for reason, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        }

    def to_text(self) -> str:
        """Return the report for people to read."""
        lines = [
            f"bases           {self.bases:,}",
            f"  masked        {self.masked_bases:,}{_share(self.masked_bases, self.bases)}",
            f"  coding        {self.coding_bases:,}{_share(self.coding_bases, self.bases)}",
            f"  intron        {self.intron_bases:,}{_share(self.intron_bases, self.bases)}",
            f"genes           {self.genes:,}",
            f"  coding        {self.coding_genes:,}",
            f"  used          {self.used_genes:,}{_share(self.used_genes, self.coding_genes)}",
            f"  overlapping   {len(self.overlapped):,} (masked where they share bases)",
            f"  coding masked {len(self.masked_genes):,} (in part or all)",
            f"transcripts     {self.transcripts:,}",
            f"  corrected     {self.repaired:,}",
            f"shortest        intron {self.grammar.min_intron}, exon {self.grammar.min_exon}, "
            f"coding sequence {self.grammar.min_coding}",
            *_quantile_lines("intron lengths", self.intron_lengths),
            *_quantile_lines("exon lengths", self.exon_lengths),
            f"donors          {_counts(self.donors)}",
            f"acceptors       {_counts(self.acceptors)}",
            "transcripts not used",
        ]
        groups = self.reasons()
        if not groups:
            lines.append("  none")
        lines.extend(f"  {len(group):7,}  {reason}" for reason, group in groups.items())
        for reason, group in groups.items():
            losses = [transcript for transcript in group if not transcript.gene_used]
            if losses:
                lines.append(f"no transcript of the gene used: {reason} ({len(losses):,})")
                lines.extend(f"  {loss}" for loss in losses[:LISTED])
                if len(losses) > LISTED:
                    lines.append(f"  and {len(losses) - LISTED:,} more, listed in the table")
        return "\n".join(lines) + "\n"

    def write_tsv(self, path: str | Path) -> None:
        """Write one row for each transcript not used, 1-based closed coordinates."""
        rows = [
            "\t".join(TSV_COLUMNS),
            *("\t".join(transcript.row()) for transcript in self.unused),
        ]
        Path(path).write_text("\n".join(rows) + "\n", encoding="utf-8")


def report_annotation(
    contigs: Iterable[tuple[Codes, ContigTargets]],
    grammar: Grammar,
    problems: Sequence[Problem] = (),
) -> AnnotationReport:
    """Sum up the targets of an annotation's contigs.

    Parameters
    ----------
    contigs
        Sequence and targets of each; read once, so they may be made one at a time.
    grammar
        The grammar that the targets were made with.
    problems
        What the reader of the annotation repaired or left out.
    """
    bases = masked = coding = introns = genes = coding_genes = used = transcripts = 0
    overlapped: list[str] = []
    masked_genes: list[str] = []
    unused = [
        Unused(
            problem.contig,
            problem.start,
            problem.end,
            "",
            "",
            problem.id,
            False,
            UNREADABLE,
            problem.reason,
        )
        for problem in problems
        if not problem.kept
    ]
    intron_lengths: list[int] = []
    exon_lengths: list[int] = []
    donors: Counter[str] = Counter()
    acceptors: Counter[str] = Counter()
    for codes, targets in contigs:
        bases += len(targets)
        masked += int(np.diff(targets.masked).sum())
        counts = np.bincount(targets.labels[~targets.masked_bases()], minlength=13)
        coding += int(counts[[1, 2, 3, 7, 8, 9]].sum())
        introns += int(counts[[4, 5, 6, 10, 11, 12]].sum())
        genes += len(targets.choices)
        overlapped.extend(targets.overlapped)
        for choice in targets.choices:
            transcripts += len(choice.gene.transcripts)
            coding_genes += any(transcript.cds for transcript in choice.gene.transcripts)
            unused.extend(_unused(choice))
            for start, end in _introns(choice.gene.transcripts, len(codes)):
                donor, acceptor = splice_sites(start, end, choice.gene.strand == "-", codes)
                donors[donor] += 1
                acceptors[acceptor] += 1
            if chosen := choice.transcript:
                used += 1
                intron_lengths.extend(end - start for start, end in chosen.introns())
                if len(chosen.cds) > 1:
                    exon_lengths.extend(end - start for start, end in chosen.cds)
                if meets(np.array(chosen.cds), targets.masked).any():
                    masked_genes.append(choice.gene.id)
    return AnnotationReport(
        bases=bases,
        masked_bases=masked,
        coding_bases=coding,
        intron_bases=introns,
        genes=genes,
        coding_genes=coding_genes,
        used_genes=used,
        transcripts=transcripts,
        overlapped=tuple(overlapped),
        masked_genes=tuple(masked_genes),
        repaired=sum(problem.kept for problem in problems),
        unused=tuple(unused),
        intron_lengths=_quantiles(intron_lengths),
        exon_lengths=_quantiles(exon_lengths),
        donors=dict(donors.most_common()),
        acceptors=dict(acceptors.most_common()),
        grammar=grammar,
    )


def _unused(choice: TranscriptChoice) -> Iterator[Unused]:
    for transcript in choice.gene.transcripts:
        if reason := choice.rejected.get(transcript.id):
            yield Unused(
                transcript.contig,
                transcript.start,
                transcript.end,
                transcript.strand,
                choice.gene.id,
                transcript.id,
                choice.transcript is not None,
                reason.value,
            )


def _introns(transcripts: Iterable[Transcript], length: int) -> set[tuple[int, int]]:
    """Return the distinct introns of two bases or more that lie on the contig."""
    return {
        (start, end)
        for transcript in transcripts
        for start, end in transcript.introns()
        if 0 <= start <= end - 2 and end <= length
    }


def _quantiles(lengths: Sequence[int]) -> tuple[int, ...]:
    if not lengths:
        return ()
    return tuple(np.quantile(lengths, QUANTILES, method="lower").astype(int).tolist())


def _quantile_lines(name: str, values: Sequence[int]) -> Iterator[str]:
    if values:
        pairs = zip(QUANTILES, values, strict=True)
        yield f"{name:15} " + ", ".join(f"{100 * share:g} %: {value:,}" for share, value in pairs)


def _share(part: int, whole: int) -> str:
    return f" ({100 * part / whole:.2f} %)" if whole else ""


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"
