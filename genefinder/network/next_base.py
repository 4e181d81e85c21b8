"""Next-base prediction: the encoder alone, learning from sequence that nobody annotated."""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from genefinder.data.regions import read_codes
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
    window: int = WINDOW,
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
    window
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
    calls = _calls(len(codes), network.config.stride, per_call, window, margin)
    for cores, span, before in calls:
        windows = np.stack([read_codes(codes, start - before, span) for start, _ in cores])
        bits = _bits(network, windows, device)
        for row, (start, end) in enumerate(cores):
            found[:, start:end] = bits[:, row, before : before + end - start]
    found[:, codes == N] = np.nan
    return found


def _calls(
    length: int, stride: int, per_call: int, window: int, margin: int
) -> Iterator[tuple[list[tuple[int, int]], int, int]]:
    """Yield, for each call, the cores of its windows, the bases of a window and its margin."""
    if not length:
        return
    if length <= window:
        yield [(0, length)], -(-length // stride) * stride, 0
        return
    span = window - window % stride
    step = span - 2 * margin
    cores = [(start, min(start + step, length)) for start in range(0, length, step)]
    for first in range(0, len(cores), per_call):
        yield cores[first : first + per_call], span, margin


@torch.inference_mode()
def _bits(network: NextBase, windows: Codes, device: torch.device) -> BitsPerBase:
    """Return the bits of all bases of windows, ``(2, B, T)`` in coordinates of the windows."""
    codes = torch.from_numpy(windows).to(device)
    readings = both_readings(codes).long().clamp(max=N - 1)
    chances = network(codes).gather(2, readings.unsqueeze(2)).squeeze(2)
    forward, reverse = (chances / -math.log(2)).chunk(2)
    return torch.stack([forward, reverse.flip(1)]).float().cpu().numpy()
