"""The bare loop of training a network for a budget, without validation or checkpoints."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from genefinder.data.raw_windows import RawWindow
from genefinder.data.sampling import Part, Sampler
from genefinder.data.windows import Window
from genefinder.network.scorer import prepare_thread
from genefinder.training.averaging import AveragedWeights
from genefinder.training.optimizers import Optimizers
from genefinder.training.recipe import Recipe
from genefinder.training.schedule import Schedule

Progress = Callable[[float], None]

Network = TypeVar("Network", bound=nn.Module)
Source = TypeVar("Source", bound=Part)
Drawn = TypeVar("Drawn", Window, RawWindow)
Added = Callable[[Tensor, Sequence[Drawn]], Any]


def part_of(progress: Progress, begin: float, end: float) -> Progress:
    """Return what takes the share of a part of a budget: ``begin`` to ``end`` of the whole."""
    return lambda share: progress(begin + (end - begin) * share)


def descend(
    network: Network,
    sampler: Sampler[Source, Drawn],
    loss: Callable[[Tensor, Sequence[Drawn]], Tensor],
    recipe: Recipe,
    schedule: Schedule,
    threads: int = 1,
    progress: Progress = lambda share: None,
    added: Added[Drawn] | None = None,
) -> Network:
    """Train a network for a whole budget.

    Parameters
    ----------
    network
        Trained in place; parameters that ask for no gradient stay as they are.
    sampler
        Draws the windows.
    loss
        Of the network's output for windows.
    recipe
        Batch, rates and seed are used; the budget is the schedule's.
    schedule
        Budget; with steps alone, the same input gives the same weights.
    threads
        Of torch.
    progress
        Takes the share of the budget that is used up.
    added
        Gives, for bases and their windows, a second input of the network.

    Returns
    -------
    Network
        A copy with averaged weights, in evaluation mode.
    """
    prepare_thread()
    torch.set_num_threads(threads)
    torch.manual_seed(recipe.seed)
    device = next(network.parameters()).device
    network.train()
    average = AveragedWeights(network, recipe.averaging)
    optimizers = Optimizers(network, recipe.rate, recipe.weight_decay)
    schedule.tick()
    while schedule.progress < 1:
        windows = [sampler.draw() for _ in range(recipe.batch)]
        codes = torch.stack([torch.from_numpy(window.codes) for window in windows])
        codes = codes.to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            output = network(codes, added(codes, windows)) if added else network(codes)
        loss(output.float(), windows).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), recipe.clip)
        schedule.tick()
        optimizers.step(schedule.factor)
        schedule.step += 1
        average.update(network, schedule.step)
        progress(schedule.progress)
    return average.network
