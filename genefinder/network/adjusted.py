"""The scores that a network would give with an adjustment, from those that it gave without."""

import numpy as np
import numpy.typing as npt

from genefinder.grammar.labels import N_CHANNELS, STRAND_CHANNELS
from genefinder.network.network import SIGNAL_BOUND
from genefinder.species.adjustment import Adjustment

Scores = npt.NDArray[np.float32]

_ALMOST_ONE = 1 - 2**-40
"""Float32 holds no score between this share of the bound and the bound itself."""


def adjusted(scores: Scores, adjustment: Adjustment) -> Scores:
    """Return the scores of a network that adds an adjustment.

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
