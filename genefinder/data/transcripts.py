"""The transcripts that are learnt from: one of each gene, and their minimum lengths."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from genefinder.dna import Codes
from genefinder.genes import Gene, Transcript
from genefinder.grammar import Grammar, Reason
from genefinder.grammar.grammar import EXON_FLOOR, INTRON_FLOOR


@dataclass(frozen=True, slots=True)
class TranscriptChoice:
    """The transcript that stands for a gene.

    Attributes
    ----------
    gene
        The whole locus.
    transcript
        The chosen isoform, or ``None`` where the grammar can spell none of them.
    rejected
        Reason of each transcript not chosen, by transcript id.
    alternatives
        The other isoforms that the grammar can spell, one for each further chain of coding
        segments.
    """

    gene: Gene
    transcript: Transcript | None
    rejected: Mapping[str, Reason]
    alternatives: tuple[Transcript, ...] = ()

    @property
    def unusable(self) -> bool:
        """The gene has coding sequence, but the grammar cannot spell any of it."""
        return self.transcript is None and any(
            transcript.cds for transcript in self.gene.transcripts
        )


def choose_transcript(gene: Gene, codes: Codes, grammar: Grammar) -> TranscriptChoice:
    """Choose the spellable transcript with the longest coding sequence; of equals, the first id.

    Parameters
    ----------
    gene
        A locus of the contig.
    codes
        The whole contig, shape ``(contig length,)``.
    grammar
        What can be spelled.
    """
    verdicts: dict[object, Reason | None] = {}
    rejected: dict[str, Reason] = {}
    spellable = []
    for transcript in gene.transcripts:
        chain = (transcript.cds, transcript.phase, transcript.partial_low, transcript.partial_high)
        if chain not in verdicts:
            verdicts[chain] = grammar.rejects(transcript, codes)
        if reason := verdicts[chain]:
            rejected[transcript.id] = reason
        else:
            spellable.append(transcript)
    chosen = min(
        spellable,
        key=lambda transcript: (-transcript.cds_length, transcript.id),
        default=None,
    )
    for transcript in spellable:
        if transcript is not chosen:
            rejected[transcript.id] = Reason.OTHER_ISOFORM
    others = {
        transcript.cds: transcript
        for transcript in reversed(spellable)
        if chosen and transcript.cds != chosen.cds
    }
    return TranscriptChoice(gene, chosen, rejected, tuple(others.values()))


INTRON_TAIL = 0.005
EXON_TAIL = 0.001
CODING_TAIL = 0.001
"""Share of the introns, exons and coding sequences of an annotation that may be shorter than the
minimum."""
FEW_CODING = 1_000
"""Fewer coding sequences have no such tail; a few hundred may have been chosen by hand."""
FEW = 100
"""Fewer observations than this say nothing about a tail: the floor is used."""
OUTLIERS = 2
"""Up to this many shorter observations are passed over, if they are 1 % at most: a handful of
annotation errors must not decide."""


def estimate_minimum_lengths(transcripts: Iterable[Transcript]) -> tuple[int, int, int]:
    """Estimate the fewest bases of an intron, of an exon's coding part, and of a coding sequence.

    They are the 0.5 % quantile of the annotated introns and the 0.1 % quantiles of the exons and of
    the coding sequences, stop codon included. Genes of shorter introns and exons are masked in
    training, and none of the three can be predicted, so that the share lost is as small;
    in exchange the decoder never calls the impossibly short introns and exons by which it
    would otherwise step over a stop codon. Annotations do so too: in A. thaliana, whose introns
    have 66 bases or more but for one in a hundred, 3 of 40 predicted introns below 65 were right,
    and gene F1 on validation rose by 1.3 points from the 0.1 % quantile (29) to that of 0.5 % (58).
    Vipsania and ANNEVO rule short ones out by constants; a share of the annotation fits every
    species.

    Parameters
    ----------
    transcripts
        One a gene, spellable under a grammar with the lowest minimum lengths
        (:meth:`~genefinder.grammar.Grammar.loosened`).

    Returns
    -------
    tuple of int
        ``(min_intron, min_exon, min_coding)``, at least :data:`INTRON_FLOOR`, :data:`EXON_FLOOR`
        and 0. Only exons of genes with introns count.
    """
    introns: list[int] = []
    exons: list[int] = []
    coding: list[int] = []
    for transcript in transcripts:
        coding.append(transcript.cds_length)
        introns.extend(end - start for start, end in transcript.introns())
        if len(transcript.cds) > 1:
            exons.extend(end - start for start, end in transcript.cds)
    return (
        _shortest(introns, INTRON_TAIL, INTRON_FLOOR),
        _shortest(exons, EXON_TAIL, EXON_FLOOR),
        _shortest(coding, CODING_TAIL, 0) if len(coding) >= FEW_CODING else 0,
    )


def _shortest(lengths: Sequence[int], tail: float, floor: int) -> int:
    """Return the robust minimum of some lengths."""
    count = len(lengths)
    if count < FEW:
        return floor
    rank = int(max(tail * count, min(OUTLIERS, count / FEW)))
    return max(floor, sorted(lengths)[rank])
