"""Which annotated transcripts the gene grammar can spell, and the one that stands for its gene.

A network trained through the grammar must only be shown paths that the grammar contains: the
gradient of any other path never vanishes. What cannot be spelled is named here with its reason,
so that it can be reported and masked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from genefinder.dna import Codes, N, decode, encode, reverse_complement
from genefinder.errors import InputError
from genefinder.genes import Gene, Transcript

CODON = 3
INTRON_FLOOR = 10
"""No spliceosomal intron is known to be this short; the shortest, of Stentor coeruleus, have 15
bases (Slabodnick et al. 2017, doi:10.1016/j.cub.2016.12.057)."""
EXON_FLOOR = CODON
"""The first and last exon must hold the whole start or stop codon."""


class Reason(StrEnum):
    """Why a transcript is not used for training."""

    NO_CDS = "no coding sequence"
    PARTIAL = "partial"
    OUTSIDE = "outside the contig"
    OVERLAP = "coding segments overlap"
    FRAME = "length not a multiple of 3"
    AMBIGUOUS = "ambiguous bases"
    NO_START = "no start codon"
    NO_STOP = "no stop codon"
    INNER_STOP = "in-frame stop codon"
    SPLIT_START = "start codon split by an intron"
    SPLIT_STOP = "stop codon split by an intron"
    SHORT_INTRON = "intron too short"
    SPLICE_SITE = "unusual splice site"
    SHORT_EXON = "exon too short"
    OTHER_ISOFORM = "another isoform stands for the gene"


@dataclass(frozen=True, slots=True)
class SpellingRules:
    """What the gene grammar can spell.

    Attributes
    ----------
    genetic_code
        NCBI translation table; its stop codons count.
    starts, donors, acceptors
        Start codons, and the first and last two bases of an intron, in strand direction.
    min_intron, min_exon
        Fewest bases of an intron, and of the coding part of an exon (start and stop codon
        included). A gene of one exon has room for both codons and ``min_exon`` bases at least.
    """

    genetic_code: int = 1
    starts: tuple[str, ...] = ("ATG",)
    donors: tuple[str, ...] = ("GT", "GC")
    acceptors: tuple[str, ...] = ("AG",)
    min_intron: int = INTRON_FLOOR
    min_exon: int = EXON_FLOOR

    def exons_fit(self, lengths: list[int]) -> bool:
        """Tell whether the coding exons, in strand direction, are long enough."""
        return min(lengths) >= self.min_exon and sum(lengths) >= self.min_exon + CODON


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


@lru_cache
def stop_codons(genetic_code: int) -> tuple[str, ...]:
    """Return the stop codons of an NCBI translation table, from Biopython.

    Raises
    ------
    InputError
        If there is no such table.
    """
    from Bio.Data import CodonTable

    try:
        table = CodonTable.unambiguous_dna_by_id[genetic_code]
    except KeyError:
        known = ", ".join(map(str, sorted(CodonTable.unambiguous_dna_by_id)))
        raise InputError(f"genetic code {genetic_code} is unknown; use one of {known}") from None
    return tuple(sorted(table.stop_codons))


def unspellable(transcript: Transcript, codes: Codes, rules: SpellingRules) -> Reason | None:
    """Say why the grammar cannot spell a transcript, or ``None`` where it can.

    Parameters
    ----------
    transcript
        Its ``cds`` is read, its exons are not.
    codes
        The whole contig, shape ``(contig length,)``.
    rules
        The grammar's limits.
    """
    if not transcript.cds:
        return Reason.NO_CDS
    if transcript.partial_low or transcript.partial_high or transcript.phase:
        return Reason.PARTIAL
    if transcript.cds[0][0] < 0 or transcript.cds[-1][1] > len(codes):
        return Reason.OUTSIDE
    introns = list(transcript.introns())
    if any(start > end for start, end in introns):
        return Reason.OVERLAP
    coding = coding_sequence(transcript, codes)
    if len(coding) % CODON:
        return Reason.FRAME
    if (coding == N).any():
        return Reason.AMBIGUOUS
    codons = _codon_numbers(coding)
    starts, stops = _codon_set(rules.starts), _codon_set(stop_codons(rules.genetic_code))
    if not starts[codons[0]]:
        return Reason.NO_START
    if not stops[codons[-1]]:
        return Reason.NO_STOP
    if stops[codons[:-1]].any():
        return Reason.INNER_STOP
    lengths = [end - start for start, end in transcript.cds]
    if transcript.strand == "-":
        lengths.reverse()
    if lengths[0] < CODON:
        return Reason.SPLIT_START
    if lengths[-1] < CODON:
        return Reason.SPLIT_STOP
    if any(end - start < rules.min_intron for start, end in introns):
        return Reason.SHORT_INTRON
    for start, end in introns:
        donor, acceptor = splice_sites(start, end, transcript.strand == "-", codes)
        if donor not in rules.donors or acceptor not in rules.acceptors:
            return Reason.SPLICE_SITE
    if not rules.exons_fit(lengths):
        return Reason.SHORT_EXON
    return None


def choose_transcript(gene: Gene, codes: Codes, rules: SpellingRules) -> Choice:
    """Choose the spellable transcript with the longest coding sequence; of equals, the first id.

    Parameters
    ----------
    gene
        A locus of the contig.
    codes
        The whole contig, shape ``(contig length,)``.
    rules
        The grammar's limits.
    """
    verdicts: dict[object, Reason | None] = {}
    rejected: dict[str, Reason] = {}
    spellable = []
    for transcript in gene.transcripts:
        chain = (transcript.cds, transcript.phase, transcript.partial_low, transcript.partial_high)
        if chain not in verdicts:
            verdicts[chain] = unspellable(transcript, codes, rules)
        if reason := verdicts[chain]:
            rejected[transcript.id] = reason
        else:
            spellable.append(transcript)
    chosen = min(spellable, key=lambda one: (-one.cds_length, one.id), default=None)
    for transcript in spellable:
        if transcript is not chosen:
            rejected[transcript.id] = Reason.OTHER_ISOFORM
    others = {one.cds: one for one in reversed(spellable) if chosen and one.cds != chosen.cds}
    return Choice(gene, chosen, rejected, tuple(others.values()))


def coding_sequence(transcript: Transcript, codes: Codes) -> Codes:
    """Return the spliced coding bases in strand direction."""
    coding = np.concatenate([codes[start:end] for start, end in transcript.cds])
    return coding if transcript.strand == "+" else reverse_complement(coding)


def splice_sites(start: int, end: int, reverse: bool, codes: Codes) -> tuple[str, str]:
    """Return the first and last two bases of an intron in strand direction."""
    low, high = codes[start : start + 2], codes[max(start, end - 2) : end]
    if reverse:
        low, high = reverse_complement(high), reverse_complement(low)
    return decode(low), decode(high)


def _codon_numbers(coding: Codes) -> Codes:
    """Return the codons of a sequence as numbers in base 5, N included: 0 to 124."""
    triplets = coding.reshape(-1, CODON)
    numbers = triplets[:, 0] * 25 + triplets[:, 1] * 5 + triplets[:, 2]
    return np.asarray(numbers, dtype=np.uint8)


@lru_cache
def _codon_set(codons: tuple[str, ...]) -> npt.NDArray[np.bool_]:
    """Return a membership table over codon numbers, shape ``(125,)``."""
    members = np.zeros(125, dtype=bool)
    members[_codon_numbers(encode("".join(codons)))] = True
    return members
