"""What a network learns: genes through the grammar, or the next base."""

from collections.abc import Callable, Sequence

from torch import Tensor

from genefinder.data.raw_windows import RawWindow
from genefinder.data.sampling import Sampler
from genefinder.data.windows import Window
from genefinder.network.network import GeneNetwork
from genefinder.network.next_base import NextBase
from genefinder.training.losses import next_base_loss
from genefinder.training.trainer import Task

WindowStatistics = Callable[[Tensor, Sequence[Window]], tuple[Tensor, Tensor]]
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
    """

    def __init__(
        self,
        sampler: Sampler[Window],
        loss: Callable[[Tensor, Sequence[Window]], Tensor],
        statistics: WindowStatistics,
    ) -> None:
        self.sampler = sampler
        self._loss = loss
        self._statistics = statistics

    def forward(self, network: GeneNetwork, codes: Tensor, windows: Sequence[Window]) -> Tensor:
        """Return scores beside the windows' statistics, ``(B, T, 20)``."""
        output: Tensor = network(codes, self._statistics(codes, windows))
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
