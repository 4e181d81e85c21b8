"""A running average of the weights, which is better than any of them."""

import copy
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)


class AveragedWeights(Generic[Network]):
    """Exponential moving average of a network's weights (Polyak and Juditsky 1992).

    Parameters
    ----------
    network
        The network that is trained.
    decay
        Weight of the past; smaller during the first updates.

    Attributes
    ----------
    network
        A copy with the averaged weights, in evaluation mode.
    """

    def __init__(self, network: Network, decay: float) -> None:
        """Start at the present weights."""
        self._decay = decay
        self.network = copy.deepcopy(network).eval()
        self.network.requires_grad_(False)

    def update(self, network: Network, step: int) -> None:
        """Take in the weights after an update."""
        decay = min(self._decay, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(
                list(self.network.parameters()), list(network.parameters()), 1 - decay
            )

    def state_dict(self) -> dict[str, Tensor]:
        """Return the averaged weights."""
        return self.network.state_dict()

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore averaged weights."""
        self.network.load_state_dict(state)
