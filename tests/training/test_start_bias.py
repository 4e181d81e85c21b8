import numpy as np
import pytest
import torch

from genefinder.grammar import Grammar
from genefinder.grammar.labels import START
from genefinder.network.config import NetworkConfig
from genefinder.network.network import GeneNetwork
from genefinder.network.scorer import WindowScorer
from genefinder.network.statistics import StatisticsScorer
from genefinder.training.corpus import load_corpus
from genefinder.training.start_bias import STEPS, choose_start_score_bias
from genefinder.training.validation import CHANCE, balance, predict_held_out, validate

from ..toy_genomes import counted_statistics

CPU = torch.device("cpu")


@pytest.fixture
def network(tiny: NetworkConfig) -> GeneNetwork:
    torch.manual_seed(1)
    return GeneNetwork(tiny, Grammar()).eval()


@pytest.fixture
def counted(toy, network: GeneNetwork):
    """A corpus, and a network that finds its genes."""
    corpus = load_corpus([toy.labelled], [], [])
    network.species = StatisticsScorer([counted_statistics(corpus, network.config)])
    return corpus


def set_bias(network: GeneNetwork, value: float) -> None:
    with torch.no_grad():
        network.channels.bias[START] = value


def test_the_choice_is_that_of_networks_with_other_biases(counted, network) -> None:
    grammar = counted.grammar
    set_bias(network, -3.0)
    scores = []
    for step in STEPS:
        set_bias(network, step - 3.0)
        with WindowScorer(network, CPU) as reader:
            scores.append(balance(validate(counted.held_out, reader, grammar, None)))
    assert len(set(scores)) > 1
    set_bias(network, -3.0)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with WindowScorer(network, CPU) as reader:
        found = choose_start_score_bias(counted.held_out, network, reader, grammar)
        _, expected, _ = predict_held_out(counted.held_out, reader, grammar, None)
    enough = np.array(scores) >= max(scores) - CHANCE
    assert found.bias == STEPS[int(np.argmax(enough))]
    before["channels.bias"][START] += found.bias
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])
    # What it found is what the network finds now.
    assert [gene.transcripts[0].cds for gene in found.genes] == [
        gene.transcripts[0].cds for gene in expected
    ]
    assert [gene.posterior for gene in found.genes] == pytest.approx(
        [gene.posterior for gene in expected], abs=1e-4
    )


def test_more_start_score_bias_finds_more_genes(counted, network) -> None:
    found = []
    for step in (-4.0, 0.0, 4.0):
        set_bias(network, step)
        with WindowScorer(network, CPU) as reader:
            evaluation = validate(counted.held_out, reader, counted.grammar, None)
        found.append(evaluation.gene.n_predicted)
    assert found == sorted(found)
    assert found[0] < found[-1]
