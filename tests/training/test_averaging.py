import torch

from genefinder.grammar import Grammar
from genefinder.network.config import NetworkConfig
from genefinder.network.network import GeneNetwork
from genefinder.training.optim import AveragedWeights


def test_follows_the_definition(tiny: NetworkConfig) -> None:
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


def test_is_a_copy_for_evaluation(tiny: NetworkConfig) -> None:
    network = GeneNetwork(tiny, Grammar()).train()
    average = AveragedWeights(network, decay=0.9)
    assert not average.network.training
    assert not any(parameter.requires_grad for parameter in average.network.parameters())
    assert all(parameter.requires_grad for parameter in network.parameters())
    with torch.no_grad():
        network.channels.bias.add_(1)
    assert not torch.equal(average.network.channels.bias, network.channels.bias)


def test_restores_its_state(tiny: NetworkConfig) -> None:
    first, second = GeneNetwork(tiny, Grammar()), GeneNetwork(tiny, Grammar())
    average = AveragedWeights(second, decay=0.9)
    average.load_state_dict(AveragedWeights(first, decay=0.9).state_dict())
    for name, value in first.state_dict().items():
        assert torch.equal(average.state_dict()[name], value)
