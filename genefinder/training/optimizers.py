"""Muon for the matrices, AdamW for everything else, behind one learning rate."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

_NO_MATRICES = {"embedding", "words", "tables", "channels", "score"}
"""Parts of the network whose two-dimensional weights are tables or output layers."""


class Optimizers:
    """Two optimizers that step together.

    Muon (Jordan et al. 2024) orthogonalises the update of each weight matrix; embeddings, tables,
    biases and output layers, where that makes no sense, take AdamW (Loshchilov and Hutter 2019).

    Parameters
    ----------
    network
        The network to train.
    rate
        Peak learning rate; Muon's updates are scaled to AdamW's root mean square.
    weight_decay
        Decay of the matrices.
    """

    def __init__(self, network: nn.Module, rate: float, weight_decay: float) -> None:
        """Sort the parameters."""
        matrices: list[nn.Parameter] = []
        rest: list[nn.Parameter] = []
        for name, parameter in network.named_parameters():
            special = not _NO_MATRICES.isdisjoint(name.split("."))
            (rest if special or parameter.ndim != 2 else matrices).append(parameter)
        self._parts: list[torch.optim.Optimizer] = [
            torch.optim.Muon(
                matrices, lr=rate, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"
            ),
            torch.optim.AdamW(rest, lr=rate, weight_decay=0.0, betas=(0.9, 0.99)),
        ]
        self._rate = rate

    def step(self, factor: float) -> None:
        """Update with the peak learning rate times a factor, and forget the gradients."""
        for optimizer in self._parts:
            for group in optimizer.param_groups:
                group["lr"] = self._rate * factor
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def state_dict(self) -> list[dict[str, Any]]:
        """Return the state of both."""
        return [optimizer.state_dict() for optimizer in self._parts]

    def load_state_dict(self, states: Iterable[dict[str, Any]]) -> None:
        """Restore the state of both."""
        for optimizer, state in zip(self._parts, states, strict=True):
            optimizer.load_state_dict(state)
