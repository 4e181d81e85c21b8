"""Every gene structure of a tiny sequence, written down from the rules and not from the kernels."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from genefinder import dna
from genefinder.grammar import Grammar

STOPS = {"TAA", "TAG", "TGA", "TAN", "TNA"}
GAP = 10

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Totals:
    """What all paths of a sequence come to."""

    log_z: float
    best: float
    posterior: Floats
    each: list[float]


@dataclass(frozen=True)
class Case:
    """A tiny sequence with random scores, and all that it can hold."""

    sequence: str
    grammar: Grammar
    scores: Floats
    structures: list["Structure"]
    totals: Totals

    @property
    def codes(self) -> dna.Codes:
        return dna.encode(self.sequence)


@dataclass(frozen=True)
class Structure:
    """A gene, complete or cut off, as what it adds to a path's score."""

    begin: int
    end: int
    uses: tuple[tuple[int, int], ...]
    ends_open: int

    def score(self, scores: Floats, partial: float) -> float:
        return float(sum(scores[i, c] for i, c in self.uses)) + partial * self.ends_open


@dataclass(frozen=True)
class _Chain:
    """Exons and introns in order; ``skipped`` codon bases are missing before the first base."""

    pieces: tuple[tuple[int, int, bool], ...]
    skipped: int
    partial_low: bool
    partial_high: bool


MOTIFS = (
    *("ATG", "TAA", "TGA", "TAG", "GTAG", "GT", "AG", "GC", "CAT", "TTA", "CTA", "TCA", "CTAC"),
    *("CT", "AC", "A", "C", "G", "T", "N", "N" * 10, "GTT", "ATGGTTAAGTGA", "ATGT", "TCACTTACCAT"),
)


def random_case(seed: int) -> Case:
    """Draw a sequence rich in sites, a grammar and scores that float32 holds exactly."""
    rng = np.random.default_rng(seed)
    sequence = "".join(rng.choice(MOTIFS) for _ in range(14))[: int(rng.integers(1, 40))]
    if seed % 5 == 0:
        sequence = sequence[:6] + "N" * int(rng.integers(9, 12)) + sequence[6:]
    grammar = Grammar(
        min_intron=int(rng.integers(4, 8)),
        min_exon=int(rng.integers(3, 6)),
        partial=float(rng.choice([-4, 0, 1])),
    )
    scores = np.round(rng.normal(0, 2, (len(sequence), 20)) * 1024) / 1024
    found = all_structures(sequence, grammar)
    sums = total(len(sequence), found, scores, grammar.partial)
    return Case(sequence, grammar, scores, found, sums)


@pytest.fixture(scope="session")
def cases() -> list[Case]:
    """Many random cases, among them complete genes of both strands with introns."""
    return [random_case(seed) for seed in range(300)]


def all_structures(sequence: str, grammar: Grammar) -> list[Structure]:
    length = len(sequence)
    mirrored = dna.decode(dna.reverse_complement(dna.encode(sequence)))
    found = [_structure(chain, 0) for chain in _chains(sequence, grammar)]
    for chain in _chains(mirrored, grammar):
        other = _structure(chain, 10)
        uses = tuple((length - 1 - i, c) for i, c in other.uses)
        found.append(Structure(length - other.end, length - other.begin, uses, other.ends_open))
    return found


def total(length: int, found: list[Structure], scores: Floats, partial: float) -> Totals:
    """Sum over all sets of structures that do not overlap."""
    own_scores = [s.score(scores, partial) for s in found]
    left, best = [0.0] * (length + 1), [0.0] * (length + 1)
    right = [0.0] * (length + 1)
    for time in range(1, length + 1):
        ending = [(s, v) for s, v in zip(found, own_scores, strict=True) if s.end == time]
        left[time] = _log_sum([left[time - 1], *(left[s.begin] + v for s, v in ending)])
        best[time] = max([best[time - 1], *(best[s.begin] + v for s, v in ending)])
    for time in range(length - 1, -1, -1):
        leaving = [(s, v) for s, v in zip(found, own_scores, strict=True) if s.begin == time]
        right[time] = _log_sum([right[time + 1], *(right[s.end] + v for s, v in leaving)])
    posterior = np.zeros((length, 20))
    each = []
    for structure, value in zip(found, own_scores, strict=True):
        mass = math.exp(left[structure.begin] + value + right[structure.end] - left[length])
        each.append(mass)
        for i, channel in structure.uses:
            posterior[i, channel] += mass
    return Totals(left[length], best[length], posterior, each)


def _log_sum(values: list[float]) -> float:
    highest = max(values)
    return highest + math.log(sum(math.exp(v - highest) for v in values))


def _structure(chain: _Chain, first_channel: int) -> Structure:
    uses = []
    place = chain.skipped
    begin, end = chain.pieces[0][0], chain.pieces[-1][1]
    for start, stop, exon in chain.pieces:
        for i in range(start, stop):
            uses.append((i, place % 3 if exon else 3 + place % 3))
            place += exon
    if not chain.partial_low:
        uses.append((begin, 6))
    if not chain.partial_high:
        uses.append((end - 3, 7))
    for (_, stop, left_exon), _ in pairwise(chain.pieces):
        uses.append((stop, 8) if left_exon else (stop - 1, 9))
    return Structure(
        begin,
        end,
        tuple((i, c + first_channel) for i, c in uses),
        chain.partial_low + chain.partial_high,
    )


def _chains(sequence: str, grammar: Grammar) -> Iterator[_Chain]:
    length = len(sequence)
    gaps = []
    run = 0
    for i, letter in enumerate(sequence + "."):
        if letter == "N":
            run += 1
            continue
        if run >= GAP:
            gaps.append((i - run, i))
        run = 0
    openings = [0] + [end for _, end in gaps if end < length]
    closings = [length] + [start for start, _ in gaps if start > 0]
    firsts: list[tuple[int, bool, bool, int]] = [
        (a, False, True, 0) for a in range(length) if sequence[a : a + 3] == "ATG"
    ]
    firsts += [
        (s, True, exon, j) for s in set(openings) for exon in (True, False) for j in range(3)
    ]
    for begin, is_open, exon, skipped in firsts:
        for chain in _extended(sequence, ((begin, exon),), set(closings), grammar):
            candidate = _Chain(chain[0], skipped, is_open, chain[1])
            if _allowed(sequence, candidate, grammar):
                yield candidate


def _extended(
    sequence: str,
    begun: tuple[tuple[int, bool], ...],
    closings: set[int],
    grammar: Grammar,
) -> Iterator[tuple[tuple[tuple[int, int, bool], ...], bool]]:
    """All ways to go on after pieces that begin at these places."""
    begin, exon = begun[-1]
    for end in range(begin, len(sequence) + 1):
        ends = [*(b for b, _ in begun[1:]), end]
        pieces = tuple((s, e, x) for (s, x), e in zip(begun, ends, strict=True))
        if exon and sequence[end - 3 : end] in ("TAA", "TAG", "TGA") and end - begin >= 3:
            yield pieces, False
        if end in closings and end > begun[0][0]:
            yield pieces, True
        if exon and sequence[end : end + 2] in grammar.donors:
            yield from _extended(sequence, (*begun, (end, False)), closings, grammar)
        if not exon and end - begin >= 2 and sequence[end - 2 : end] in grammar.acceptors:
            yield from _extended(sequence, (*begun, (end, True)), closings, grammar)


def _allowed(sequence: str, chain: _Chain, grammar: Grammar) -> bool:
    last = len(chain.pieces) - 1
    for number, (start, end, exon) in enumerate(chain.pieces):
        cut_low = chain.partial_low and number == 0
        cut_high = chain.partial_high and number == last
        size = end - start
        if not exon:
            cuts = cut_low + cut_high
            shortest = (grammar.min_intron, 2, 0)[cuts]
        else:
            if "NN" in sequence[start:end]:
                return False
            codons = (number == 0 and not chain.partial_low) + (
                number == last and not chain.partial_high
            )
            shortest = 3 * codons
            if not cut_low and not cut_high:
                shortest = grammar.min_exon + 3 if codons == 2 else grammar.min_exon
        if size < shortest:
            return False
    coding = "." * chain.skipped + "".join(sequence[s:e] for s, e, exon in chain.pieces if exon)
    whole = [coding[i : i + 3] for i in range(0, len(coding) - 2, 3)]
    if not chain.partial_high:
        if len(coding) % 3:
            return False
        whole.pop()
    return not any(codon in STOPS for codon in whole)
