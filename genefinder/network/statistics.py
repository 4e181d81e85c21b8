"""Scores that the statistics of species give every base, as input of a network."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from genefinder.network.layers import word_indices
from genefinder.species.statistics import Statistics

N_FEATURES = 8
"""What a network reads of them a base: four states, four signals."""
_STATE_BOUND, _SIGNAL_BOUND, _SIGNAL_SCALE = 4.0, 12.0, 3.0


class StatisticsScorer(nn.Module):
    """Score bases by the statistics of one species, or each window by those of its own.

    They are no parameters and no part of a network's state.

    Attributes
    ----------
    adjustment
        What is added to the channels of one strand for the first of the species, ``(10,)``.

    Parameters
    ----------
    statistics
        Of one species or several; all of one shape.
    """

    words: Tensor
    weights: Tensor
    bias: Tensor
    adjustment: Tensor

    def __init__(self, statistics: Sequence[Statistics]) -> None:
        super().__init__()
        tables = [species.tables for species in statistics]
        self.length = statistics[0].order + 1
        self.before = tables[0].before
        self.after = tables[0].weights.shape[2] - 1 - self.before
        for name in ("words", "weights", "bias"):
            arrays = [torch.from_numpy(getattr(table, name)) for table in tables]
            self.register_buffer(name, torch.stack(arrays), persistent=False)
        adjustment = torch.from_numpy(statistics[0].adjustment.channels)
        self.register_buffer("adjustment", adjustment, persistent=False)

    def forward(
        self, readings: Tensor, species: Sequence[int] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Score readings.

        Parameters
        ----------
        readings
            ``int32`` codes of ``B`` windows in both directions, ``(2 B, T)``.
        species
            Number of the statistics for each of the ``B`` windows; the first for all by default.

        Returns
        -------
        tuple of Tensor
            States and signals, both ``(2 B, T, 4)``.
        """
        index = word_indices(readings, self.length)
        bases = _one_hot(readings, self.before, self.after, self.weights.dtype)
        if species is None:
            states = functional.embedding(index, self.words[0])
            signals = functional.conv1d(bases, self.weights[0], self.bias[0])
            return states, signals.transpose(1, 2)
        rows = torch.tensor([*species, *species], device=readings.device)
        index = index + (rows * self.words.shape[1]).to(index.dtype).unsqueeze(1)
        states = functional.embedding(index, self.words.flatten(0, 1))
        signals = torch.cat(
            [
                functional.conv1d(bases[row : row + 1], self.weights[number], self.bias[number])
                for row, number in enumerate(rows.tolist())
            ]
        )
        return states, signals.transpose(1, 2)


def statistic_features(states: Tensor, signals: Tensor) -> Tensor:
    """Return what a network reads of the scores, ``(2 B, T, 8)``.

    They are bounded, since a score beyond these bounds says no more: a decoy, or a word never seen.
    """
    signals = signals.clamp(-_SIGNAL_BOUND, _SIGNAL_BOUND) / _SIGNAL_SCALE
    return torch.cat([states.clamp(-_STATE_BOUND, _STATE_BOUND), signals], 2)


def _one_hot(readings: Tensor, before: int, after: int, dtype: torch.dtype) -> Tensor:
    """Return bases as weight matrices read them, ``(R, 4, before + T + after)``; N is all zero.

    Parameters
    ----------
    readings
        ``int32`` codes ``(R, T)``.
    before, after
        Bases of nothing that are put before and after.
    dtype
        Of the result.
    """
    letters = torch.arange(4, dtype=readings.dtype, device=readings.device).unsqueeze(1)
    bases = (readings.unsqueeze(1) == letters).to(dtype)
    return functional.pad(bases, (before, after))
