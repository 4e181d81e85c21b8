"""Building blocks: strand mirroring, word indices, causal convolutions, recurrent layers.

A batch of ``B`` windows is handled as ``2 B`` *readings*: the first ``B`` rows read the forward
strand, the last ``B`` the reverse strand, each in its own 5'-to-3' direction. The same weights
process every row, which makes the network equivariant under reverse complement. Features lie base
by base, ``(2 B, T, C)``: convolutions of few channels are fastest so, and no layer needs a copy.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from genefinder.network.config import Recurrent

_N = 4


def both_readings(codes: Tensor) -> Tensor:
    """Stack windows with their reverse complements.

    Parameters
    ----------
    codes
        Integer codes (see :mod:`genefinder.dna`), shape ``(B, T)``.

    Returns
    -------
    Tensor
        ``int32`` of shape ``(2 B, T)``.
    """
    codes = codes.int()
    complement = torch.where(codes < _N, 3 - codes, _N)
    return torch.cat([codes, complement.flip(-1)])


def mirror(readings: Tensor) -> Tensor:
    """Give every reading its opposite strand's features, aligned base by base (or block by block).

    Parameters
    ----------
    readings
        Shape ``(2 B, T, C)``, both readings as :func:`both_readings` orders them.

    Returns
    -------
    Tensor
        Same shape: row ``i`` holds the other reading of the same window, flipped.
    """
    pairs = readings.reshape(2, -1, *readings.shape[1:])
    return pairs.flip((0, 2)).flatten(0, 1)


def word_indices(codes: Tensor, length: int) -> Tensor:
    """Index the word of ``length`` bases that ends at every base.

    Parameters
    ----------
    codes
        ``int32`` of shape ``(R, T)``.
    length
        Bases a word.

    Returns
    -------
    Tensor
        ``int32`` of shape ``(R, T)`` in ``[0, 4**length]``; the last index stands for every word
        that contains N or begins before the window.
    """
    padded = functional.pad(codes, (length - 1, 0), value=_N)
    unknown = padded == _N
    span = codes.shape[1]
    index = padded[:, :span].clone()
    for offset in range(1, length):
        index.mul_(4).add_(padded[:, offset : offset + span])
    if unknown.any():
        for offset in range(length):
            index.masked_fill_(unknown[:, offset : offset + span], 4**length)
    return index


class CausalConvolution(nn.Module):
    """A convolution that sees a base and those to its left, with a residual connection.

    The weight is kept as a matrix ``(filters, filters * kernel)`` so that matrix optimisers apply.
    """

    def __init__(self, filters: int, kernel: int, dilation: int) -> None:
        """Start as a small perturbation of the identity."""
        super().__init__()
        self.kernel = kernel
        self.dilation = dilation
        fan_in = filters * kernel
        self.weight = nn.Parameter(torch.randn(filters, fan_in) / math.sqrt(fan_in))
        self.bias = nn.Parameter(torch.zeros(filters))

    def forward(self, features: Tensor) -> Tensor:
        """Map ``(R, T, C)`` to ``(R, T, C)``."""
        filters = features.shape[2]
        weight = self.weight.view(filters, filters, self.kernel)
        reach = (self.kernel - 1) * self.dilation
        out = convolve(features, weight, self.bias, padding=reach, dilation=self.dilation)
        # Padded on both sides; what only the right padding let in is cut off.
        return features + out[:, : features.shape[1]].relu_()


def convolve(
    features: Tensor,
    weight: Tensor,
    bias: Tensor,
    *,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
) -> Tensor:
    """Convolve features that lie base by base.

    Parameters
    ----------
    features
        ``(R, T, C)``.
    weight, bias
        ``(filters, C, kernel)`` and ``(filters,)``.
    stride, padding, dilation
        In bases, as :func:`torch.nn.functional.conv1d` takes them.

    Returns
    -------
    Tensor
        ``(R, T', filters)``.
    """
    # Only images have a layout with the channels last: an image of one row.
    image = features.transpose(1, 2).unsqueeze(2)
    out = functional.conv2d(
        image, weight.unsqueeze(2), bias, (1, stride), (0, padding), (1, dilation)
    )
    return out.squeeze(2).transpose(1, 2)


def recurrent_layer(
    kind: Recurrent, inputs: int, hidden: int, forget_bias: float, memory: int = 0
) -> nn.LSTM | nn.GRU:
    """Build a one-directional recurrent layer whose memory starts open.

    Parameters
    ----------
    kind
        Cell type.
    inputs, hidden
        Widths.
    forget_bias
        Initial bias of the forget gate (LSTM; Jozefowicz et al. 2015) or of the update gate
        (GRU), which keeps the old state where it is positive.
    memory
        Units start with memories of 2 to so many steps, spread evenly on a logarithmic scale,
        rather than with one bias for all (chrono initialisation; Tallec and Ollivier 2018): a unit
        of bias b forgets at a rate of 1 in 1 + exp(b) steps, which is 4 where b is 1. 0 leaves
        that to ``forget_bias``.

    Returns
    -------
    nn.LSTM or nn.GRU
        Takes ``(R, steps, inputs)``.
    """
    cell = nn.LSTM if kind == "lstm" else nn.GRU
    layer = cell(inputs, hidden, batch_first=True)
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            if name.startswith("bias"):
                parameter.zero_()
            if name == "bias_ih_l0":
                # The second block of both cells: forget gate of the LSTM, update gate of the GRU.
                parameter[hidden : 2 * hidden] = forget_bias
                if memory:
                    steps = torch.logspace(1, math.log2(memory), hidden, base=2.0)
                    parameter[hidden : 2 * hidden] = torch.log(steps - 1)
                    if kind == "lstm":
                        parameter[:hidden] = -torch.log(steps - 1)
    return layer
