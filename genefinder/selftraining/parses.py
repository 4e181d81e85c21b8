"""The best genes of a piece of genome, and how sure the grammar is of each base of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genefinder.data.counts import LabelledContig
from genefinder.dna import Codes
from genefinder.genes import Gene
from genefinder.grammar import Grammar, forward_backward, viterbi
from genefinder.grammar.labels import LABEL_CHANNEL
from genefinder.intervals import Intervals
from genefinder.selftraining.chunks import Piece

Evidence = npt.NDArray[np.float32]
Read = Callable[[Codes], Evidence]
"""Evidence of shape ``(T, 20)`` for codes of shape ``(T,)``."""

_CHANNEL = np.array(LABEL_CHANNEL)


@dataclass(frozen=True, slots=True, eq=False)
class Parse:
    """The best path through a piece.

    Attributes
    ----------
    piece
        What was parsed.
    labels, positions, channels
        Labels and sites of the path, as in :class:`genefinder.data.counts.LabelledContig`.
    certainty
        Posterior of each base's label, shape ``(T,)``.
    genes
        Genes of the path, in coordinates of the piece, under the contig's name.
    """

    piece: Piece
    labels: npt.NDArray[np.uint8]
    positions: npt.NDArray[np.int64]
    channels: npt.NDArray[np.uint8]
    certainty: npt.NDArray[np.float32]
    genes: tuple[Gene, ...]

    def labelled(self, certainty: float) -> LabelledContig:
        """Return the labels for counting, without the bases of a lower posterior."""
        return LabelledContig(
            codes=self.piece.codes,
            labels=self.labels,
            positions=self.positions,
            channels=self.channels,
            masked=self.certainty < certainty,
        )

    def doubtful(self, certainty: float) -> Intervals:
        """Return the stretches of a lower posterior, shape ``(n, 2)``."""
        low = np.concatenate([[False], self.certainty < certainty, [False]])
        return np.flatnonzero(low[1:] != low[:-1]).reshape(-1, 2)


def parse(piece: Piece, read: Read, grammar: Grammar) -> Parse:
    """Parse one piece; genes may run over its ends for nothing."""
    evidence = read(piece.codes)
    path = viterbi(piece.codes, evidence, grammar, free_ends=True)
    _, posterior = forward_backward(piece.codes, evidence, grammar, free_ends=True)
    labels, signals = path.labels(), path.signals()
    channel = _CHANNEL[labels]
    inside = channel >= 0
    certainty = 1.0 - posterior[:, _CHANNEL[1:]].sum(axis=1)
    certainty[inside] = posterior[np.flatnonzero(inside), channel[inside]]
    return Parse(
        piece=piece,
        labels=labels,
        positions=signals[:, 0],
        channels=signals[:, 1].astype(np.uint8),
        certainty=certainty,
        genes=tuple(path.genes(piece.contig)),
    )


def parse_all(pieces: Iterable[Piece], read: Read, grammar: Grammar) -> list[Parse]:
    """Parse pieces one after the other."""
    return [parse(piece, read, grammar) for piece in pieces]
