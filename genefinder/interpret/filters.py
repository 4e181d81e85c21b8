"""The filters of a network's first layer, and what they answer at every base."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from genefinder.errors import ModelError
from genefinder.interpret.activations import Activations, Tracer
from genefinder.interpret.landmarks import WORDS
from genefinder.network.network import GeneNetwork
from genefinder.network.statistics import StatisticsScorer

_SITES = tuple(WORDS)


@dataclass(frozen=True, slots=True, eq=False)
class Bank:
    """Filters that look at the same bases.

    Attributes
    ----------
    layer
        ``convolution``, ``matrix`` or ``site``: the encoder's first convolution, the weight
        matrices of the species' statistics, or the scorer of candidate sites.
    kind
        The one site whose candidates the filters are asked about; empty where they answer at every
        base.
    before, after
        Bases that they see before and after the base that they answer for.
    weights
        What each filter adds to the score of its site, shape ``(filters,)``; NaN where it has no
        single such weight.
    """

    layer: str
    kind: str
    before: int
    after: int
    weights: npt.NDArray[np.float64]

    def __len__(self) -> int:
        """Return the number of filters."""
        return len(self.weights)

    @property
    def columns(self) -> int:
        """Bases that they see."""
        return self.before + 1 + self.after

    @property
    def learnt(self) -> npt.NDArray[np.bool_]:
        """Which of these bases are not prescribed, shape ``(columns,)``."""
        free = np.ones(self.columns, dtype=np.bool_)
        if self.kind:
            offset, length = WORDS[self.kind]
            free[self.before + offset : self.before + offset + length] = False
        return free


def list_banks(tracer: Tracer) -> list[Bank]:
    """List the filters of a network's first layer.

    Raises
    ------
    ModelError
        If it has none.
    """
    network, config = tracer.network, tracer.network.config
    matrices = _matrices(tracer)
    banks = []
    if config.convolutions:
        kernel, dilation = config.convolutions[0]
        before, after = config.word - 1, 0
        if config.statistics and matrices is not None:
            # It reads what the statistics say of a base, too.
            before = max(before, config.table_order, matrices.before)
            after = matrices.after
        before += (kernel - 1) * dilation
        banks.append(Bank("convolution", "", before, after, np.full(config.filters, np.nan)))
    if matrices is not None:
        banks += [
            Bank("matrix", kind, matrices.before, matrices.after, np.ones(1)) for kind in _SITES
        ]
    if isinstance(network, GeneNetwork) and network.sites is not None:
        reach = network.sites.reach
        for kind, score in zip(_SITES, network.sites.score, strict=True):
            weights = (
                cast(nn.Linear, score).weight.detach().cpu().numpy().ravel().astype(np.float64)
            )
            # The last of the words that lie side by side begins at the end of the reach.
            banks.append(Bank("site", kind, reach, reach + 2, weights))
    if not banks:
        raise ModelError("this network has no filters in its first layer: nothing to describe")
    return banks


def respond(
    tracer: Tracer, readings: Tensor, activations: Activations
) -> Iterator[npt.NDArray[np.float32]]:
    """Yield what the filters of each bank answer, in the order of :func:`list_banks`.

    Parameters
    ----------
    tracer
        The network.
    readings
        ``int32`` codes of both readings of a window, ``(2, T)``.
    activations
        What the network held while it read the window.

    Yields
    ------
    ndarray
        ``(2, T, filters)``, each reading in its own direction; ``-inf`` where the filters are not
        asked.
    """
    network = tracer.network
    if activations.motifs is not None:
        yield activations.motifs.numpy()
    if not isinstance(network, GeneNetwork):
        return
    device = next(network.parameters()).device
    readings = readings.to(device)
    with torch.inference_mode():
        matrices = _matrices(tracer)
        if matrices is not None:
            scores = matrices(readings)[1]
            for site, positions in enumerate(network.candidates(readings)):
                yield _at(positions, scores.flatten(0, 1)[positions, site].unsqueeze(1), readings)
        if network.sites is not None:
            for positions, values in network.sites.respond(readings):
                yield _at(positions, values, readings)


def _matrices(tracer: Tracer) -> StatisticsScorer | None:
    """Return what has the weights of the sites; ``None`` where there are none."""
    network = tracer.network
    return network.species if isinstance(network, GeneNetwork) else None


def _at(positions: Tensor, values: Tensor, readings: Tensor) -> npt.NDArray[np.float32]:
    """Put values ``(n, filters)`` to their positions; everywhere else is ``-inf``."""
    rows, span = readings.shape
    out = np.full((rows * span, values.shape[1]), -np.inf, np.float32)
    out[positions.cpu().numpy()] = values.cpu().numpy()
    return out.reshape(rows, span, -1)
