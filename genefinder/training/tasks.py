"""What a network learns: genes through the grammar, or the next base."""

from collections.abc import Callable, Sequence

from torch import Tensor

from genefinder.data.raw_windows import RawWindow
from genefinder.data.sampling import Sampler
from genefinder.data.windows import Window
from genefinder.network.network import GeneNetwork
from genefinder.network.next_base import NextBase
from genefinder.training.distillation import Teachers
from genefinder.training.losses import next_base_loss
from genefinder.training.trainer import Task

Added = Callable[[Tensor, Sequence[Window]], tuple[Tensor, Tensor]]
"""Gives states and signals of windows, both ``(2 B, T, 4)``, from their bases ``(B, T)``."""


class GeneTask(Task[GeneNetwork, Window]):
    """Genes, as an annotation, a teacher or a prediction has them.

    Parameters
    ----------
    sampler
        Draws the windows.
    loss
        Of scores, for windows.
    cross_fit
        What the network is given beside windows, whose bases come first: what to add to the scores
        of its own tables, where these were counted on what is learnt, or what the statistics of
        each window's genome say.
    teachers
        Label the windows that nobody annotated.
    """

    def __init__(
        self,
        sampler: Sampler[Window],
        loss: Callable[[Tensor, Sequence[Window]], Tensor],
        cross_fit: Added | None = None,
        teachers: Teachers | None = None,
    ) -> None:
        self.sampler = sampler
        self._loss = loss
        self._cross_fit = cross_fit
        self._teachers = teachers

    def forward(self, network: GeneNetwork, codes: Tensor, windows: Sequence[Window]) -> Tensor:
        """Return scores by tables that were not counted on the windows, ``(B, T, 20)``."""
        added = self._cross_fit(codes, windows) if self._cross_fit else None
        output: Tensor = network(codes, added)
        return output

    def loss(self, output: Tensor, windows: Sequence[Window]) -> Tensor:
        """Return the loss through the grammar, in nats per 1,000 bases."""
        return self._loss(output, self._teachers.teach(windows) if self._teachers else windows)


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
