"""What a network learns: genes through the grammar, or the next base; each with its loss.

The loss of genes says how much better the grammar likes other paths than the annotated one: a
conditional random field (Lafferty et al. 2001). The loss of a segment is log Z minus the score of
the annotated path, and its gradient with respect to the scores is the posterior of every channel
minus the path's own channels. Where the annotation knows several isoforms of a gene, any of them is
right, and the score is that of all together, log sum exp. Forward-backward runs on the CPU in
float64 whatever the device.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from genefinder.data.regions import of_genome
from genefinder.data.sampling import Sampler
from genefinder.data.windows import RawWindow, Window
from genefinder.dna import N
from genefinder.grammar import Grammar, segment_posteriors
from genefinder.network.layers import both_readings
from genefinder.network.network import GeneNetwork
from genefinder.network.next_base import NextBase
from genefinder.network.statistics import SpeciesScores
from genefinder.training.trainer import Task

PER = 1000.0
"""Losses are in nats per this many bases."""


class _PathLoss(torch.autograd.Function):
    """Loss whose gradient is known as soon as its value is."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor, loss: float, gradient: Tensor) -> Tensor:
        """Keep the gradient for later."""
        ctx.save_for_backward(gradient)
        return scores.new_tensor(loss, dtype=torch.float32)

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, None, None]:
        """Scale the gradient."""
        (gradient,) = ctx.saved_tensors
        return gradient * upstream[0], None, None


class GrammarLoss:
    """Loss of a batch of windows through the grammar.

    Parameters
    ----------
    grammar
        The gene grammar, or that of each genome by its number.
    threads
        Windows processed at the same time.
    """

    def __init__(self, grammar: Grammar | Mapping[int, Grammar], threads: int = 1) -> None:
        """Prepare the pool."""
        self._grammar = grammar
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def __call__(self, scores: Tensor, windows: Sequence[Window]) -> Tensor:
        """Return the mean loss in nats per 1,000 bases.

        Parameters
        ----------
        scores
            ``(B, T, 20)``.
        windows
            The ``B`` windows it was computed from.
        """
        values = scores.detach().float().cpu().numpy()
        pairs = list(zip(windows, values, strict=True))
        done = list(self._pool.map(self._loss, pairs) if self._pool else map(self._loss, pairs))
        scale = PER / max(1, sum(window.bases for window in windows))
        gradient = torch.from_numpy(np.stack([slope for _, slope in done]) * np.float32(scale))
        loss = scale * sum(value for value, _ in done)
        result: Tensor = _PathLoss.apply(  # type: ignore[no-untyped-call]
            scores, loss, gradient.to(scores.device, scores.dtype)
        )
        return result

    def _loss(
        self, pair: tuple[Window, np.ndarray[Any, np.dtype[np.float32]]]
    ) -> tuple[float, np.ndarray[Any, np.dtype[np.float32]]]:
        """Return the loss of a window in nats, and its gradient by the scores."""
        window, scores = pair
        grammar = of_genome(self._grammar, window.genome)
        log_z, posterior = segment_posteriors(window.codes, scores, window.segments, grammar)
        score = float(np.einsum("tc,tc->", window.path, scores, dtype=np.float64))
        score += window.own_score
        posterior -= window.path
        for isoforms in window.isoforms:
            places = [(isoform.bases, isoform.channels) for isoform in isoforms]
            sums = np.array([scores[place].sum(dtype=np.float64) for place in places])
            odds = np.exp(sums - sums.max())
            score += sums.max() + np.log(odds.sum()) - sums[0]
            posterior[places[0]] += 1
            for place, share in zip(places, odds / odds.sum(), strict=True):
                posterior[place] -= np.float32(share)
        return log_z - score, posterior


def next_base_loss(chances: Tensor, windows: Sequence[RawWindow]) -> Tensor:
    """Return the mean bits a base over both reading directions.

    Parameters
    ----------
    chances
        Natural logarithms of probabilities, ``(2 B, T, 4)``, as
        :class:`genefinder.network.next_base.NextBase` gives them.
    windows
        The ``B`` windows that they were computed from; bases that are no targets do not count.
    """
    targets = torch.stack([torch.from_numpy(window.targets) for window in windows])
    wanted = both_readings(targets.to(chances.device)).long()
    loss = functional.nll_loss(chances.flatten(0, 1), wanted.flatten(), ignore_index=N)
    return loss / math.log(2)


WindowStatistics = Callable[[Tensor, Sequence[Window]], SpeciesScores]
"""Gives what the statistics of windows say of states and signals, both ``(2 B, T, 4)``, from the
bases ``(B, T)`` of these ``B`` windows."""


class GeneTask(Task[GeneNetwork, Window]):
    """Genes, as an annotation has them.

    Parameters
    ----------
    sampler
        Draws the windows.
    loss
        Of scores, for windows.
    statistics
        What the network is given beside the windows.
    hidden_words
        Share of the windows of which it is given nothing else, drawn with torch's generator.
    """

    def __init__(
        self,
        sampler: Sampler[Window],
        loss: Callable[[Tensor, Sequence[Window]], Tensor],
        statistics: WindowStatistics,
        hidden_words: float = 0.0,
    ) -> None:
        self.sampler = sampler
        self._loss = loss
        self._statistics = statistics
        self._hidden_words = hidden_words

    def forward(self, network: GeneNetwork, codes: Tensor, windows: Sequence[Window]) -> Tensor:
        """Return scores beside the windows' statistics, ``(B, T, 20)``."""
        statistics = self._statistics(codes, windows)
        hidden = None
        if self._hidden_words:
            hidden = (torch.rand(len(windows)) < self._hidden_words).to(codes.device)
        output: Tensor = network(codes, statistics, hidden)
        return output

    def loss(self, output: Tensor, windows: Sequence[Window]) -> Tensor:
        """Return the loss through the grammar, in nats per 1,000 bases."""
        return self._loss(output, windows)


class NextBaseTask(Task[NextBase, RawWindow]):
    """The next base in either reading direction.

    Parameters
    ----------
    sampler
        Draws the windows.
    """

    def __init__(self, sampler: Sampler[RawWindow]) -> None:
        self.sampler = sampler

    def loss(self, output: Tensor, windows: Sequence[RawWindow]) -> Tensor:
        """Return the mean bits a base."""
        return next_base_loss(output, windows)
