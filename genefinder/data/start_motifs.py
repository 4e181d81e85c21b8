"""Words at variable distances before start codons, learnt from what stands before them.

Ribosomes of most bacteria bind a few bases before the start (Shine and Dalgarno 1974,
doi:10.1073/pnas.71.4.1342), at distances that differ from gene to gene. Leaderless transcripts have
the box of their promoter there instead, or nothing that all of them share. So what stands before a
start is a mixture: one of a few motifs, each at one of some distances, or none. It is fitted by
expectation maximisation (Lawrence and Reilly 1990, doi:10.1002/prot.340070105), one motif after the
other while another one describes the starts in fewer bits.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from genefinder.data.words import index_words
from genefinder.dna import BASES, Codes, N

WIDTH = 6
"""Bases of a motif."""
NEAREST = 3
"""Fewest bases between a motif and the start codon."""
REACH = 40
"""Bases before a start that motifs lie in: boxes of archaea's promoters are 25 bases off."""
SPACERS = REACH - WIDTH - NEAREST + 1
"""Numbers of bases that may lie between, from :data:`NEAREST` on."""
_MOST = 2
"""Motifs."""
_FEWEST = 100.0
"""Starts; of fewer no motif is learnt."""
_ROUNDS, _CENTRED = 20, 8
"""Rounds of expectation and maximisation; after some, distances are centred once more."""
_AROUND = 5
"""A motif's distances differ by so many bases from the middle one: what may stand anywhere is the
composition of the sequence, no motif."""
_BOX = 5
"""Distances over which a word is counted to find what to begin with."""
_FIRST_SHARE, _FIRST_STARTS = 0.7, 0.2
"""What a word that begins a motif is worth: its share in each column, and of the starts."""
_PSEUDOCOUNT, _SPACER_PSEUDOCOUNT = 1.0, 0.5
_SMOOTHED = 8
"""Bases on either side over which composition is even: else it would explain a motif at one
distance."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_WORDS = np.arange(4**WIDTH)[:, None] // 4 ** np.arange(WIDTH)[::-1] % 4
"""Bases of all words, in the order of :func:`genefinder.data.words.index_words`."""


class MotifFound(NamedTuple):
    """The motif of one start.

    Attributes
    ----------
    number
        Of the motif.
    spacer
        Bases between it and the start codon.
    probability
        That this motif is used, at whatever distance.
    """

    number: int
    spacer: int
    probability: float


@dataclass(frozen=True, eq=False)
class StartMotifs:
    """A mixture of motifs before start codons, and of none.

    Attributes
    ----------
    weights
        Log-odds of bases in each column against what else stands there, shape ``(motifs, 4, 6)``.
    spacers
        Probability of each motif with each number of bases between it and the start codon, from
        :data:`NEAREST` on: shape ``(motifs, 32)``. What is missing to 1 is that of no motif.
    """

    weights: npt.NDArray[np.float32]
    spacers: npt.NDArray[np.float32]

    def __len__(self) -> int:
        """Return the number of motifs."""
        return len(self.weights)

    @cached_property
    def none(self) -> float:
        """Probability of no motif."""
        return max(0.0, 1.0 - float(self.spacers.sum(dtype=np.float64)))

    @cached_property
    def ratios(self) -> npt.NDArray[np.float32]:
        """By how much a motif makes each word more probable, shape ``(motifs, 4 ** 6 + 1)``.

        The last one stands for unknown words, of which it says nothing.
        """
        known = np.exp(self.weights[:, _WORDS, np.arange(WIDTH)].sum(axis=2))
        return np.concatenate([known, np.ones((len(self), 1), dtype=np.float32)], axis=1)

    def word(self, motif: int) -> str:
        """Return the letters that a motif favours most."""
        return "".join(BASES[base] for base in self.weights[motif].argmax(axis=0))

    def share(self, motif: int) -> float:
        """Return the share of the starts that have a motif."""
        return float(self.spacers[motif].sum())

    def spacer(self, motif: int) -> int:
        """Return the most usual number of bases between a motif and the start codon."""
        return NEAREST + int(self.spacers[motif].argmax())

    def scores(self, codes: Codes, places: Ints) -> npt.NDArray[np.float32]:
        """Return by how much motifs make what stands before starts more probable, as logs.

        Parameters
        ----------
        codes
            A strand in its own direction, shape ``(T,)``.
        places
            First bases of start codons, shape ``(n,)``.
        """
        likely = self._likely(codes, places)
        scores: npt.NDArray[np.float32] = np.log(self.none + likely.sum(axis=(0, 2)))
        return scores.astype(np.float32)

    def find(self, upstream: Codes) -> MotifFound | None:
        """Return the motif that stands before a start more probably than none, if there is one.

        Parameters
        ----------
        upstream
            The bases before the start, in strand direction: 40, or as many as there are.
        """
        place = len(upstream)
        likely = self._likely(upstream, np.array([place]))[:, 0]
        share = likely.sum(axis=1) / (self.none + likely.sum())
        number = int(share.argmax())
        spacer = NEAREST + int(likely[number].argmax())
        if share.sum() <= 0.5 or place - spacer - WIDTH < 0:
            return None
        return MotifFound(number, spacer, float(share[number]))

    def _likely(self, codes: Codes, places: Ints) -> npt.NDArray[np.float32]:
        """Return how probable motifs and spacers are before starts, against none.

        Of shape ``(motifs, n, 32)``.
        """
        index, known = index_words(codes, WIDTH)
        words = np.concatenate([np.where(known, index, 4**WIDTH), [4**WIDTH]])
        ends = places[:, None] - 1 - NEAREST - np.arange(SPACERS)
        found = words[np.where(ends >= 0, ends, len(codes))]
        likely: npt.NDArray[np.float32] = self.ratios[:, found] * self.spacers[:, None, :]
        return likely


class Fit(NamedTuple):
    """What stands before starts.

    Attributes
    ----------
    motifs
        The motifs.
    outside
        Bases that belong to no motif, as expected by offset: shape ``(4, 40)``.
    """

    motifs: StartMotifs
    outside: Floats


def fit_motifs(upstream: Codes, weights: Floats) -> Fit | None:
    """Learn the motifs before starts.

    Parameters
    ----------
    upstream
        The bases before each start, shape ``(n, 40)``.
    weights
        How sure each is, shape ``(n,)``; starts with negative weights take away the same starts
        with positive ones.

    Returns
    -------
    Fit or None
        None where there are too few starts, or no motif describes them in fewer bits.
    """
    known = (upstream < N).all(axis=1) & (weights != 0.0)
    starts = _Starts(upstream[known].astype(np.int64), weights[known].astype(np.float64))
    if starts.total < _FEWEST:
        return None
    best = _Mixture(np.empty((0, 4, WIDTH)), np.empty((0, SPACERS)), starts.composition())
    expected = starts.expect(best)
    found = False
    while len(best.shares) < _MOST:
        mixture = starts.fitted(starts.with_another(best, expected.none))
        described = starts.expect(mixture)
        parameters = 3 * WIDTH + 2 * _AROUND + 1
        if described.log_likelihood - expected.log_likelihood < parameters / 2 * math.log(
            starts.total
        ):
            break
        best, expected, found = mixture, described, True
    if not found:
        return None
    outside = starts.outside(expected.likely)
    return Fit(starts.motifs(best), outside)


class _Mixture(NamedTuple):
    """Probabilities of motifs."""

    shares: Floats
    """[motifs, 4, 6] of bases by column."""
    spacers: Floats
    """[motifs, 32] of motif and spacer."""
    composition: Floats
    """[4, 40] of bases outside of motifs, by offset, smoothed."""


class _Expected(NamedTuple):
    """What a mixture says of the starts."""

    log_likelihood: float
    likely: Floats
    """[motifs, n, 32] probability of motif and spacer at each start."""
    none: Floats
    """[n] that of no motif."""


class _Starts:
    """Bases before starts, and how sure each start is."""

    def __init__(self, windows: Ints, weights: Floats) -> None:
        self._windows, self._weights = windows, weights
        self.total = float(weights.sum())
        # Where a motif begins in the window, by its spacer.
        self._places = REACH - WIDTH - NEAREST - np.arange(SPACERS)
        self._words = np.zeros((len(windows), SPACERS), dtype=np.int64)
        for column in range(WIDTH):
            self._words = 4 * self._words + windows[:, self._places + column]

    def composition(self) -> Floats:
        """Return the shares of bases by offset, shape ``(4, 40)``."""
        return _composition(self._count(self._even(self._weights)))

    def expect(self, mixture: _Mixture) -> _Expected:
        """Tell what a mixture makes of the starts."""
        composition = np.log(mixture.composition)
        bases = composition[self._windows, np.arange(REACH)]
        sums = np.concatenate([np.zeros((len(bases), 1)), np.cumsum(bases, axis=1)], axis=1)
        else_there = sums[:, self._places + WIDTH] - sums[:, self._places]
        columns = np.log(mixture.shares)
        words = columns[:, _WORDS, np.arange(WIDTH)].sum(axis=2)
        likely = mixture.spacers[:, None, :] * np.exp(words[:, self._words] - else_there)
        none = 1.0 - mixture.spacers.sum()
        either = none + likely.sum(axis=(0, 2))
        log_likelihood = float((self._weights * (np.log(either) + sums[:, -1])).sum())
        return _Expected(log_likelihood, likely / either[:, None], none / either)

    def with_another(self, mixture: _Mixture, unexplained: Floats) -> _Mixture:
        """Return a mixture with one motif more: of the word that is most beyond what is expected.

        Parameters
        ----------
        mixture
            The motifs so far.
        unexplained
            Probability that none of them stands before each start, shape ``(n,)``.
        """
        weights = self._weights * unexplained
        shares = _composition(self._count(self._even(weights)))
        found: Floats = np.zeros((4**WIDTH, SPACERS))
        for spacer, words in enumerate(self._words.T):
            found[:, spacer] = np.bincount(words, weights, 4**WIDTH)
        by_chance: Floats = np.full(found.shape, float(weights.sum()))
        for column in range(WIDTH):
            by_chance *= shares[_WORDS[:, column]][:, self._places + column]
        # What is as usual at any distance is no motif.
        by_chance = np.maximum(by_chance, found.mean(axis=1, keepdims=True))
        found, by_chance = _boxes(found), _boxes(by_chance)
        beyond: Floats = found * np.log((found + 0.5) / (by_chance + 0.5)) - (found - by_chance)
        beyond[found <= by_chance] = 0.0
        word, middle = np.unravel_index(int(beyond.argmax()), beyond.shape)
        columns = np.full((4, WIDTH), (1 - _FIRST_SHARE) / 3)
        columns[_WORDS[word], np.arange(WIDTH)] = _FIRST_SHARE
        near = _near(int(middle))
        spacers = [*mixture.spacers * (1 - _FIRST_STARTS), _FIRST_STARTS * near / near.sum()]
        return _Mixture(
            np.concatenate([mixture.shares, columns[None]]),
            np.array(spacers),
            self.composition(),
        )

    def fitted(self, mixture: _Mixture) -> _Mixture:
        """Return the mixture after rounds of expectation and maximisation."""
        allowed = mixture.spacers > 0
        for round_number in range(_ROUNDS):
            likely = self.expect(mixture).likely
            used = self._weights[:, None] * likely
            counted = np.maximum(used.sum(axis=1), 0.0)
            if round_number == _CENTRED:
                allowed = np.array([_near(int(_boxes(row[None]).argmax())) > 0 for row in counted])
            bases = np.stack([self._count_columns(own) for own in used])
            spacers = np.where(allowed, counted + _SPACER_PSEUDOCOUNT, 0.0)
            total = self.total + _SPACER_PSEUDOCOUNT * allowed.sum() + 1.0
            mixture = _Mixture(_shares(bases), spacers / total, _composition(self.outside(likely)))
        return mixture

    def outside(self, likely: Floats) -> Floats:
        """Count the bases that belong to no motif, by offset, shape ``(4, 40)``."""
        weights = self._even(self._weights).copy()
        used = self._weights[:, None] * likely.sum(axis=0)
        for column in range(WIDTH):
            weights[:, self._places + column] -= used
        return np.maximum(self._count(weights), 0.0)

    def motifs(self, mixture: _Mixture) -> StartMotifs:
        """Return the motifs, against the composition where they stand."""
        rows = []
        for shares, spacers in zip(mixture.shares, mixture.spacers, strict=True):
            else_there = sum(
                share * mixture.composition[:, place : place + WIDTH]
                for share, place in zip(spacers / spacers.sum(), self._places, strict=True)
            )
            rows.append(np.log(shares / else_there))
        return StartMotifs(np.array(rows, np.float32), mixture.spacers.astype(np.float32))

    def _even(self, weights: Floats) -> Floats:
        """Give all bases of a start its weight, shape ``(n, 40)``; not to be changed."""
        return np.broadcast_to(weights[:, None], self._windows.shape)

    def _count(self, weights: Floats) -> Floats:
        """Count bases by offset, weighted, shape ``(4, 40)``."""
        columns = zip(self._windows.T, weights.T, strict=True)
        return np.stack([np.bincount(bases, own, 4) for bases, own in columns], 1)

    def _count_columns(self, used: Floats) -> Floats:
        """Count the bases in each column of a motif, shape ``(4, 6)``."""
        words = np.bincount(self._words.ravel(), used.ravel(), 4**WIDTH)
        return np.stack([np.bincount(column, words, 4) for column in _WORDS.T], 1)


def _shares(counts: Floats) -> Floats:
    """Turn counts of bases, along the last axis but one, into shares."""
    counts = np.maximum(counts, 0.0) + _PSEUDOCOUNT
    shares: Floats = counts / counts.sum(axis=-2, keepdims=True)
    return shares


def _composition(counts: Floats) -> Floats:
    """Turn counts by offset, shape ``(4, 40)``, into shares of the bases around."""
    sums = np.cumsum(np.pad(np.maximum(counts, 0.0), ((0, 0), (1, 0))), axis=1)
    offsets = np.arange(REACH)
    low, high = np.maximum(offsets - _SMOOTHED, 0), np.minimum(offsets + _SMOOTHED + 1, REACH)
    return _shares(sums[:, high] - sums[:, low])


def _boxes(counts: Floats) -> Floats:
    """Add up neighbouring distances, shape ``(rows, 32)`` as it is."""
    half = _BOX // 2
    sums = np.cumsum(np.pad(counts, ((0, 0), (half + 1, half))), axis=1)
    return np.asarray(sums[:, _BOX:] - sums[:, :-_BOX])


def _near(middle: int) -> Floats:
    """Return 1 for the distances that a motif may have around its middle one, else 0."""
    return (abs(np.arange(SPACERS) - middle) <= _AROUND).astype(np.float64)
