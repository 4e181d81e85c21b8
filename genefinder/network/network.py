"""The whole network, readable in one file.

Words of bases are embedded and refined by causal convolutions (motifs); blocks of bases are pooled
into the steps of a recurrent layer that reads its own direction; further recurrent layers read both
directions' states; a head joins the features of both directions at every base into ten scores of
one strand. The other strand's scores come from the same weights on the reverse complement, so the
network is exactly equivariant.
"""

import copy
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from genefinder.dna import N
from genefinder.grammar import Grammar
from genefinder.grammar.labels import INTRON, N_CHANNELS, START, STRAND_CHANNELS
from genefinder.network.config import NetworkConfig
from genefinder.network.layers import (
    CausalConvolution,
    both_readings,
    convolve,
    mirror,
    recurrent_layer,
    word_indices,
)
from genefinder.network.sites import CandidateSites, SiteScorer
from genefinder.network.statistics import (
    N_FEATURES,
    SpeciesScores,
    StatisticsScorer,
    statistic_features,
)
from genefinder.species.adjustment import Adjustment
from genefinder.species.statistics import Statistics

LABEL_BOUND = 8.0
SIGNAL_BOUND = 16.0
_ALMOST_ONE = 1 - 2**-40
"""Float32 holds no score between this share of the bound and the bound itself."""

Scores = npt.NDArray[np.float32]


class Encoding(NamedTuple):
    """What one direction knows, nothing of it from bases further right in its own reading.

    Attributes
    ----------
    bases
        ``(R, T, filters)``: features of the bases up to and including each base.
    blocks
        ``(R, T / stride, hidden)``: recurrent state after each block of ``stride`` bases.
    """

    bases: Tensor
    blocks: Tensor


class Encoder(nn.Module):
    """Embedding, causal convolutions, pooling and the first recurrent layer of one direction."""

    def __init__(self, config: NetworkConfig) -> None:
        """Build from a configuration."""
        super().__init__()
        self.word = config.word
        self.embedding = nn.Embedding(4**config.word + 1, config.filters)
        nn.init.normal_(self.embedding.weight, std=0.5)
        self.statistics = (
            nn.Linear(N_FEATURES, config.filters, bias=False) if config.statistics else None
        )
        self.convolutions = nn.Sequential(
            *(CausalConvolution(config.filters, k, d) for k, d in config.convolutions)
        )
        self.stride = config.stride
        self.pool = nn.Linear(config.filters * config.stride, config.hidden)
        self.dropout = nn.Dropout(config.dropout)
        self.recurrent = recurrent_layer(
            config.recurrent, config.hidden, config.hidden, config.forget_bias, config.memory
        )

    def forward(self, readings: Tensor, features: Tensor | None = None) -> Encoding:
        """Encode readings.

        Parameters
        ----------
        readings
            ``int32`` codes ``(R, T)``, each row in its own 5'-to-3' direction; ``T`` a multiple of
            the stride.
        features
            What the species' statistics say of every base, ``(R, T, 8)``. The next base is
            predicted without them, for they know of bases further right.
        """
        words = self.embedding(word_indices(readings, self.word))
        if self.statistics is not None and features is not None:
            words = words + self.statistics(features)
        words = self.dropout(words)
        bases = self.convolutions(words)
        weight = self.pool.weight.view(len(self.pool.bias), -1, self.stride)
        steps = convolve(bases, weight, self.pool.bias, stride=self.stride)
        states, _ = self.recurrent(self.dropout(steps.relu()))
        return Encoding(bases, self.dropout(states))


class GeneNetwork(nn.Module):
    """Scores for every label and site, both strands.

    Parameters
    ----------
    config
        Shape of the network.
    grammar
        Has the words of the sites, which alone get scores of their own.
    """

    def __init__(self, config: NetworkConfig, grammar: Grammar) -> None:
        """Build with random weights."""
        super().__init__()
        self.config = config
        self.candidates = CandidateSites(grammar)
        self.encoder = Encoder(config)
        self.joint = nn.ModuleList(
            recurrent_layer(
                config.recurrent,
                2 * config.hidden,
                config.hidden,
                config.forget_bias,
                config.memory,
            )
            for _ in range(config.layers - 1)
        )
        self.join_bases = nn.Linear(2 * config.filters, config.head)
        self.join_blocks = nn.Linear(2 * config.hidden, 3 * config.head)
        self.join_statistics = (
            nn.Linear(N_FEATURES, config.head, bias=False) if config.statistics else None
        )
        self.channels = nn.Linear(config.head, STRAND_CHANNELS)
        # The statistics decide alone at the start; the network learns to correct them.
        nn.init.zeros_(self.channels.weight)
        nn.init.zeros_(self.channels.bias)
        self.sites = (
            SiteScorer(config.head, config.site_hidden, config.site_reach, self.candidates)
            if config.site_hidden
            else None
        )
        self.species: StatisticsScorer | None = None

    def reading(self, statistics: Statistics) -> Self:
        """Return a copy that reads the statistics of a species."""
        network = copy.deepcopy(self)
        network.species = StatisticsScorer([statistics])
        return network

    def forward(
        self,
        codes: Tensor,
        added: SpeciesScores | None = None,
        hidden_words: Tensor | None = None,
    ) -> Tensor:
        """Score every channel at every base.

        Parameters
        ----------
        codes
            Integer codes (see :mod:`genefinder.dna`), shape ``(B, T)`` with ``T`` a multiple of the
            stride.
        added
            What the statistics of each window's species score; by default those of
            :meth:`reading`. Without any, nothing is known of the species: nothing is added, and
            all that the network reads of it is zero.
        hidden_words
            Windows, ``(B,)``, whose words the network does not read: it judges them by their
            statistics alone. None by default.

        Returns
        -------
        Tensor
            ``(B, T, 20)``, channels as in :mod:`genefinder.grammar.labels`; labels within ±8,
            signals within ±16.
        """
        readings = both_readings(codes)
        adjustment = None
        if added is None and self.species is not None:
            added, adjustment = self.species(readings), self.species.adjustment
        features = None
        if self.config.statistics and added is not None:
            features = statistic_features(added.states, added.signals)
        shown = readings
        if hidden_words is not None:
            shown = readings.masked_fill(hidden_words.repeat(2).unsqueeze(1), N)
        bases, states = self.encoder(shown, features)
        for layer in self.joint:
            states = self.encoder.dropout(layer(torch.cat([states, mirror(states)], 2))[0])
        hidden = self._join(bases, states, features)
        scores = self.channels(hidden)
        if adjustment is not None:
            scores = scores + adjustment
        exons, introns, signals = scores.tensor_split((INTRON, START), 2)
        if self.sites is not None:
            signals = signals + self.sites(readings, hidden, shown)
        if added is not None:
            exons = exons + added.states[:, :, :INTRON]
            introns = introns + added.states[:, :, INTRON:]
            signals = signals + added.signals
            if added.starts is not None:
                signals = signals + functional.pad(added.starts.unsqueeze(2), (0, 3))
        labels = LABEL_BOUND * torch.tanh(torch.cat([exons, introns], 2) / LABEL_BOUND)
        signals = SIGNAL_BOUND * torch.tanh(signals / SIGNAL_BOUND)
        forward, reverse = torch.cat([labels, signals], 2).chunk(2)
        return torch.cat([forward, reverse.flip(1)], 2)

    def _join(self, bases: Tensor, states: Tensor, features: Tensor | None) -> Tensor:
        """Join both directions' features into hidden units ``(R, T, head)``."""
        rows, span, _ = bases.shape
        steps, head = states.shape[1], self.config.head
        context = self.join_blocks(torch.cat([states, mirror(states)], 2))
        context = context + self.join_bases.bias.repeat(3)
        # Blocks know the reading frame: each gives every base of a codon its own contribution.
        codons = context.view(rows, steps, 1, 3, head).expand(
            -1, -1, self.config.stride // 3, 3, -1
        )
        own, other = self.join_bases.weight.t().chunk(2)
        hidden = codons.reshape(rows * span, head)
        hidden.addmm_(bases.flatten(0, 1), own)
        hidden.addmm_(mirror(bases).flatten(0, 1), other)
        if self.join_statistics is not None and features is not None:
            hidden.addmm_(features.flatten(0, 1), self.join_statistics.weight.t())
        return functional.leaky_relu_(hidden, self.config.slope).view(rows, span, head)


def adjusted(scores: Scores, adjustment: Adjustment) -> Scores:
    """Return the scores that a network gives with an adjustment, from those without.

    Parameters
    ----------
    scores
        Of the network without it, shape ``(n, 20)``; they stay as they are.
    adjustment
        It is added before scores are bound.
    """
    if not adjustment:
        return scores
    result = scores.copy()
    added = np.tile(adjustment.channels, N_CHANNELS // STRAND_CHANNELS)
    for channel in np.flatnonzero(added):
        share = scores[:, channel].astype(np.float64) / SIGNAL_BOUND
        unbound = np.arctanh(np.clip(share, -_ALMOST_ONE, _ALMOST_ONE))
        result[:, channel] = SIGNAL_BOUND * np.tanh(unbound + added[channel] / SIGNAL_BOUND)
    return result
