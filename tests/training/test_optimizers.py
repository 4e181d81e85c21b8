import copy

import pytest
import torch

from genefinder.grammar import Grammar
from genefinder.network.config import NetworkConfig
from genefinder.network.network import GeneNetwork
from genefinder.training.optim import Muon, Optimizers, orthogonalise


@pytest.fixture
def network(tiny: NetworkConfig) -> GeneNetwork:
    torch.manual_seed(1)
    return GeneNetwork(tiny, Grammar())


def owned(network: GeneNetwork, optimizer: torch.optim.Optimizer) -> set[str]:
    ids = {id(one) for group in optimizer.param_groups for one in group["params"]}
    return {name for name, one in network.named_parameters() if id(one) in ids}


def test_matrices_go_to_muon_and_all_else_to_adamw(network: GeneNetwork) -> None:
    muon, adamw = Optimizers(network, 1e-3, 0.01)._parts
    assert isinstance(muon, torch.optim.Muon)
    assert isinstance(adamw, torch.optim.AdamW)
    matrices, rest = owned(network, muon), owned(network, adamw)
    assert matrices | rest == {name for name, _ in network.named_parameters()}
    assert not matrices & rest
    assert {
        "encoder.embedding.weight",
        "encoder.convolutions.0.weight",
        "encoder.recurrent.weight_hh_l0",
        "sites.words.weight",
        "tables.words",
        "channels.weight",
    } <= matrices
    assert {"tables.weights", "tables.bias", "encoder.recurrent.bias_ih_l0"} <= rest


def take_step(network: GeneNetwork, optimizers: Optimizers, factor: float, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    for parameter in network.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator)
    optimizers.step(factor)


def weights(network: GeneNetwork) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def test_step_updates_everything_and_forgets_the_gradients(network: GeneNetwork) -> None:
    before = weights(network)
    take_step(network, Optimizers(network, 1e-2, 0.01), 1.0, seed=3)
    assert all(not torch.equal(before[name], now) for name, now in weights(network).items())
    assert all(parameter.grad is None for parameter in network.parameters())


def test_factor_scales_the_rate(network: GeneNetwork) -> None:
    before = weights(network)
    take_step(network, Optimizers(network, 1e-2, 0.01), 0.0, seed=3)
    assert all(torch.equal(before[name], now) for name, now in weights(network).items())


def test_goes_on_exactly_from_its_state(tiny: NetworkConfig) -> None:
    torch.manual_seed(1)
    one, other = GeneNetwork(tiny, Grammar()), GeneNetwork(tiny, Grammar())
    optimizers = Optimizers(one, 1e-2, 0.01)
    take_step(one, optimizers, 1.0, seed=4)
    other.load_state_dict(one.state_dict())
    resumed = Optimizers(other, 1e-2, 0.01)
    resumed.load_state_dict(copy.deepcopy(optimizers.state_dict()))  # as from a file
    take_step(one, optimizers, 0.5, seed=5)
    take_step(other, resumed, 0.5, seed=5)
    there = weights(other)
    assert all(torch.equal(value, there[name]) for name, value in weights(one).items())


@pytest.mark.parametrize("shape", [(24, 24), (16, 65), (97, 8)])
def test_muon_is_that_of_torch_but_for_its_precision(shape: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(1)
    start = torch.randn(shape, generator=generator)
    own, reference = (torch.nn.Parameter(start.clone()) for _ in range(2))
    idle = torch.nn.Parameter(torch.ones(2, 2))
    optimizers = [
        kind([matrix, idle], lr=0.1, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
        for kind, matrix in ((Muon, own), (torch.optim.Muon, reference))
    ]
    for _ in range(3):
        own.grad = torch.randn(shape, generator=generator)
        reference.grad = own.grad.clone()
        for optimizer in optimizers:
            optimizer.step()
    moved, wanted = own.detach() - start, reference.detach() - start
    # Numbers of bfloat16 have eight bits.
    assert (moved - wanted).norm() < 2**-5 * wanted.norm()
    assert (moved - wanted).abs().max() > 0
    assert torch.equal(idle, torch.ones(2, 2))
    state = optimizers[0].state_dict()["state"][0]["momentum_buffer"]
    assert torch.equal(state, optimizers[1].state_dict()["state"][0]["momentum_buffer"])


def test_orthogonalised_matrices_have_singular_values_near_one() -> None:
    matrix = torch.randn(12, 30, generator=torch.Generator().manual_seed(2)) * 1e3
    found = orthogonalise(matrix, (3.4445, -4.7750, 2.0315), 5, 1e-7)
    values = torch.linalg.svdvals(found)
    assert 0.5 < values.min() <= values.max() < 1.5
