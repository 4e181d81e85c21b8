"""The best genes of a chunk of genome, and how sure the grammar is of each base of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genefinder.data.counts import LabelledContig
from genefinder.data.regions import RegionSequence
from genefinder.dna import Codes
from genefinder.genes import Gene
from genefinder.grammar import Grammar, build_graph, forward_backward, viterbi
from genefinder.grammar.labels import LABEL_CHANNEL
from genefinder.intervals import Intervals

Scores = npt.NDArray[np.float32]
Read = Callable[[Codes], Scores]
"""Scores of shape ``(T, 20)`` for codes of shape ``(T,)``."""

_CHANNEL = np.array(LABEL_CHANNEL)


@dataclass(frozen=True, slots=True, eq=False)
class Parse:
    """The best path through a chunk.

    Attributes
    ----------
    chunk
        What was parsed.
    labels, positions, channels
        Labels and sites of the path, as in :class:`genefinder.data.counts.LabelledContig`.
    label_posterior
        Posterior of each base's label, shape ``(T,)``.
    genes
        Genes of the path, in coordinates of the chunk, under the contig's name.
    """

    chunk: RegionSequence
    labels: npt.NDArray[np.uint8]
    positions: npt.NDArray[np.int64]
    channels: npt.NDArray[np.uint8]
    label_posterior: npt.NDArray[np.float32]
    genes: tuple[Gene, ...]

    def labelled(self, threshold: float) -> LabelledContig:
        """Return the labels for counting, without the bases of a lower posterior."""
        return LabelledContig(
            codes=self.chunk.codes,
            labels=self.labels,
            positions=self.positions,
            channels=self.channels,
            masked=self.label_posterior < threshold,
        )

    def low_confidence(self, threshold: float) -> Intervals:
        """Return the stretches of a lower posterior, shape ``(n, 2)``."""
        low = np.concatenate([[False], self.label_posterior < threshold, [False]])
        return np.flatnonzero(low[1:] != low[:-1]).reshape(-1, 2)


def parse(chunk: RegionSequence, read: Read, grammar: Grammar) -> Parse:
    """Parse one chunk; genes may run over its ends for nothing."""
    scores = read(chunk.codes)
    graph = build_graph(chunk.codes, grammar)
    path = viterbi(chunk.codes, scores, grammar, free_ends=True, graph=graph)
    _, posterior = forward_backward(chunk.codes, scores, grammar, free_ends=True, graph=graph)
    labels, signals = path.labels(), path.signals()
    channel = _CHANNEL[labels]
    inside = channel >= 0
    label_posterior = 1.0 - posterior[:, _CHANNEL[1:]].sum(axis=1)
    label_posterior[inside] = posterior[np.flatnonzero(inside), channel[inside]]
    return Parse(
        chunk=chunk,
        labels=labels,
        positions=signals[:, 0],
        channels=signals[:, 1].astype(np.uint8),
        label_posterior=label_posterior,
        genes=tuple(path.genes(chunk.contig)),
    )


def parse_all(chunks: Iterable[RegionSequence], read: Read, grammar: Grammar) -> list[Parse]:
    """Parse chunks one after the other."""
    return [parse(chunk, read, grammar) for chunk in chunks]
