"""Data-parallel runs under ``torchrun``; without it, a group of one."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, distributed


@dataclass(frozen=True, slots=True)
class Group:
    """The processes of a run.

    Attributes
    ----------
    rank, size
        Number of this process, and of all.
    """

    rank: int = 0
    size: int = 1

    @classmethod
    def join(cls, device: torch.device) -> "Group":
        """Join the group that ``torchrun`` describes in the environment."""
        if int(os.environ.get("WORLD_SIZE", "1")) == 1:
            return cls()
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
        return cls(distributed.get_rank(), distributed.get_world_size())

    @property
    def leads(self) -> bool:
        """Whether this process writes files and messages."""
        return self.rank == 0

    def average(self, tensors: Iterable[Tensor]) -> None:
        """Replace tensors by their means over all processes."""
        if self.size == 1:
            return
        kept = list(tensors)
        flat = torch.cat([tensor.flatten().float() for tensor in kept])
        distributed.all_reduce(flat)
        flat /= self.size
        start = 0
        for tensor in kept:
            piece = flat[start : start + tensor.numel()]
            tensor.copy_(piece.view_as(tensor))
            start += tensor.numel()

    def share(self, values: list[float]) -> list[float]:
        """Return the leader's numbers on every process."""
        if self.size == 1:
            return values
        box = [values]
        distributed.broadcast_object_list(box)
        return box[0]

    def leave(self) -> None:
        """End the group."""
        if self.size > 1:
            distributed.destroy_process_group()
