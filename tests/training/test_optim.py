import copy
import itertools
import time

import pytest
import torch

from genefinder.dna import N
from genefinder.grammar import Grammar
from genefinder.network.config import NetworkConfig
from genefinder.network.network import GeneNetwork
from genefinder.training.optim import (
    AveragedWeights,
    Muon,
    Optimizers,
    Schedule,
    orthogonalise,
    replace_bases,
)
from genefinder.training.recipe import Recipe


@pytest.fixture
def network(tiny: NetworkConfig) -> GeneNetwork:
    torch.manual_seed(1)
    return GeneNetwork(tiny, Grammar())


def owned(network: GeneNetwork, optimizer: torch.optim.Optimizer) -> set[str]:
    ids = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    return {name for name, parameter in network.named_parameters() if id(parameter) in ids}


def test_matrices_go_to_muon_and_all_else_to_adamw(network: GeneNetwork) -> None:
    muon, adamw = Optimizers(network, 1e-3, 0.01).parts
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
        "encoder.statistics.weight",
        "channels.weight",
    } <= matrices


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


def test_matrices_alone_decay(network: GeneNetwork) -> None:
    before, optimizers = weights(network), Optimizers(network, 1e-2, 0.5)
    matrices, rest = (owned(network, part) for part in optimizers.parts)
    for parameter in network.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizers.step(1.0)
    after = weights(network)
    assert all(torch.equal(before[name], after[name]) for name in rest)
    for name in matrices:
        torch.testing.assert_close(after[name], (1 - 1e-2 * 0.5) * before[name])


def test_factor_scales_the_rate(network: GeneNetwork) -> None:
    before = weights(network)
    take_step(network, Optimizers(network, 1e-2, 0.01), 0.0, seed=3)
    assert all(torch.equal(before[name], now) for name, now in weights(network).items())


def test_optimizers_go_on_exactly_from_their_state(tiny: NetworkConfig) -> None:
    torch.manual_seed(1)
    whole, other = GeneNetwork(tiny, Grammar()), GeneNetwork(tiny, Grammar())
    optimizers = Optimizers(whole, 1e-2, 0.01)
    take_step(whole, optimizers, 1.0, seed=4)
    other.load_state_dict(whole.state_dict())
    resumed = Optimizers(other, 1e-2, 0.01)
    resumed.load_state_dict(copy.deepcopy(optimizers.state_dict()))  # as from a file
    take_step(whole, optimizers, 0.5, seed=5)
    take_step(other, resumed, 0.5, seed=5)
    there = weights(other)
    assert all(torch.equal(value, there[name]) for name, value in weights(whole).items())


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


def test_averages_follow_the_definition(tiny: NetworkConfig) -> None:
    torch.manual_seed(1)
    network = GeneNetwork(tiny, Grammar())
    average = AveragedWeights(network, decay=0.6)
    expected = network.join_bases.weight.detach().clone()
    for step in range(1, 40):
        with torch.no_grad():
            network.join_bases.weight.normal_()
        average.update(network, step)
        decay = min(0.6, (1 + step) / (10 + step))
        expected = decay * expected + (1 - decay) * network.join_bases.weight.detach()
        torch.testing.assert_close(average.network.join_bases.weight, expected)


def test_an_average_is_a_copy_for_evaluation(tiny: NetworkConfig) -> None:
    network = GeneNetwork(tiny, Grammar()).train()
    average = AveragedWeights(network, decay=0.9)
    assert not average.network.training
    assert not any(parameter.requires_grad for parameter in average.network.parameters())
    assert all(parameter.requires_grad for parameter in network.parameters())
    with torch.no_grad():
        network.channels.bias.add_(1)
    assert not torch.equal(average.network.channels.bias, network.channels.bias)


def test_an_average_restores_its_state(tiny: NetworkConfig) -> None:
    first, second = GeneNetwork(tiny, Grammar()), GeneNetwork(tiny, Grammar())
    average = AveragedWeights(second, decay=0.9)
    average.load_state_dict(AveragedWeights(first, decay=0.9).state_dict())
    for name, value in first.state_dict().items():
        assert torch.equal(average.state_dict()[name], value)


def at(step: int, *, max_steps: int = 1_000, constant: float = 0.5) -> Schedule:
    return Schedule(max_steps=max_steps, max_seconds=None, constant=constant, step=step)


def test_rate_rises_stays_and_falls_to_nothing() -> None:
    assert [at(step).factor for step in (0, 9, 19)] == pytest.approx([0.05, 0.5, 1.0])
    assert {at(step).factor for step in range(20, 501)} == {1.0}
    assert at(750).factor == pytest.approx(0.5)
    assert at(1_000).factor == 0.0
    falling = [at(step).factor for step in range(500, 1_001)]
    assert all(earlier > later for earlier, later in itertools.pairwise(falling))


def test_rate_may_fall_from_the_start_or_never() -> None:
    assert at(250, constant=0.0).factor == pytest.approx(0.75)
    assert at(999, constant=1.0).factor == 1.0


def test_progress_is_that_of_the_budget_nearer_its_end() -> None:
    schedule = Schedule(max_steps=10, max_seconds=100.0, constant=0.5, step=2, seconds=50.0)
    assert schedule.progress == 0.5
    schedule.step = 8
    assert schedule.progress == 0.8
    schedule.seconds = 500.0
    assert schedule.progress == 1.0


def test_no_steps_are_a_budget() -> None:
    assert at(0, max_steps=0).progress == 1.0


def test_budget_without_an_end_is_refused() -> None:
    with pytest.raises(ValueError, match="budget"):
        Schedule(max_steps=None, max_seconds=None, constant=0.5)


def test_clock_counts_from_the_first_tick() -> None:
    times = iter([100.0, 103.0, 103.5])
    schedule = Schedule(None, 10.0, 0.5, clock=lambda: next(times), seconds=2.0)
    schedule.tick()
    assert schedule.seconds == 2.0
    schedule.tick()
    assert schedule.seconds == 5.0
    schedule.tick()
    assert schedule.seconds == 5.5
    assert schedule.progress == pytest.approx(0.55)


def test_the_budget_of_a_recipe() -> None:
    steps = Schedule.of(Recipe(max_steps=7, constant=0.3))
    assert (steps.max_steps, steps.max_seconds, steps.constant) == (7, None, 0.3)
    minutes = Schedule.of(Recipe(max_minutes=2.0))
    assert (minutes.max_seconds, minutes.clock) == (120.0, time.monotonic)
    cpu = Schedule.of(Recipe(max_cpu_minutes=3.0))
    assert (cpu.max_seconds, cpu.clock) == (180.0, time.process_time)


def test_replaces_a_share_of_the_bases() -> None:
    torch.manual_seed(1)
    codes = torch.randint(0, 4, (3, 20_000), dtype=torch.uint8)
    noisy = replace_bases(codes, 0.2)
    changed = (noisy != codes).float().mean(1)
    assert ((changed - 0.15).abs() < 0.01).all()
    assert noisy.dtype == codes.dtype
    assert int(noisy.max()) < N
    assert torch.equal(codes, codes.clone())


def test_unknown_bases_stay_unknown() -> None:
    codes = torch.full((1, 50), N, dtype=torch.uint8)
    assert torch.equal(replace_bases(codes, 1.0), codes)


def test_no_noise_draws_nothing() -> None:
    torch.manual_seed(1)
    state = torch.get_rng_state()
    codes = torch.randint(0, 4, (10,))
    torch.set_rng_state(state)
    assert replace_bases(codes, 0.0) is codes
    assert torch.equal(torch.get_rng_state(), state)
