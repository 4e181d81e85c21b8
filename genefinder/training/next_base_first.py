"""Next-base prediction in the encoder of a gene network, before it learns genes by itself."""

import copy
from collections.abc import Iterable
from dataclasses import replace

import torch

from genefinder.data.raw_windows import RawRegion, RawSampler
from genefinder.dna import Codes
from genefinder.network.network import GeneNetwork
from genefinder.network.next_base import NextBase
from genefinder.training.descent import Progress, descend, part_of
from genefinder.training.losses import next_base_loss
from genefinder.training.pretrain_settings import RECIPE
from genefinder.training.recipe import Recipe
from genefinder.training.schedule import Schedule

NEXT_BASE = 0.25
"""Usual share of the budget of a new network."""
_HEAD = 0.5
"""Share of the budget in which the new head learns to read the encoder as it is; a head that knows
nothing would first of all teach it noise."""


def sample_whole(sequences: Iterable[Codes], recipe: Recipe) -> RawSampler:
    """Return a sampler of all bases of sequences, each of shape ``(T,)``."""
    regions = [RawRegion(codes, codes, 0, len(codes)) for codes in sequences]
    return RawSampler([regions], [1.0], recipe.window, recipe.seed)


def continue_next_base(
    network: GeneNetwork,
    sampler: RawSampler,
    recipe: Recipe,
    threads: int = 1,
    progress: Progress = lambda share: None,
    fresh: bool = False,
) -> GeneNetwork:
    """Let the encoder of a gene network learn to predict the bases of raw sequence.

    Parameters
    ----------
    network
        Where to start; it is not changed.
    sampler
        Draws the windows to learn.
    recipe
        How; its budget is for all of this. The head of the next base learns at the rate of
        :data:`genefinder.training.pretrain_settings.RECIPE`, the encoder at this recipe's.
    threads
        Of torch.
    progress
        Takes the share of the budget that is used up, 0 to 1.
    fresh
        The encoder knows nothing yet, so it learns from the first update on, as fast as the head.

    Returns
    -------
    GeneNetwork
        A copy with another encoder, averaged over the updates. Its other layers are as they were
        and know nothing of that: it needs to be trained before it finds genes.
    """
    recipe = replace(recipe, clip=RECIPE.clip)
    device = next(network.parameters()).device
    torch.manual_seed(recipe.seed)
    predictor = NextBase(network.config).to(device)
    predictor.encoder.load_state_dict(network.encoder.state_dict())
    parts: tuple[tuple[bool, float, float, float], ...]
    parts = ((False, RECIPE.rate, _HEAD, 0.0), (True, recipe.rate, 1 - _HEAD, _HEAD))
    if fresh:
        parts = ((True, RECIPE.rate, 1.0, 0.0),)
    for encoder_learns, rate, share, done in parts:
        predictor.requires_grad_(True)
        predictor.encoder.requires_grad_(encoder_learns)
        part = replace(recipe.scaled(share), rate=rate)
        predictor = descend(
            predictor,
            sampler,
            next_base_loss,
            part,
            Schedule.of(part),
            threads,
            part_of(progress, done, done + share),
        )
    continued = copy.deepcopy(network)
    continued.encoder.load_state_dict(predictor.encoder.state_dict())
    return continued
