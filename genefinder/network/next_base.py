"""Next-base prediction: the encoder alone, learning from sequence that nobody annotated."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from genefinder.network.config import NetworkConfig
from genefinder.network.layers import both_readings
from genefinder.network.network import Encoder


class NextBase(nn.Module):
    """The probability of every base, given only those before it in its own reading.

    The encoder is that of :class:`genefinder.network.network.GeneNetwork`. A small head predicts
    the base at ``t`` from the features of the base at ``t - 1`` and from the recurrent state of the
    last block that ends before ``t``.

    Parameters
    ----------
    config
        Shape of the network; what belongs to genes alone is not built.

    Attributes
    ----------
    config
        As given.
    encoder
        What a gene network can start from.
    """

    def __init__(self, config: NetworkConfig) -> None:
        """Build with random weights that predict every base alike."""
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.join_bases = nn.Linear(config.filters, config.head)
        # A window may begin anywhere, so a place inside a block says nothing without the state.
        self.join_blocks = nn.Linear(config.hidden, config.stride * config.head, bias=False)
        self.score = nn.Linear(config.head, 4)
        nn.init.zeros_(self.score.weight)
        nn.init.zeros_(self.score.bias)

    def forward(self, codes: Tensor) -> Tensor:
        """Predict every base of both readings.

        Parameters
        ----------
        codes
            Integer codes (see :mod:`genefinder.dna`), shape ``(B, T)`` with ``T`` a multiple of the
            stride.

        Returns
        -------
        Tensor
            ``(2 B, T, 4)``, rows as :func:`genefinder.network.layers.both_readings` orders them:
            entry ``[r, t]`` holds the natural logarithms of the probabilities of A, C, G and T at
            place ``t`` of that reading, given its places before ``t`` alone. The first place gets
            what is learnt of all windows.
        """
        bases, blocks = self.encoder(both_readings(codes))
        local = self.join_bases(_one_later(bases))
        # A finished block gives every base of the next one its own contribution.
        context = self.join_blocks(_one_later(blocks))
        hidden = functional.relu(local + context.view(local.shape))
        return torch.log_softmax(self.score(hidden), 2)


def _one_later(features: Tensor) -> Tensor:
    """Move features ``(R, T, C)`` by one place to the right; zeros come in."""
    return functional.pad(features, (0, 0, 1, 0))[:, :-1]
