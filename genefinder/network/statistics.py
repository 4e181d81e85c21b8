"""Scores that the statistics of species give every base, as input of a network."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from genefinder.data.start_motifs import NEAREST, SPACERS, WIDTH, StartMotifs
from genefinder.network.layers import word_indices
from genefinder.species.statistics import Statistics

N_FEATURES = 8
"""What a network reads of them a base: four states, four signals."""
_STATE_BOUND, _SIGNAL_BOUND, _SIGNAL_SCALE = 4.0, 12.0, 3.0


class SpeciesScores(NamedTuple):
    """What the statistics of species score.

    Attributes
    ----------
    states, signals
        Of words, and of bases at fixed distances from sites, both ``(2 B, T, 4)``.
    motifs
        Of motifs before starts, ``(2 B, T)``; ``None`` where there are none. They are added to the
        signal of starts, but networks read the fixed distances alone, which are the same for
        genomes with and without.
    """

    states: Tensor
    signals: Tensor
    motifs: Tensor | None = None


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
        self.motifs = MotifScorer([table.motifs for table in tables])
        adjustment = torch.from_numpy(statistics[0].adjustment.channels)
        self.register_buffer("adjustment", adjustment, persistent=False)

    def forward(self, readings: Tensor, species: Sequence[int] | None = None) -> SpeciesScores:
        """Score readings.

        Parameters
        ----------
        readings
            ``int32`` codes of ``B`` windows in both directions, ``(2 B, T)``.
        species
            Number of the statistics for each of the ``B`` windows; the first for all by default.

        Returns
        -------
        SpeciesScores
            Those of the readings.
        """
        index = word_indices(readings, self.length)
        bases = _one_hot(readings, self.before, self.after, self.weights.dtype)
        if species is None:
            states = functional.embedding(index, self.words[0])
            signals = functional.conv1d(bases, self.weights[0], self.bias[0]).transpose(1, 2)
            return SpeciesScores(states, signals, self.motifs(readings, [0] * len(readings)))
        rows = torch.tensor([*species, *species], device=readings.device)
        index = index + (rows * self.words.shape[1]).to(index.dtype).unsqueeze(1)
        states = functional.embedding(index, self.words.flatten(0, 1))
        signals = torch.cat(
            [
                functional.conv1d(bases[row : row + 1], self.weights[number], self.bias[number])
                for row, number in enumerate(rows.tolist())
            ]
        )
        motifs = self.motifs(readings, rows.tolist())
        return SpeciesScores(states, signals.transpose(1, 2), motifs)


class MotifScorer(nn.Module):
    """Score what stands before start codons at variable distances.

    Parameters
    ----------
    motifs
        Of each species; ``None`` for those that have none.
    """

    def __init__(self, motifs: Sequence[StartMotifs | None]) -> None:
        super().__init__()
        self._known = [found is not None for found in motifs]
        for number, found in enumerate(motifs):
            if found is not None:
                kernel = torch.from_numpy(found.spacers[:, ::-1].copy()).unsqueeze(0)
                self.register_buffer(f"spacers{number}", kernel, persistent=False)
                ratios = torch.from_numpy(found.ratios.T.copy())
                self.register_buffer(f"ratios{number}", ratios, persistent=False)
                none = torch.tensor([found.none])
                self.register_buffer(f"none{number}", none, persistent=False)

    def forward(self, readings: Tensor, species: Sequence[int]) -> Tensor | None:
        """Score every base as the first one of a start codon.

        Parameters
        ----------
        readings
            ``int32`` codes ``(R, T)``, each in its own direction.
        species
            Number of the statistics of each reading.

        Returns
        -------
        Tensor or None
            By how much motifs make what stands before more probable, as logs, ``(R, T)``; ``None``
            where no species has any.
        """
        if not any(self._known[number] for number in species):
            return None
        index = word_indices(readings, WIDTH)
        scores = torch.zeros(readings.shape, device=readings.device)
        for number in sorted(set(species)):
            if self._known[number]:
                rows = [row for row, own in enumerate(species) if own == number]
                scores[rows] = self._score(index[rows], number)
        return scores

    def _score(self, index: Tensor, number: int) -> Tensor:
        """Return the log of how much more probable motifs make each base as a start."""
        ratios = functional.embedding(index, self.get_buffer(f"ratios{number}")).transpose(1, 2)
        # The word that is nearest to a base ends so many bases before it; before the reading
        # there are unknown words.
        padded = functional.pad(ratios, (NEAREST + SPACERS, -NEAREST - 1), value=1.0)
        spacers, none = self.get_buffer(f"spacers{number}"), self.get_buffer(f"none{number}")
        return functional.conv1d(padded, spacers, none).squeeze(1).log()


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
