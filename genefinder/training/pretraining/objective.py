"""The loss of pretraining: the bits that the next base takes."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from genefinder.dataset.raw import RawWindow
from genefinder.dna import N
from genefinder.network.layers import both_readings


def next_base_loss(chances: Tensor, windows: Sequence[RawWindow]) -> Tensor:
    """Return the mean bits a base over both reading directions.

    Parameters
    ----------
    chances
        Natural logarithms of probabilities, ``(2 B, T, 4)``, as
        :class:`genefinder.network.nextbase.NextBase` gives them.
    windows
        The ``B`` windows that they were computed from; bases that are no targets do not count.
    """
    targets = torch.stack([torch.from_numpy(window.targets) for window in windows])
    wanted = both_readings(targets.to(chances.device)).long()
    loss = functional.nll_loss(chances.flatten(0, 1), wanted.flatten(), ignore_index=N)
    return loss / math.log(2)
