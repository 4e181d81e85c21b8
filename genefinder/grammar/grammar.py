"""The gene grammar: which structures exist at all, as plain values that a model file can hold."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from genefinder.errors import InputError
from genefinder.grammar.compiled import CompiledGrammar, compile_grammar

STANDARD_CODE = 1


@dataclass(frozen=True)
class Grammar:
    """What a gene looks like, apart from the scores of its bases.

    A gene is a chain of coding exons and introns on one strand. It begins with a start codon, ends
    with a stop codon, has no stop codon in frame before (also none across an intron), and its
    introns begin with a donor and end with an acceptor. Neither start nor stop codon is split by
    an intron. An exon holds no two unknown bases in a row. At the ends of a contig and at gaps
    (runs of at least ten N) a gene may be open: cut off there, at any place, for a price.

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
    starts
        Start codons.
    donors, acceptors
        First and last two bases of introns, in strand direction.
    partial
        Log score of each open end of a gene.

    Raises
    ------
    InputError
        If a value is out of its range.
    """

    min_intron: int = 40
    min_exon: int = 3
    genetic_code: int = STANDARD_CODE
    starts: tuple[str, ...] = ("ATG",)
    donors: tuple[str, ...] = ("GT", "GC")
    acceptors: tuple[str, ...] = ("AG",)
    partial: float = -4.0

    def __post_init__(self) -> None:
        """Check the values."""
        if self.min_intron < 4:
            raise InputError(f"grammar: min_intron is {self.min_intron}; it must be at least 4")
        if self.min_exon < 3:
            raise InputError(f"grammar: min_exon is {self.min_exon}; it must be at least 3")
        for name, length in (("starts", 3), ("donors", 2), ("acceptors", 2)):
            words: tuple[str, ...] = getattr(self, name)
            if not words or any(len(word) != length or set(word) - set("ACGT") for word in words):
                raise InputError(f"grammar: {name} must be words of {length} letters A, C, G, T")
        if any(start in self.stops for start in self.starts):
            raise InputError("grammar: a start codon is also a stop codon of the genetic code")

    @cached_property
    def stops(self) -> tuple[str, ...]:
        """Stop codons of the genetic code, in alphabetical order."""
        from Bio.Data.CodonTable import unambiguous_dna_by_id

        if self.genetic_code not in unambiguous_dna_by_id:
            known = ", ".join(str(table) for table in sorted(unambiguous_dna_by_id))
            raise InputError(f"grammar: genetic code {self.genetic_code} is not one of {known}")
        return tuple(sorted(unambiguous_dna_by_id[self.genetic_code].stop_codons))

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
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the values as JSON can hold them."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

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
        return cls(**settings)
