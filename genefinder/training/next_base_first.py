"""Next-base prediction in the encoder of a gene network, before it learns genes by itself."""

import copy
from collections.abc import Iterable
from dataclasses import replace

import torch

from genefinder.data.raw_windows import RawRegion, RawWindow
from genefinder.data.regions import RegionSequence
from genefinder.data.sampling import Sampler
from genefinder.network.network import GeneNetwork
from genefinder.network.next_base import NextBase
from genefinder.training.recipe import Recipe
from genefinder.training.settings import PRETRAINING
from genefinder.training.tasks import NextBaseTask
from genefinder.training.trainer import Progress, fit, ignore, part_of

_HEAD = 0.5
"""Share of the budget in which the new head learns to read the encoder as it is; a head that knows
nothing would first of all teach it noise."""


def raw_regions(regions: Iterable[RegionSequence]) -> list[RawRegion]:
    """Return regions all of whose bases are to be predicted."""
    return [RawRegion(each.contig, each.start, each.codes, each.genome) for each in regions]


def sample_whole(regions: Iterable[RegionSequence], recipe: Recipe) -> Sampler[RawWindow]:
    """Return a sampler of all bases of regions of one genome."""
    return Sampler([raw_regions(regions)], [1.0], recipe.window, recipe.seed)


def continue_next_base(
    network: GeneNetwork,
    sampler: Sampler[RawWindow],
    recipe: Recipe,
    threads: int = 1,
    progress: Progress = ignore,
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
        How; its budget is for all of this. The largest gradient and the noise are those of
        :data:`~genefinder.training.settings.PRETRAINING`, at whose rate the head of the next base
        learns, too; the encoder learns at this recipe's.
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
    recipe = replace(recipe, clip=PRETRAINING.clip, noise=PRETRAINING.noise)
    device = next(network.parameters()).device
    torch.manual_seed(recipe.seed)
    predictor = NextBase(network.config).to(device)
    predictor.encoder.load_state_dict(network.encoder.state_dict())
    parts: tuple[tuple[bool, float, float, float], ...]
    parts = ((False, PRETRAINING.rate, _HEAD, 0.0), (True, recipe.rate, 1 - _HEAD, _HEAD))
    if fresh:
        parts = ((True, PRETRAINING.rate, 1.0, 0.0),)
    for encoder_learns, rate, share, done in parts:
        predictor.requires_grad_(True)
        predictor.encoder.requires_grad_(encoder_learns)
        predictor = fit(
            predictor,
            NextBaseTask(sampler),
            replace(recipe.scaled(share), rate=rate),
            threads=threads,
            progress=part_of(progress, done, done + share),
        )
    continued = copy.deepcopy(network)
    continued.encoder.load_state_dict(predictor.encoder.state_dict())
    return continued
