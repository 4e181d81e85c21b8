"""Genes by their coding sequence: which ones share bases, and by what two of them differ."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from genefinder.genes import Gene, Interval, Transcript

Introns = frozenset[Interval]


@dataclass(frozen=True, slots=True)
class Locus:
    """A gene by its coding sequence.

    Attributes
    ----------
    gene
        The gene.
    transcript
        Its isoform of the longest coding sequence.
    start, end
        Extent of all coding sequence.
    """

    gene: Gene
    transcript: Transcript
    start: int
    end: int


class Loci:
    """Genes with coding sequence, findable by place."""

    def __init__(self, genes: Iterable[Gene]) -> None:
        self.all: list[Locus] = []
        by_contig: dict[str, list[Locus]] = defaultdict(list)
        for gene in genes:
            coding = [transcript for transcript in gene.transcripts if transcript.cds]
            if coding:
                longest = min(
                    coding, key=lambda transcript: (-transcript.cds_length, transcript.id)
                )
                start = min(transcript.cds[0][0] for transcript in coding)
                end = max(transcript.cds[-1][1] for transcript in coding)
                self.all.append(Locus(gene, longest, start, end))
                by_contig[gene.contig].append(self.all[-1])
        self._loci = {
            contig: sorted(loci, key=lambda locus: locus.start)
            for contig, loci in by_contig.items()
        }
        self._starts = {
            contig: [locus.start for locus in loci] for contig, loci in self._loci.items()
        }
        self._reach = {
            contig: max(locus.end - locus.start for locus in loci)
            for contig, loci in self._loci.items()
        }

    def sharing(self, locus: Locus, same_strand: bool = True) -> list[Locus]:
        """Return the genes that share coding bases, on the same or on the other strand."""
        contig = locus.gene.contig
        if contig not in self._loci:
            return []
        starts = self._starts[contig]
        low = bisect_left(starts, locus.start - self._reach[contig])
        near = self._loci[contig][low : bisect_right(starts, locus.end)]
        return [
            candidate
            for candidate in near
            if candidate.end > locus.start
            and (candidate.gene.strand == locus.gene.strand) == same_strand
            and shares(candidate.gene, locus.gene)
        ]


def shares(gene: Gene, other: Gene) -> bool:
    """Tell whether two genes have coding bases in common, on whichever strand."""
    segments = [segment for transcript in gene.transcripts for segment in transcript.cds]
    return any(
        start < end_of and start_of < end
        for transcript in other.transcripts
        for start, end in transcript.cds
        for start_of, end_of in segments
    )


def chains(gene: Gene) -> set[tuple[Interval, ...]]:
    """Return the coding chains of a gene's isoforms."""
    return {transcript.cds for transcript in gene.transcripts if transcript.cds}


def cause(predicted: Transcript, reference: Gene) -> tuple[str, int]:
    """Tell by what a prediction differs from the nearest isoform, and how far a single site moved.

    Returns
    -------
    tuple
        The cause in words, and the move of a single end in bases, positive away from the gene's
        beginning; 0 where that is not the cause.
    """
    isoforms = [transcript for transcript in reference.transcripts if transcript.cds]
    return min(
        (_difference(predicted, isoform) for isoform in isoforms),
        key=lambda found: (CAUSES.index(found[0]), abs(found[1])),
    )


CAUSES = (
    *("start only", "stop only", "start and stop", "one splice site moved", "intron missing"),
    *("intron extra", "exon missing", "exon extra", "several differences"),
)


def _difference(predicted: Transcript, isoform: Transcript) -> tuple[str, int]:
    guess, truth = _introns(predicted), _introns(isoform)
    ends = predicted.cds[0][0] - isoform.cds[0][0], predicted.cds[-1][1] - isoform.cds[-1][1]
    forward = predicted.strand == "+"
    first, last = ends if forward else (-ends[1], -ends[0])
    if guess == truth:
        if first and last:
            return "start and stop", 0
        return ("start only", first) if first else ("stop only", last)
    extra, missing = guess - truth, truth - guess
    if first or last:
        return "several differences", 0
    if len(extra) == len(missing) == 1:
        (surplus,), (absent,) = extra, missing
        moves = [a - b for a, b in zip(surplus, absent, strict=True) if a != b]
        if len(moves) == 1:
            return "one splice site moved", moves[0] if forward else -moves[0]
    if not extra and len(missing) == 1:
        return "intron missing", 0
    if not missing and len(extra) == 1:
        return "intron extra", 0
    if len(extra) == 1 and len(missing) == 2 and _joined(missing) == next(iter(extra)):
        return "exon missing", 0
    if len(missing) == 1 and len(extra) == 2 and _joined(extra) == next(iter(missing)):
        return "exon extra", 0
    return "several differences", 0


def _introns(transcript: Transcript) -> Introns:
    return frozenset(transcript.introns())


def _joined(introns: Introns) -> Interval:
    """Return the stretch from the first to the last intron."""
    return min(start for start, _ in introns), max(end for _, end in introns)
