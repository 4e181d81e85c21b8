"""Next-base prediction in the encoder of a new gene network, before it learns genes."""

import copy
from dataclasses import replace

import torch
from torch import Tensor

from genefinder.data.raw_windows import RawWindow
from genefinder.data.sampling import Sampler
from genefinder.network.network import GeneNetwork
from genefinder.network.next_base import NextBase
from genefinder.training.recipe import Recipe
from genefinder.training.settings import PRETRAINING
from genefinder.training.tasks import NextBaseTask
from genefinder.training.trainer import Progress, fit, ignore


def learn_next_base(
    network: GeneNetwork,
    sampler: Sampler[RawWindow],
    recipe: Recipe,
    *,
    device: torch.device,
    threads: int = 1,
    progress: Progress = ignore,
) -> dict[str, Tensor]:
    """Let the encoder of a gene network learn to predict the bases of raw sequence.

    Parameters
    ----------
    network
        Where to start; it is not changed.
    sampler
        Draws the windows to learn.
    recipe
        How; its budget is for all of this. The learning rate, the largest gradient and the noise
        are those of :data:`~genefinder.training.settings.PRETRAINING`.
    device
        Where to train.
    threads
        Of torch.
    progress
        Takes the share of the budget that is used up, 0 to 1.

    Returns
    -------
    dict
        The encoder's weights, averaged over the updates, on the CPU.
    """
    torch.manual_seed(recipe.seed)
    predictor = NextBase(network.config)
    predictor.encoder.load_state_dict(copy.deepcopy(network.encoder.state_dict()))
    learnt = fit(
        predictor.to(device),
        NextBaseTask(sampler),
        replace(recipe, rate=PRETRAINING.rate, clip=PRETRAINING.clip, noise=PRETRAINING.noise),
        threads=threads,
        progress=progress,
    )
    return {name: values.cpu() for name, values in learnt.encoder.state_dict().items()}
