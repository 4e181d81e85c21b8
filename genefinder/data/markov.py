"""Markov models of raw sequence, by which any other predictor of the next base is to be judged.

A model of order ``k`` predicts a base from the ``k`` bases before it. Its probabilities are counts
of words over both strands, with a pseudocount for each base (Laplace's rule).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genefinder.data.windows import RawRegion
from genefinder.dna import Codes, N

MAX_ORDER = 11
PSEUDOCOUNT = 1.0
CHUNK = 1 << 22
"""Bases counted at a time, to bound the memory."""

Counts = npt.NDArray[np.int64]
Words = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Bits:
    """How well the next base is predicted: bits a base, the fewer the better.

    Attributes
    ----------
    forward, reverse
        Mean over the bases of either reading.
    """

    forward: float
    reverse: float

    @property
    def mean(self) -> float:
        """Mean of both readings."""
        return (self.forward + self.reverse) / 2

    @property
    def perplexity(self) -> float:
        """Number of equally likely bases that are as hard to predict, of the mean."""
        return float(2**self.mean)


@dataclass(frozen=True, slots=True)
class MarkovBits:
    """How well a Markov model predicts.

    Attributes
    ----------
    order
        Bases that it looks back.
    bits
        Its bits a base.
    """

    order: int
    bits: Bits


def scorable(codes: Codes, targets: Codes, order: int = MAX_ORDER) -> npt.NDArray[np.bool_]:
    """Tell which bases of a reading are scored: those to predict after ``order`` known ones.

    Parameters
    ----------
    codes, targets
        Bases, and those of them that are to be predicted, shape ``(T,)``, in reading direction.
    order
        Known bases that must stand before; all predictors are compared on the same bases.
    """
    return np.asarray((targets < N) & (_known_run(codes, order + 1) > order))


def markov_bits(
    training: Iterable[RawRegion],
    held_out: Sequence[RawRegion],
    max_order: int = MAX_ORDER,
    chunk: int = CHUNK,
) -> list[MarkovBits]:
    """Count Markov models on some sequence and score them on other sequence.

    Parameters
    ----------
    training
        What to count on, both strands; bases that are no targets are context alone.
    held_out
        What to predict, both directions; the scored bases are those of :func:`scorable`.
    max_order
        Highest order; counting takes ``8 * 4 ** (max_order + 1)`` bytes.
    chunk
        Bases counted at a time.

    Returns
    -------
    list of MarkovBits
        Orders 0 to ``max_order``.

    Raises
    ------
    ValueError
        If no base of ``held_out`` is scored.
    """
    counts = count_words(training, max_order + 1, chunk)
    sums, bases = np.zeros((2, max_order + 1)), np.zeros(2, dtype=np.int64)
    for region in held_out:
        for direction, (codes, targets) in enumerate(region.readings()):
            for words, _, whole in _chunks(codes, targets, max_order + 1, chunk):
                scored = words[whole]
                bases[direction] += len(scored)
                for order, level in enumerate(counts):
                    sums[direction, order] += _bits(scored & np.int32(len(level) - 1), level)
    if not bases.all():
        raise ValueError("no base to score")
    means = sums / bases[:, np.newaxis]
    return [
        MarkovBits(order, Bits(float(means[0, order]), float(means[1, order])))
        for order in range(max_order + 1)
    ]


def count_words(regions: Iterable[RawRegion], longest: int, chunk: int = CHUNK) -> list[Counts]:
    """Count the words of 1 to ``longest`` bases that end at a base to predict, on both strands.

    Returns
    -------
    list of Counts
        ``(4 ** length,)`` for each length from 1; the last base of a word is its lowest digit.
    """
    levels = [np.zeros(4**length, dtype=np.int64) for length in range(1, longest + 1)]
    for region in regions:
        for codes, targets in region.readings():
            for words, run, _ in _chunks(codes, targets, longest, chunk):
                for length, level in enumerate(levels, start=1):
                    # Shorter words are counted here only where no longer one ends.
                    here = words[run == length] & np.int32(4**length - 1)
                    np.add.at(level, here, 1)
    for shorter, longer in zip(levels[-2::-1], levels[:0:-1], strict=True):
        shorter += longer.reshape(4, -1).sum(0)
    return levels


def _chunks(
    codes: Codes, targets: Codes, longest: int, chunk: int
) -> Iterator[tuple[Words, npt.NDArray[np.int8], npt.NDArray[np.bool_]]]:
    """Yield a reading chunk by chunk.

    Yields
    ------
    tuple
        For each base: the word of ``longest`` bases that ends there; its known length, 0 where the
        base is none to predict; whether it is known entirely.
    """
    for start in range(0, len(codes), chunk):
        low, end = max(0, start - longest + 1), min(len(codes), start + chunk)
        known = codes[low:end]
        digits = (known & 3).astype(np.int32)
        words = np.zeros(len(known), dtype=np.int32)
        for offset in range(min(longest, len(known))):
            words[offset:] += digits[: len(known) - offset] << np.int32(2 * offset)
        run = _known_run(known, longest)
        run[targets[low:end] == N] = 0
        yield words[start - low :], run[start - low :], run[start - low :] == longest


def _known_run(codes: Codes, most: int) -> npt.NDArray[np.int8]:
    """Return how many known bases in a row end at each base, ``most`` at most."""
    places = np.arange(len(codes))
    last_unknown = np.maximum.accumulate(np.where(codes == N, places, -1))
    return np.minimum(places - last_unknown, most).astype(np.int8)


def _bits(words: Words, counts: Counts) -> float:
    """Return the bits of the last bases of words, given the others, all in all."""
    siblings = counts.reshape(-1, 4)[words >> 2].sum(1)
    chances = (counts[words] + PSEUDOCOUNT) / (siblings + 4 * PSEUDOCOUNT)
    return -float(np.log2(chances).sum())
