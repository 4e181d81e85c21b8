"""Annotated genes that overlap: which of them the grammar can spell, and how usual overlaps are.

How usual an overlap of some length is, is told by the share of the places that could begin or end a
gene there that do, against the same share where no gene is. So it says nothing of the codons or of
the sites, which are scored for themselves.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from genefinder.dna import Codes, reverse_complement
from genefinder.genes import Interval, Transcript
from genefinder.grammar import Grammar
from genefinder.grammar.compiled import GENE_IN, SAME_STRAND, STARTS, STRAND_BITS
from genefinder.grammar.grammar import OVERLAPS
from genefinder.grammar.overlaps import kind_of_overlap, switch_of_labels
from genefinder.grammar.sites import find_sites

LONGEST = (90, 60, 60)
"""Bases of the longest overlap of each kind: longer ones are one in a hundred, and mostly wrong."""
_FIRST_LENGTHS = 4
"""Shorter overlaps, or as long, are counted each by itself: those of start and stop codons."""
_CLASS_ENDS = (10, 20, 40, 100)
_PRIOR = 10.0
"""Places that the share of all other places is worth."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two genes that share bases.

    Attributes
    ----------
    begin, end
        The bases.
    switch
        The first of them that has the label of the gene at the right; ``end`` where none has.
    score
        What the grammar gives for it.
    """

    begin: int
    end: int
    switch: int
    score: float

    def jump(self, grammar: Grammar) -> Interval:
        """Return what the grammar passes in one step."""
        last = self.end - 3
        return min(self.begin, last), max(self.begin, last) + grammar.min_exon


def spellable_overlaps(
    transcripts: Iterable[Transcript], grammar: Grammar
) -> list[tuple[Overlap, Transcript, Transcript]]:
    """Return the overlaps that the grammar spells, with the left and the right gene of each.

    Parameters
    ----------
    transcripts
        Of one contig, each of which the grammar can spell.
    grammar
        Has the overlaps.
    """
    if not grammar.overlaps:
        return []
    ordered = sorted(transcripts, key=lambda transcript: transcript.cds[0])
    found: list[tuple[Overlap, int]] = []
    for number, (left, right) in enumerate(pairwise(ordered)):
        begin, end = right.start, left.end
        if begin >= end or right.end <= end or left.start >= begin:
            continue
        strands = "+-".index(left.strand), "+-".index(right.strand)
        scores = grammar.overlaps[kind_of_overlap(*strands)]
        if end - begin <= len(scores):
            switch = switch_of_labels(*strands, begin, end)
            found.append((Overlap(begin, end, switch, scores[end - begin - 1]), number))
    by_left = {number: overlap for overlap, number in found}
    crowded = {
        number
        for number, gene in enumerate(ordered)
        if not _has_room(gene, by_left.get(number - 1), by_left.get(number), grammar)
    }
    return [
        (overlap, ordered[number], ordered[number + 1])
        for overlap, number in found
        if not {number, number + 1} & crowded
    ]


def _has_room(
    gene: Transcript, before: Overlap | None, after: Overlap | None, grammar: Grammar
) -> bool:
    """Tell whether a gene has enough bases of its own between two overlaps."""
    low = max(gene.start, before.end - 3) if before else gene.start
    high = min(gene.end - 3, after.begin) if after else gene.end - 3
    return low + grammar.min_exon <= high


class OverlapCounts:
    """Places that could begin a gene, from left to right, and those that do."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._places: Counter[tuple[int, int]] = Counter()
        self._true: Counter[tuple[int, int]] = Counter()

    def add(self, codes: Codes, transcripts: Sequence[Transcript]) -> None:
        """Count a contig.

        Parameters
        ----------
        codes
            The contig, shape ``(T,)``.
        transcripts
            Its genes, each of which the grammar can spell.
        """
        size = len(codes)
        genes = sorted((gene.start, gene.end, "+-".index(gene.strand)) for gene in transcripts)
        self._read(codes, genes, range(len(OVERLAPS)))
        mirrored = sorted((size - end, size - start, 1 - strand) for start, end, strand in genes)
        self._read(reverse_complement(codes), mirrored, (SAME_STRAND,))

    def _read(
        self, codes: Codes, genes: Sequence[tuple[int, int, int]], kinds: Sequence[int]
    ) -> None:
        """Count one strand: overlaps of two genes on it, and those of both strands."""
        sites = find_sites(codes, self._grammar.tables)
        minimum = self._grammar.min_exon
        places = [
            np.flatnonzero(
                (sites.site[: len(codes)] >> (STRAND_BITS * strand) & GENE_IN > 0)
                & (sites.next_stop[strand, 3 : len(codes) + 3] > np.arange(len(codes)) + minimum)
            )
            for strand in range(2)
        ]
        covered = np.zeros(len(codes) + 1, dtype=np.bool_)
        for start, end, _ in genes:
            covered[start:end] = True
        begun = {(start, strand) for start, _, strand in genes}
        for strand in range(2):
            outside = places[strand][~covered[places[strand] - 1]]
            self._places[-1, strand] += len(outside)
            self._true[-1, strand] += sum((int(start), strand) in begun for start in outside)
        for _, end, left in genes:
            for right in range(2):
                kind = kind_of_overlap(left, right)
                if kind not in kinds or (kind == SAME_STRAND and left):
                    continue
                first, last = np.searchsorted(places[right], (end - LONGEST[kind], end))
                for begin in places[right][first:last].tolist():
                    group = _group(end - begin)
                    self._places[kind, group] += 1
                    self._true[kind, group] += (begin, right) in begun

    def scores(self) -> tuple[tuple[float, ...], ...]:
        """Return what :attr:`genefinder.grammar.Grammar.overlaps` has."""
        return tuple(
            tuple(round(self._score(kind, length), 3) for length in range(1, longest + 1))
            for kind, longest in enumerate(LONGEST)
        )

    def _score(self, kind: int, length: int) -> float:
        """Return the log of how much more often a place is true than elsewhere."""
        strand = 0 if kind in (SAME_STRAND, STARTS) else 1
        usual = (self._true[-1, strand] + 1) / (self._places[-1, strand] + 2)
        key = kind, _group(length)
        share = (self._true[key] + _PRIOR * usual) / (self._places[key] + _PRIOR)
        return math.log(share / usual)


def _group(length: int) -> int:
    """Return the number of the lengths that are counted together: by range and reading frame."""
    if length <= _FIRST_LENGTHS:
        return length
    place = next(number for number, end in enumerate(_CLASS_ENDS) if length <= end)
    return _FIRST_LENGTHS + 1 + 3 * place + length % 3
