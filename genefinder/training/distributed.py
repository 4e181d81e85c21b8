"""Data-parallel runs under ``torchrun``; without it, a group of one."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar, cast

import torch
from torch import Tensor, distributed

from genefinder.errors import DeviceError
from genefinder.network.device import choose_device
from genefinder.network.scorer import prepare_thread

Value = TypeVar("Value")

_SEED_STEP = 1_000_003
"""Between the seeds of the processes of a run."""


def own_device(device: torch.device) -> torch.device:
    """Return the device of this process: under ``torchrun`` each has a GPU of its own.

    Parameters
    ----------
    device
        As the user chose it; a GPU given by its number is left as it is.

    Raises
    ------
    DeviceError
        If there are more processes on this machine than GPUs.
    """
    if device.type != "cuda":
        return device
    if str(device) == "cuda":
        number = int(os.environ.get("LOCAL_RANK", "0"))
        if number >= torch.cuda.device_count():
            raise DeviceError(
                f"process {number} of this machine has no GPU of its own, since there are only "
                f"{torch.cuda.device_count()}; give torchrun a smaller --nproc-per-node"
            )
        device = torch.device("cuda", number)
    torch.cuda.set_device(device)
    return device


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

    def seed_apart(self, seed: int) -> None:
        """Let every process but the first draw other random numbers: dropout and noise."""
        if self.rank:
            torch.manual_seed(seed + _SEED_STEP * self.rank)

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

    def once(self, make: Callable[[], Value]) -> Value:
        """Compute a value on the leader alone, and return it on every process."""
        if self.size == 1:
            return make()
        box = [make() if self.leads else None]
        distributed.broadcast_object_list(box)
        return cast(Value, box[0])

    def gather(self, value: Value) -> list[Value]:
        """Return the values of all processes, by rank, on every process."""
        if self.size == 1:
            return [value]
        values: list[Value | None] = [None] * self.size
        distributed.all_gather_object(values, value)
        return cast(list[Value], values)

    def meet(self) -> None:
        """Wait for all processes."""
        if self.size > 1:
            distributed.barrier()

    def leave(self) -> None:
        """End the group."""
        if self.size > 1:
            distributed.destroy_process_group()


@contextmanager
def joined(device: str, threads: int) -> Iterator[tuple[torch.device, Group]]:
    """Prepare this process to compute, and join the others of the run.

    Parameters
    ----------
    device
        As the user chose it.
    threads
        CPU threads.

    Yields
    ------
    tuple
        The device of this process, and its group.

    Raises
    ------
    DeviceError
        If there is no such device.
    """
    own = own_device(choose_device(device))
    prepare_thread()
    torch.set_num_threads(threads)
    group = Group.join(own)
    try:
        yield own, group
        # The leader writes last. Who leaves before it tears down what it still talks through.
        group.meet()
    finally:
        group.leave()
