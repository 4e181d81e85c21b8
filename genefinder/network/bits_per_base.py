"""How many bits each base of a sequence takes, given those before it in either direction."""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch

from genefinder.data.regions import read_codes
from genefinder.dna import Codes, N
from genefinder.network.layers import both_readings
from genefinder.network.next_base import NextBase

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
