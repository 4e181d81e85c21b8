"""The gene grammar: which structures exist at all, as plain values that a model file can hold.

A network trained through the grammar must only be shown paths that the grammar contains: the
gradient of any other path never vanishes. So the grammar also says why it rejects a transcript.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cache, cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from genefinder.dna import Codes, N, decode, encode, reverse_complement
from genefinder.errors import InputError
from genefinder.genes import Transcript
from genefinder.grammar.compiled import (
    GENE_IN,
    GENE_OUT,
    INTRON_IN,
    INTRON_OUT,
    CompiledGrammar,
    compile_grammar,
)
from genefinder.grammar.labels import CODON

STANDARD_CODE = 1
CONTEXT_DEPENDENT = (27, 28, 31)
"""NCBI translation tables in which a codon is a stop or an amino acid by where it stands."""
INTRON_FLOOR = 10
"""No spliceosomal intron is known to be this short; the shortest, of Stentor coeruleus, have 15
bases (Slabodnick et al. 2017, doi:10.1016/j.cub.2016.12.057)."""
EXON_FLOOR = CODON
"""The first and last exon must hold the whole start or stop codon."""
OVERLAPS = ("same strand", "ends", "starts")
"""Kinds of overlaps of two genes, in the order of :attr:`Grammar.overlaps`."""
SITE_BITS = (GENE_IN, GENE_OUT, INTRON_IN, INTRON_OUT)
"""Start, stop, donor and acceptor in :attr:`Grammar.site_words`."""


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


@dataclass(frozen=True)
class Grammar:
    """What a gene looks like, apart from the scores of its bases.

    A gene is a chain of coding exons and introns on one strand. It begins with a start codon, ends
    with a stop codon, has no stop codon in frame before (also none across an intron), and its
    introns begin with a donor and end with an acceptor. Neither start nor stop codon is split by
    an intron. An exon holds no two unknown bases in a row. At the ends of a contig and at gaps
    (runs of at least ten N) a gene may be open: cut off there, at any place,
    for a score of ``partial``.

    Without donors and acceptors there are no introns, as in bacteria and archaea
    (:data:`PROKARYOTIC`). Genes may then overlap their neighbours, by so many bases as
    ``overlaps`` has scores: none lies in another, no base is in three, and each has at least
    ``min_exon`` bases of its own, three of those that it shares at one end counted in.

    Attributes
    ----------
    min_intron
        Shortest intron, in bases; at least 4.
    min_exon
        Shortest exon, in bases; at least 3. An internal exon has at least so many coding bases; so
        have a first exon, start codon included, and a last exon, stop codon included. The only
        exon of a gene has at least three more. Exons and introns cut off by an open end may be
        shorter.
    genetic_code
        NCBI translation table; its stop codons are used.
    min_coding
        Fewest coding bases of a gene that is called, stop codon included; of one that is cut off,
        those that are seen. Paths may hold shorter ones, which are passed over.
    starts
        Start codons.
    donors, acceptors
        First and last two bases of introns, in strand direction; none of both: no introns.
    partial
        Log score of each open end of a gene.
    overlaps
        Log scores of overlaps of 1, 2, 3 and so on bases: of two genes on one strand, of the ends
        of two genes, and of their starts. Empty where genes do not overlap.
    lengths
        Log scores of genes of 1, 2, 3 and so on codons, stop codon included; longer ones have the
        last. Of a gene that is cut off, the codons of its frame that are seen count. Empty where
        the length of a gene says nothing, as where it has introns.

    Raises
    ------
    InputError
        If a value is out of its range.
    """

    min_intron: int = INTRON_FLOOR
    min_exon: int = EXON_FLOOR
    genetic_code: int = STANDARD_CODE
    starts: tuple[str, ...] = ("ATG",)
    donors: tuple[str, ...] = ("GT", "GC")
    acceptors: tuple[str, ...] = ("AG",)
    partial: float = -4.0
    min_coding: int = 0
    overlaps: tuple[tuple[float, ...], ...] = ()
    lengths: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Check the values."""
        if self.min_intron < 4:
            raise InputError(f"grammar: min_intron is {self.min_intron}; it must be at least 4")
        if self.min_exon < 3:
            raise InputError(f"grammar: min_exon is {self.min_exon}; it must be at least 3")
        if self.min_coding < 0:
            raise InputError(f"grammar: min_coding is {self.min_coding}; it must be at least 0")
        for name, length in (("starts", 3), ("donors", 2), ("acceptors", 2)):
            words: tuple[str, ...] = getattr(self, name)
            if (name == "starts" and not words) or any(
                len(word) != length or set(word) - set("ACGT") for word in words
            ):
                raise InputError(f"grammar: {name} must be words of {length} letters A, C, G, T")
        if bool(self.donors) != bool(self.acceptors):
            raise InputError("grammar: introns have both donors and acceptors, or neither")
        if len(self.overlaps) not in (0, len(OVERLAPS)):
            raise InputError(
                f"grammar: overlaps must be {len(OVERLAPS)} rows, of {', '.join(OVERLAPS)}"
            )
        if self.overlaps and self.spliced:
            raise InputError("grammar: genes with introns do not overlap")
        if self.lengths and self.spliced:
            raise InputError("grammar: genes with introns have no scores of lengths")
        if any(start in self.stops for start in self.starts):
            raise InputError("grammar: a start codon is also a stop codon of the genetic code")

    @property
    def spliced(self) -> bool:
        """Whether genes have introns."""
        return bool(self.donors)

    @cached_property
    def stops(self) -> tuple[str, ...]:
        """Stop codons of the genetic code, in alphabetical order."""
        stops = stop_codons()
        if self.genetic_code not in stops:
            known = ", ".join(map(str, stops))
            if self.genetic_code in CONTEXT_DEPENDENT:
                raise InputError(
                    f"grammar: in genetic code {self.genetic_code} stop codons stand for amino "
                    "acids as well, depending on where in the gene they are, which no frame can "
                    f"tell; the codes with fixed stop codons are {known}"
                )
            raise InputError(f"grammar: genetic code {self.genetic_code} is not one of {known}")
        return stops[self.genetic_code]

    @cached_property
    def site_words(self) -> npt.NDArray[np.uint8]:
        """Which sites of the own strand begin with three bases, as bits, shape ``(125,)``.

        The index is the number of the three bases in base 5, N included. Bits are
        :data:`SITE_BITS`; donors and acceptors leave the third base open.
        """
        words = np.arange(125)
        tables = self.tables
        bits = tables.triplet[words] & (GENE_IN | GENE_OUT)
        bits |= tables.pair_in[words // 5] & INTRON_IN
        bits |= tables.pair_out[words // 5] & INTRON_OUT
        return bits.astype(np.uint8)

    def candidate_sites(self, codes: Codes) -> tuple[npt.NDArray[np.bool_], ...]:
        """Tell where a strand allows sites, by the base where their signals stand.

        Parameters
        ----------
        codes
            The strand in its own direction, shape ``(T,)``.

        Returns
        -------
        tuple of ndarray
            For start, stop, donor and acceptor, shape ``(T,)``; see
            :mod:`genefinder.grammar.labels`.
        """
        padded = np.full(len(codes) + 3, N, dtype=np.uint8)
        padded[1:-2] = codes
        bits = self.site_words[padded[:-2] * 25 + padded[1:-1] * 5 + padded[2:]]
        # An acceptor's signal stands on its second base.
        here = (bits[1:], bits[1:], bits[1:], bits[:-1])
        return tuple((found & bit) > 0 for found, bit in zip(here, SITE_BITS, strict=True))

    @cached_property
    def tables(self) -> CompiledGrammar:
        """The grammar compiled for the kernels."""
        return compile_grammar(
            min_intron=self.min_intron,
            min_exon=self.min_exon,
            starts=self.starts,
            stops=self.stops,
            donors=self.donors,
            acceptors=self.acceptors,
            partial=self.partial,
            overlaps=self.overlaps,
            lengths=self.lengths,
        )

    def loosened(self) -> "Grammar":
        """Return the grammar with the lowest minimum lengths of any species.

        Where there are no introns, the shortest gene is no matter of the species.
        """
        if not self.spliced:
            return self
        return replace(self, min_intron=INTRON_FLOOR, min_exon=EXON_FLOOR, min_coding=0)

    def rejects(self, transcript: Transcript, codes: Codes) -> Reason | None:
        """Say why a transcript cannot be spelled, or ``None`` where it can.

        Parameters
        ----------
        transcript
            Its ``cds`` is read, its exons are not.
        codes
            The whole contig, shape ``(contig length,)``.
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
        coding = _coding_bases(transcript, codes)
        if len(coding) % CODON:
            return Reason.FRAME
        if (coding == N).any():
            return Reason.AMBIGUOUS
        codons = _codon_numbers(coding)
        starts, stops = self._codons
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
        if any(end - start < self.min_intron for start, end in introns):
            return Reason.SHORT_INTRON
        for start, end in introns:
            donor, acceptor = splice_sites(start, end, transcript.strand == "-", codes)
            if donor not in self.donors or acceptor not in self.acceptors:
                return Reason.SPLICE_SITE
        # A gene of one exon has room for both codons and the shortest exon's bases.
        if min(lengths) < self.min_exon or sum(lengths) < self.min_exon + CODON:
            return Reason.SHORT_EXON
        return None

    @cached_property
    def _codons(self) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Whether a codon is a start, and whether it is a stop, by number: both ``(125,)``."""
        members = np.zeros((2, 125), dtype=np.bool_)
        for row, words in zip(members, (self.starts, self.stops), strict=True):
            row[_codon_numbers(encode("".join(words)))] = True
        return members[0], members[1]

    def to_dict(self) -> dict[str, Any]:
        """Return the values as JSON can hold them."""
        values = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}
        values["overlaps"] = [list(scores) for scores in self.overlaps]
        for name in ("overlaps", "lengths"):
            if not values[name]:
                del values[name]
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Grammar":
        """Read what :meth:`to_dict` wrote.

        Raises
        ------
        InputError
            If a key is unknown or a value is out of its range.
        """
        unknown = set(values) - set(cls.__dataclass_fields__)
        if unknown:
            raise InputError(f"grammar: unknown setting {', '.join(sorted(unknown))}")
        settings: dict[str, Any] = {
            k: tuple(v) if isinstance(v, list) else v for k, v in values.items()
        }
        if "overlaps" in settings:
            settings["overlaps"] = tuple(map(tuple, settings["overlaps"]))
        return cls(**settings)


@cache
def stop_codons() -> dict[int, tuple[str, ...]]:
    """Return the stop codons of each NCBI translation table in which they are fixed."""
    from Bio.Data.CodonTable import unambiguous_dna_by_id

    return {
        number: tuple(sorted(table.stop_codons))
        for number, table in sorted(unambiguous_dna_by_id.items())
        if number not in CONTEXT_DEPENDENT
    }


PROKARYOTIC = Grammar(
    min_exon=57, genetic_code=11, starts=("ATG", "GTG", "TTG"), donors=(), acceptors=()
)
"""Genes of bacteria and archaea: of at least 60 bases, from one of their usual start codons."""


def splice_sites(start: int, end: int, reverse: bool, codes: Codes) -> tuple[str, str]:
    """Return the first and last two bases of an intron in strand direction."""
    low, high = codes[start : start + 2], codes[max(start, end - 2) : end]
    if reverse:
        low, high = reverse_complement(high), reverse_complement(low)
    return decode(low), decode(high)


def _coding_bases(transcript: Transcript, codes: Codes) -> Codes:
    """Return the spliced coding bases in strand direction."""
    coding = np.concatenate([codes[start:end] for start, end in transcript.cds])
    return coding if transcript.strand == "+" else reverse_complement(coding)


def _codon_numbers(coding: Codes) -> Codes:
    """Return the codons of a sequence as numbers in base 5, N included: 0 to 124."""
    triplets = coding.reshape(-1, CODON)
    numbers = triplets[:, 0] * 25 + triplets[:, 1] * 5 + triplets[:, 2]
    return np.asarray(numbers, dtype=np.uint8)
