"""Counted tables: what a classical gene finder knows, as the starting point of the network.

Each label has the log-odds of a base, given the bases before it, against intergenic sequence
(interpolated Markov models; Salzberg et al. 1998); each site has a weight matrix of log-odds
against look-alikes (Staden 1984). Both are counted from an annotation in seconds and are trainable
afterwards.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from genefinder.labels import EXON, INTRON, START
from genefinder.network.config import NetworkConfig
from genefinder.network.layers import word_indices

N_STATES = 4
"""Columns of the word table: codon positions 0, 1, 2 and intron (all phases alike)."""


class Tables(nn.Module):
    """Word log-odds of the labels and weight matrices of the sites, of one strand.

    Attributes
    ----------
    words
        ``(4 ** (order + 1) + 1, 4)``: log-odds of the last base of each word, by state.
    weights
        ``(4, 4, before + 1 + after)``: signal, base, offset.
    bias
        ``(4,)``: log prior of each signal.
    """

    def __init__(self, config: NetworkConfig) -> None:
        """Start with all scores at zero."""
        super().__init__()
        self.length = config.table_order + 1
        self.before = config.weights_before
        self.after = config.weights_after
        self.words = nn.Parameter(torch.zeros(4**self.length + 1, N_STATES))
        self.weights = nn.Parameter(torch.zeros(4, 4, self.before + 1 + self.after))
        self.bias = nn.Parameter(torch.zeros(4))

    def forward(self, readings: Tensor) -> Tensor:
        """Score readings ``(R, T)`` of ``int64`` codes; return ``(R, 10, T)``."""
        words = functional.embedding(word_indices(readings, self.length), self.words)
        words = words.transpose(1, 2)
        bases = functional.one_hot(readings, 5)[:, :, :4].to(self.weights.dtype).transpose(1, 2)
        bases = functional.pad(bases, (self.before, self.after))
        signals = functional.conv1d(bases, self.weights, self.bias)
        exons, intron = words[:, EXON:INTRON], words[:, INTRON:]
        return torch.cat([exons, intron.expand(-1, START - INTRON, -1), signals], 1)
