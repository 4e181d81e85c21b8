import copy
from dataclasses import replace
from typing import Any

import pytest
import torch

from genefinder.data.sampling import Sampler
from genefinder.data.windows import RawRegion
from genefinder.grammar import Grammar
from genefinder.network.config import NetworkConfig
from genefinder.network.network import GeneNetwork
from genefinder.network.next_base import NextBase
from genefinder.training.markov_comparison import network_bits
from genefinder.training.recipe import Recipe
from genefinder.training.tasks import NextBaseTask
from genefinder.training.train import learn_next_base
from genefinder.training.trainer import fit


@pytest.fixture
def network(tiny: NetworkConfig) -> GeneNetwork:
    torch.manual_seed(1)
    return GeneNetwork(tiny, Grammar()).eval()


@pytest.fixture(scope="module")
def sequences() -> list[RawRegion]:
    """Repeats of a word, with a little noise."""
    generator = torch.Generator().manual_seed(1)
    found = []
    for _ in range(2):
        codes = torch.tensor([0, 0, 1, 3, 2, 1, 3]).repeat(200)
        noisy = torch.rand(len(codes), generator=generator) < 0.05
        random = torch.randint(0, 4, codes.shape, generator=generator)
        letters = torch.where(noisy, random, codes).to(torch.uint8).numpy()
        found.append(RawRegion("a", 0, letters))
    return found


def recipe(max_steps: int = 8, **values: Any) -> Recipe:
    return Recipe(window=297, batch=2, averaging=0.9, max_steps=max_steps, **values)


CPU = torch.device("cpu")


def learn(network: GeneNetwork, regions: list[RawRegion], how: Recipe, **values: Any) -> Any:
    sampler = Sampler([regions], [1.0], how.window, how.seed)
    return learn_next_base(network, sampler, how, device=CPU, **values)


def test_the_network_itself_stays(network: GeneNetwork, sequences: list[RawRegion]) -> None:
    before = copy.deepcopy(network.state_dict())
    learnt = learn(network, sequences, recipe())
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    assert learnt.keys() == network.encoder.state_dict().keys()
    assert any(not torch.equal(before[f"encoder.{name}"], learnt[name]) for name in learnt)


def test_the_same_seed_gives_the_same_weights(
    network: GeneNetwork, sequences: list[RawRegion]
) -> None:
    states = [learn(network, sequences, recipe(seed=seed)) for seed in (1, 1, 2)]
    same, other = (
        all(torch.equal(states[0][name], state[name]) for name in state) for state in states[1:]
    )
    assert same
    assert not other


def test_progress_is_reported(network: GeneNetwork, sequences: list[RawRegion]) -> None:
    shares: list[float] = []
    learn(network, sequences, recipe(), progress=shares.append)
    assert shares == [number / 8 for number in range(1, 9)]


def test_the_encoder_serves_the_next_base_better(
    network: GeneNetwork, sequences: list[RawRegion]
) -> None:
    """Heads that are trained alike, on the encoder before and after, predict held-out sequence."""
    seen, held = sequences
    longer = recipe(max_steps=200, rate=1e-2)
    learnt = learn(network, [seen], longer)

    def bits(encoder: dict[str, torch.Tensor]) -> float:
        torch.manual_seed(2)
        predictor = NextBase(network.config)
        predictor.encoder.load_state_dict(encoder)
        predictor.encoder.requires_grad_(False)
        sampler = Sampler([[seen]], [1.0], longer.window, 2)
        fitted = fit(predictor, NextBaseTask(sampler), replace(longer, noise=0.0))
        return network_bits(fitted, [held], CPU).mean

    before, after = bits(network.encoder.state_dict()), bits(learnt)
    assert after < before - 0.1
