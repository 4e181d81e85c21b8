"""Posteriors of every base of a contig of any length, in bounded memory.

The sums over all genes are those of parts that overlap by so much that what lies beyond changes
nothing that can be seen.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from genefinder.dna import Codes
from genefinder.grammar.grammar import Grammar
from genefinder.grammar.labels import N_CHANNELS
from genefinder.grammar.posteriors import Posterior, forward_backward


class BasePosteriors:
    """Takes in a contig block by block, and gives its posteriors part by part.

    Parameters
    ----------
    grammar
        The grammar.
    chunk
        Bases of a part.
    overlap
        Bases on either side of it that are summed over as well.
    """

    def __init__(self, grammar: Grammar, chunk: int = 150_000, overlap: int = 20_000) -> None:
        self._grammar = grammar
        self._chunk = chunk
        self._overlap = overlap
        self._codes: list[Codes] = []
        self._scores: list[npt.NDArray[Any]] = []
        self._bases = 0
        self._first = 0  # position of the first base that is kept
        self._done = 0  # position up to which posteriors were given

    def push(self, codes: Codes, scores: npt.NDArray[Any]) -> Iterator[tuple[int, Posterior]]:
        """Take in the next bases, with their scores of shape ``(n, 20)``.

        Yields
        ------
        tuple
            Position of the first base of a part, and its posteriors, shape ``(n, 20)``; parts
            follow each other without gaps.
        """
        self._codes.append(codes)
        self._scores.append(scores)
        self._bases += len(codes)
        while self._first + self._bases >= self._done + self._chunk + self._overlap:
            yield self._part(self._done + self._chunk)

    def finish(self) -> Iterator[tuple[int, Posterior]]:
        """Yield the last part of the contig; see :meth:`push`."""
        end = self._first + self._bases
        if self._done < end:
            yield self._part(end)

    def _part(self, end: int) -> tuple[int, Posterior]:
        """Return the posteriors up to a position, and forget what lies far before it."""
        codes = np.concatenate(self._codes)
        scores = np.concatenate([np.empty((0, N_CHANNELS), np.float32), *self._scores])
        high = min(len(codes), end + self._overlap - self._first)
        _, posterior = forward_backward(codes[:high], scores[:high], self._grammar)
        part = self._done, posterior[self._done - self._first : end - self._first].copy()
        dropped = max(0, end - self._overlap - self._first)
        self._codes, self._scores = [codes[dropped:].copy()], [scores[dropped:].copy()]
        self._first += dropped
        self._bases = len(codes) - dropped
        self._done = end
        return part
