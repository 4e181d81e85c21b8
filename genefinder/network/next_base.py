"""Next-base prediction: the encoder alone, learning from sequence that nobody annotated."""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from genefinder.data.read_windows import ReadWindow, cut_windows
from genefinder.dna import Codes, N
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


WINDOW = 19_980
MARGIN = 1_998
"""Bases read before and after those that a window answers for; the recurrent state begins empty."""
_BATCH = 16
"""Windows a call on a GPU."""

BitsPerBase = npt.NDArray[np.float32]


def bits_per_base(
    network: NextBase,
    codes: Codes,
    device: torch.device,
    most: int = WINDOW,
    margin: int = MARGIN,
) -> BitsPerBase:
    """Return the bits of every base.

    Parameters
    ----------
    network
        In evaluation mode.
    codes
        Shape ``(T,)``.
    device
        Where the network is.
    most
        Bases read at once; a shorter sequence is read whole.
    margin
        Bases read before and after those that a window answers for, of a longer one.

    Returns
    -------
    BitsPerBase
        Shape ``(2, T)``, both rows in coordinates of ``codes``: minus the binary logarithm of the
        probability of each base given those to its left, and of its complement given those to its
        right as the other strand reads them. NaN for N.
    """
    found = np.full((2, len(codes)), np.nan, dtype=np.float32)
    per_call = _BATCH if device.type == "cuda" else 1
    for windows in _calls(len(codes), network.config.stride, per_call, most, margin):
        bits = _bits(network, np.stack([window.read(codes) for window in windows]), device)
        for row, window in enumerate(windows):
            found[:, window.start : window.end] = bits[:, row, window.core]
    found[:, codes == N] = np.nan
    return found


def _calls(
    bases: int, stride: int, per_call: int, most: int, margin: int
) -> Iterator[list[ReadWindow]]:
    """Yield the windows of each call, of so many bases at most."""
    if not bases:
        return
    if bases <= most:
        yield [ReadWindow(0, -(-bases // stride) * stride, 0, bases)]
        return
    windows = list(cut_windows(bases, most - most % stride - 2 * margin, margin))
    for number in range(0, len(windows), per_call):
        yield windows[number : number + per_call]


@torch.inference_mode()
def _bits(network: NextBase, windows: Codes, device: torch.device) -> BitsPerBase:
    """Return the bits of all bases of windows, ``(2, B, T)`` in coordinates of the windows."""
    codes = torch.from_numpy(windows).to(device)
    readings = both_readings(codes).long().clamp(max=N - 1)
    chances = network(codes).gather(2, readings.unsqueeze(2)).squeeze(2)
    forward, reverse = (chances / -math.log(2)).chunk(2)
    return torch.stack([forward, reverse.flip(1)]).float().cpu().numpy()
