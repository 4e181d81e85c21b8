"""What the bits that genes save tell of a genome: shortest intron and gene, readiness of introns.

What is found falsely costs more bits than it saves (:mod:`genefinder.data.description_length`). A
network that has not learnt from a genome's relatives calls introns as readily as in those that it
has learnt from, and does not know how short introns and genes may be.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import count, takewhile
from typing import Self

import numpy as np
import numpy.typing as npt

from genefinder.data.description_length import description_of
from genefinder.dna import Codes
from genefinder.genes import Gene
from genefinder.grammar import Grammar, viterbi
from genefinder.grammar.labels import CODON
from genefinder.network.network import adjusted
from genefinder.species.adjustment import Adjustment

FEW = 50
"""Fewer genes or introns than this have no lengths to go by."""
_LONGER = 1.25
"""Ratio of one shortest intron that is tried to the one before."""
_MINIMA = 8
"""So many are tried."""
_SHORTEST_CODING = 2 * CODON
"""Coding bases of the shortest gene that there could be: a start and a stop codon."""
_LITTLE = 0.001
"""Share of the bits saved that is little."""
_DEARER = tuple(Adjustment(donor=-float(bits)) for bits in range(1, 5))
"""What introns are tried to be made dearer by."""
_GAIN = 0.005
"""Share of the bits saved that dearer introns must add. Of seven genomes with networks that had not
seen their clades, C. elegans gained 0.0087, and one gene in eight more was right; no other gained
0.0015, and D. melanogaster lost genes even so. Cheaper introns gained bits in O. tauri and lost
genes."""

Scores = npt.NDArray[np.float32]
Scored = tuple[Codes, Scores]


@dataclass(frozen=True, slots=True)
class GenesFound:
    """What is found in sequences.

    Attributes
    ----------
    genes, introns
        Their numbers.
    saved_per_kb
        Bits that they save per 1,000 bases.
    """

    genes: int
    introns: int
    saved_per_kb: float

    @classmethod
    def of(cls, scored: Iterable[Scored], grammar: Grammar) -> Self:
        """Find the genes of sequences with their scores."""
        return cls.in_bits([(codes, _genes(codes, scores, grammar)) for codes, scores in scored])

    @classmethod
    def in_bits(cls, found: Sequence[tuple[Codes, tuple[Gene, ...]]]) -> Self:
        """Count genes that were found, and their bits."""
        genes = [gene for _, genes in found for gene in genes]
        exons = sum(len(gene.transcripts[0].cds) for gene in genes)
        return cls(len(genes), exons - len(genes), description_of(found).saved_per_kb)


def shortest_intron(scored: Sequence[Scored], grammar: Grammar, *, few: int = FEW) -> int | None:
    """Return the fewest bases of an intron with which the genes found save most bits.

    Introns that are found falsely are short, for most only step over a stop codon. The grammar's
    own minimum is the first that is tried.

    Parameters
    ----------
    scored
        Sequences with their scores.
    grammar
        Of the genes.
    few
        Fewer introns tell nothing: ``None``.
    """
    lengths = [round(grammar.min_intron * _LONGER**power) for power in range(_MINIMA)]
    tried: dict[int, GenesFound] = {}
    for length in lengths:
        tried[length] = GenesFound.of(scored, replace(grammar, min_intron=length))
        if tried[length].introns < few:
            return None
    return max(lengths, key=lambda length: tried[length].saved_per_kb)


def shortest_coding(scored: Sequence[Scored], grammar: Grammar, *, few: int = FEW) -> int | None:
    """Return the fewest coding bases of a gene with which the genes found save nearly most bits.

    Short genes that are found falsely cost more bits than they save. Some real ones do as well,
    but not much more, so that the least of the lengths is taken with which little is lost.

    Parameters
    ----------
    scored, grammar, few
        As for :func:`shortest_intron`; fewer genes than ``few`` tell nothing.
    """
    any_length = replace(grammar, min_coding=0)
    found = [(codes, _genes(codes, scores, any_length)) for codes, scores in scored]
    lengths = sorted(gene.transcripts[0].cds_length for _, genes in found for gene in genes)
    if len(lengths) < few:
        return None
    growing = (round(_SHORTEST_CODING * _LONGER**power) for power in count())
    saved = {}
    for least in takewhile(lengths[len(lengths) // 2].__ge__, growing):
        kept = [
            (codes, tuple(gene for gene in genes if gene.transcripts[0].cds_length >= least))
            for codes, genes in found
        ]
        saved[least] = GenesFound.in_bits(kept).saved_per_kb
    most = max(saved.values())
    return next(least for least in saved if saved[least] >= most - _LITTLE * abs(most))


def intron_adjustment(
    scored: Sequence[Scored], grammar: Grammar, plain: GenesFound, *, few: int = FEW
) -> tuple[Adjustment, GenesFound]:
    """Tell what keeps a network from calling introns more readily than the genome has them.

    Parameters
    ----------
    scored
        Sequences with their scores.
    grammar
        Of the genes.
    plain
        What is found there.
    few
        Fewer introns tell nothing: no adjustment.

    Returns
    -------
    tuple
        The adjustment, and what is found with it.
    """
    if plain.introns < few:
        return Adjustment(), plain
    found = {
        tried: GenesFound.of(
            ((codes, adjusted(scores, tried)) for codes, scores in scored), grammar
        )
        for tried in _DEARER
    }
    best = max(found, key=lambda tried: found[tried].saved_per_kb)
    enough = plain.saved_per_kb + _GAIN * abs(plain.saved_per_kb)
    return (best, found[best]) if found[best].saved_per_kb > enough else (Adjustment(), plain)


def _genes(codes: Codes, scores: Scores, grammar: Grammar) -> tuple[Gene, ...]:
    """Find the genes of a sequence, cut off at its ends or not."""
    path = viterbi(codes, scores, grammar, free_ends=True)
    return tuple(path.genes("", grammar.min_coding))
