"""The transcript that stands for a gene, of those that the gene grammar can spell."""

from collections.abc import Mapping
from dataclasses import dataclass

from genefinder.dna import Codes
from genefinder.genes import Gene, Transcript
from genefinder.grammar import Grammar, Reason


@dataclass(frozen=True, slots=True)
class Choice:
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


def choose_transcript(gene: Gene, codes: Codes, grammar: Grammar) -> Choice:
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
    return Choice(gene, chosen, rejected, tuple(others.values()))
