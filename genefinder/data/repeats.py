"""What is repeated in a genome: lower case where repeats are marked, else frequent words.

A word of 16 bases that occurs twenty times, on either strand, belongs to something that was
copied. Words are counted in a table of fixed size by their hash, as in a count-min sketch of one
row (Cormode and Muthukrishnan 2005, doi:10.1016/j.jalgor.2003.12.001): counts can only be too high,
and what chance adds is known from the number of words.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from genefinder.dna import Codes, N
from genefinder.genes import Transcript
from genefinder.grammar.jit import compiled
from genefinder.grammar.labels import CODON, EXON, STRAND_CHANNELS
from genefinder.io.contigs import Contig

WORD = 16
"""Bases of a word; of 4 ** 16 words a genome of a gigabase holds each less than once by chance."""
FREQUENT = 20
"""Times that a word of something repeated occurs."""
LEAST_SHARE, MOST_SHARE = 0.001, 0.95
"""Of the bases in lower case, where these mark repeats; fewer or more have other reasons."""

REPEATED_GENE = 0.5
"""Share of repeated coding bases from which on a gene looks like a transposon."""

_SLOT_BITS = 26
_FULL = 255
_SHORTEST_RUN = 20
"""Bases in lower case that mark a repeat; programs that mask mark longer ones."""
_GAP, _SHORTEST = 50, 100
"""Bases between frequent words that are repeated all the same, and of the shortest repeat."""
_CODING = (
    *range(EXON, EXON + CODON),
    *range(STRAND_CHANNELS + EXON, STRAND_CHANNELS + EXON + CODON),
)

Mask = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Repeats:
    """Tells which bases of a genome are repeated.

    Attributes
    ----------
    share
        Of the genome's known bases that are in lower case, in runs.
    counts
        Of words by hash, shape ``(2 ** 26,)``; ``None`` where lower case marks the repeats.
    least
        Count from which on a word is frequent.
    weight
        Nats that it costs a repeated base to code.
    kept, reliable
        Exons that the penalty kept in a sample of the genome, of how many that are sure without it.
    found_by
        What told the repeats that lower case marks now; empty where it is the genome's own.
    """

    share: float
    counts: Counts | None = None
    least: int = FREQUENT
    weight: float = 0.0
    kept: int = 0
    reliable: int = 0
    found_by: str = ""

    @property
    def source(self) -> str:
        """What tells: ``lower case`` or ``frequent words``."""
        if self.found_by:
            return self.found_by
        return "lower case" if self.counts is None else "frequent words"

    def describe(self) -> str:
        """Say what marks them, and what they cost."""
        return (
            f"{self.source}; a penalty of {self.weight:g} nats a base keeps {self.kept:,} of "
            f"{self.reliable:,} reliable exons of a sample"
        )

    def mask(self, contig: Contig) -> Mask:
        """Return which bases of a contig are repeated, shape ``(length,)``."""
        if self.counts is not None:
            return frequent(contig.codes, self.counts, self.least)
        if contig.soft_masked is None:
            return np.zeros(len(contig), dtype=np.bool_)
        return long_runs(contig.soft_masked)


def find_repeats(contigs: Iterable[Contig], *, count: bool = True, case: bool = True) -> Repeats:
    """Find out what is repeated in a genome.

    Parameters
    ----------
    contigs
        The genome, with its lower case where that is to count.
    count, case
        Count words, and look at lower case. Words decide where lower case marks nothing.
    """
    counts = np.zeros(1 << _SLOT_BITS, dtype=np.uint8) if count else None
    known = lower = words = 0
    for contig in contigs:
        known += int(np.count_nonzero(contig.codes != N))
        if case and contig.soft_masked is not None:
            lower += int(np.count_nonzero(long_runs(contig.soft_masked) & (contig.codes != N)))
        if counts is not None:
            words += count_words(contig.codes, counts)
    share = lower / max(1, known)
    if counts is None or LEAST_SHARE <= share <= MOST_SHARE:
        return Repeats(share)
    # Twice what the other words of its slot are expected to add.
    return Repeats(share, counts, FREQUENT + 2 * (words >> _SLOT_BITS))


@compiled
def long_runs(mask: Mask) -> Mask:
    """Return a mask without its shortest runs: single letters in lower case mark no repeat."""
    kept = np.zeros(len(mask), dtype=np.bool_)
    start = 0
    for index in range(len(mask) + 1):
        if index < len(mask) and mask[index]:
            continue
        if index - start >= _SHORTEST_RUN:
            kept[start:index] = True
        start = index + 1
    return kept


@compiled
def next_word(forward: np.uint64, reverse: np.uint64, code: int) -> tuple[np.uint64, np.uint64]:
    """Return the word that ends one base further on, on either strand.

    Parameters
    ----------
    forward, reverse
        The word so far, two bits a base, and its reverse complement.
    code
        The next base.
    """
    two = np.uint64(2)
    all_bits = np.uint64((1 << (2 * WORD)) - 1)
    first_bits = np.uint64(2 * (WORD - 1))
    return (
        ((forward << two) | np.uint64(code)) & all_bits,
        (reverse >> two) | (np.uint64(3 - code) << first_bits),
    )


@compiled
def slot_of(forward: np.uint64, reverse: np.uint64) -> np.uint64:
    """Return where a word is counted, the same of both strands."""
    return (min(forward, reverse) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - _SLOT_BITS)


@compiled
def count_words(codes: Codes, counts: Counts) -> int:
    """Add the words of a sequence to their counts, which stop at 255; return their number."""
    forward = reverse = np.uint64(0)
    run = words = 0
    for code in codes:
        if code >= N:
            run = 0
            continue
        run += 1
        forward, reverse = next_word(forward, reverse, code)
        if run >= WORD:
            words += 1
            slot = slot_of(forward, reverse)
            if counts[slot] < _FULL:
                counts[slot] += np.uint8(1)
    return words


@compiled
def frequent(codes: Codes, counts: Counts, least: int) -> Mask:
    """Return which bases lie in frequent words, or in short gaps between them.

    Parameters
    ----------
    codes
        Shape ``(T,)``.
    counts
        Of the genome's words by hash.
    least
        Count from which on a word is frequent; beyond 255, none is.
    """
    forward = reverse = np.uint64(0)
    run = 0
    found = np.zeros(len(codes), dtype=np.bool_)
    begin = end = -1  # of the repeat so far
    for index, code in enumerate(codes):
        if code >= N:
            run = 0
            continue
        run += 1
        forward, reverse = next_word(forward, reverse, code)
        if run < WORD or counts[slot_of(forward, reverse)] < least:
            continue
        start = index + 1 - WORD
        if end < 0 or start - end > _GAP:
            if end - begin >= _SHORTEST:
                found[begin:end] = True
            begin = start
        end = index + 1
    if end - begin >= _SHORTEST:
        found[begin:end] = True
    return found


def penalized(
    blocks: Iterable[tuple[Codes, npt.NDArray[Any]]], mask: Mask, weight: float
) -> Iterator[tuple[Codes, npt.NDArray[Any]]]:
    """Take a penalty off the scores of repeated bases as coding ones.

    Parameters
    ----------
    blocks
        Codes and scores of consecutive parts of a contig, from its start on.
    mask
        Which of its bases are repeated.
    weight
        Nats for each.
    """
    start = 0
    for codes, scores in blocks:
        repeated = mask[start : start + len(codes)]
        start += len(codes)
        if repeated.any():
            scores = scores.copy()
            scores[:, _CODING] -= np.float32(weight) * repeated[:, None]
        yield codes, scores


def repeated_share(transcript: Transcript, mask: Mask) -> float:
    """Return the share of a transcript's coding bases that are repeated."""
    repeated = sum(int(np.count_nonzero(mask[start:end])) for start, end in transcript.cds)
    return repeated / max(1, transcript.cds_length)
