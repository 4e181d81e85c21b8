"""Scores that the statistics of species give every base, as input of a network."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from genefinder.data.start_motifs import NEAREST, SPACERS, WIDTH, StartMotifs
from genefinder.dna import N
from genefinder.network.layers import word_indices
from genefinder.species.statistics import Statistics

N_FEATURES = 8
"""What a network reads of them a base: four states, four signals."""
_SITE_WORD = 4
"""Bases of the words that sites are looked up by."""
START_CODON = 0.5
"""Share of the log-odds of start codons that is added once more where genes have no introns. What
the motifs and the words before a start say is said several times over by words, sites and network,
and the codon only once. On the validation genomes and two others, 0.7 % more of the starts were
right so in *P. furiosus*, 0.4 in *M. genitalium*, 0.1 in *T. pallidum*, 0.1 and 1.5 in the others;
twice as much is worse in one of them."""
_STATE_BOUND, _SIGNAL_BOUND, _SIGNAL_SCALE = 4.0, 12.0, 3.0


class SpeciesScores(NamedTuple):
    """What the statistics of species score.

    Attributes
    ----------
    states, signals
        Of words, and of bases at fixed distances from sites, both ``(2 B, T, 4)``.
    starts
        Of motifs before starts, and of start codons once more where genes have no introns,
        ``(2 B, T)``; ``None`` where there is neither. They are added to the signal of starts, but
        networks read the fixed distances alone, which are the same for genomes with and without.
    """

    states: Tensor
    signals: Tensor
    starts: Tensor | None = None


class StatisticsScorer(nn.Module):
    """Score bases by the statistics of one species, or each window by those of its own.

    They are no parameters and no part of a network's state.

    Attributes
    ----------
    before, after
        Bases on either side that the score of a site depends on.
    adjustment
        What is added to the channels of one strand for the first of the species, ``(10,)``.

    Parameters
    ----------
    statistics
        Of one species or several; all of one shape.
    """

    words: Tensor
    sites: Tensor
    bias: Tensor
    codons: Tensor
    adjustment: Tensor

    def __init__(self, statistics: Sequence[Statistics]) -> None:
        super().__init__()
        tables = [species.tables for species in statistics]
        self.length = statistics[0].order + 1
        self.before = tables[0].before + 1
        self.after = tables[0].weights.shape[3] - self.before
        weights = torch.stack([torch.from_numpy(table.weights) for table in tables])
        used = weights.flatten(0, 3).any(0).nonzero().flatten().tolist() or [0]
        self.first, last = used[0] - tables[0].before, used[-1]
        arrays = {
            "words": torch.stack([torch.from_numpy(table.words) for table in tables]),
            "sites": _sum_over_words(weights[..., used[0] : last + 1]),
            "bias": torch.stack([torch.from_numpy(table.bias) for table in tables]),
            "codons": torch.stack([_start_codons(species) for species in statistics]),
            "adjustment": torch.from_numpy(statistics[0].adjustment.channels),
        }
        for name, values in arrays.items():
            self.register_buffer(name, values, persistent=False)
        self.motifs = MotifScorer([table.motifs for table in tables])

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
        numbers = [0] * len(readings) if species is None else [*species, *species]
        rows = torch.tensor(numbers, device=readings.device)
        index = word_indices(readings, self.length)
        index += (rows * self.words.shape[1]).to(index.dtype).unsqueeze(1)
        states = functional.embedding(index, self.words.flatten(0, 1))
        return SpeciesScores(
            states, self._score_sites(readings, rows), self._score_starts(readings, numbers, rows)
        )

    def _score_starts(
        self, readings: Tensor, numbers: Sequence[int], rows: Tensor
    ) -> Tensor | None:
        """Score every base as the first one of a start codon, beside what networks read of it."""
        motifs: Tensor | None = self.motifs(readings, numbers)
        if not self.codons.any():
            return motifs
        codons = functional.embedding(
            readings + (rows * (N + 1)).to(readings.dtype).unsqueeze(1), self.codons.view(-1, 1)
        ).squeeze(2)
        return codons if motifs is None else motifs + codons

    def _score_sites(self, readings: Tensor, rows: Tensor) -> Tensor:
        """Score every base as each of the sites, by what lies around it, ``(2 B, T, 4)``.

        Parameters
        ----------
        readings
            ``int32`` codes ``(2 B, T)``.
        rows
            Number of the statistics for each row.
        """
        places, kinds = self.sites.shape[1:3]
        steps = _SITE_WORD - 1
        span = readings.shape[1]
        # The word at the first place begins with the base before the first offset.
        left = max(0, 1 - self.first)
        right = max(0, self.first + places * steps)
        padded = functional.pad(readings, (left, right), value=N)
        words = span + (places - 1) * steps
        begin = left + self.first - 1
        index = padded[:, begin : begin + words].clone()
        for offset in range(1, _SITE_WORD):
            index.mul_(N + 1).add_(padded[:, begin + offset : begin + offset + words])
        index.add_((rows * (places * kinds)).to(index.dtype).unsqueeze(1))
        offsets = torch.arange(places, dtype=index.dtype, device=index.device) * kinds
        bags = index.unfold(1, span, steps).transpose(1, 2) + offsets
        sums = functional.embedding_bag(
            bags.reshape(-1, places), self.sites.flatten(0, 2), mode="sum"
        )
        return sums.view(*readings.shape, -1) + self.bias[rows].unsqueeze(1)


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


def _start_codons(species: Statistics) -> Tensor:
    """Return what is added once more by the first base of a start codon, ``(5,)``."""
    added = torch.zeros(N + 1)
    if species.is_prokaryotic:
        odds = species.tables.weights[0, 0, :, species.tables.before]
        added[:N] = START_CODON * torch.from_numpy(odds)
    return added


def _sum_over_words(weights: Tensor) -> Tensor:
    """Add up weights over words, since fewer of these are looked up than pairs of bases.

    Parameters
    ----------
    weights
        Species, signal, base before, base, offset.

    Returns
    -------
    Tensor
        Species, place of the word, word, signal. A word begins with the base before its first
        offset; its number has a digit of five a base, since some are unknown.
    """
    steps = _SITE_WORD - 1
    # Of pairs with an unknown base nothing is said.
    weights = functional.pad(weights, (0, -weights.shape[-1] % steps, 0, 1, 0, 1))
    species, signals, letters, _, columns = weights.shape
    places = columns // steps
    pairs = weights.view(species, signals, letters, letters, places, steps)
    pairs = pairs.permute(5, 0, 4, 2, 3, 1)
    words = weights.new_zeros(species, places, *[letters] * _SITE_WORD, signals)
    for step, pair in enumerate(pairs):
        # The word's other bases do not matter to this pair of them.
        others = [1] * step, [1] * (steps - 1 - step)
        words += pair.reshape(species, places, *others[0], letters, letters, *others[1], signals)
    return words.flatten(2, 1 + _SITE_WORD)


def statistic_features(states: Tensor, signals: Tensor) -> Tensor:
    """Return what a network reads of the scores, ``(2 B, T, 8)``.

    They are bounded, since a score beyond these bounds says no more: a decoy, or a word never seen.
    """
    signals = signals.clamp(-_SIGNAL_BOUND, _SIGNAL_BOUND) / _SIGNAL_SCALE
    return torch.cat([states.clamp(-_STATE_BOUND, _STATE_BOUND), signals], 2)
