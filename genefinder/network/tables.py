"""Counted tables: what a classical gene finder knows, as the starting point of the network.

Each label has the log-odds of a base, given the bases before it, against intergenic sequence
(interpolated Markov models; Salzberg et al. 1998); each site has a weight matrix of log-odds
against decoys (Staden 1984). Both are counted from an annotation in seconds and are trainable
afterwards.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

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

    def forward(self, readings: Tensor) -> tuple[Tensor, Tensor]:
        """Score readings.

        Parameters
        ----------
        readings
            ``int32`` codes ``(R, T)``.

        Returns
        -------
        tuple of Tensor
            States ``(R, T, 4)`` and signals ``(R, T, 4)``.
        """
        words = functional.embedding(word_indices(readings, self.length), self.words)
        bases = one_hot(readings, self.before, self.after, self.weights.dtype)
        return words, functional.conv1d(bases, self.weights, self.bias).transpose(1, 2)


def one_hot(readings: Tensor, before: int, after: int, dtype: torch.dtype) -> Tensor:
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
