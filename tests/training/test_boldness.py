import pytest
import torch

from genefinder.decoding import Grammar
from genefinder.evaluate import Evaluation, Level
from genefinder.labels import START
from genefinder.network.config import NetworkConfig
from genefinder.network.model import GeneNetwork
from genefinder.training import boldness
from genefinder.training.boldness import STEPS, choose_boldness
from genefinder.training.corpus import load_corpus
from genefinder.training.start import fill_tables, grammar_of
from genefinder.training.validation import validate


@pytest.fixture
def network(tiny: NetworkConfig) -> GeneNetwork:
    torch.manual_seed(1)
    return GeneNetwork(tiny).eval()


def level(f1: float) -> Level:
    return Level(1_000, round(1_000 * f1), 1_000, round(1_000 * f1))


@pytest.mark.parametrize(
    ("f1", "chosen"),
    [
        ((0.5, 0.6, 0.7, 0.6, 0.5), 1.0),
        ((0.7, 0.7, 0.7, 0.7, 0.7), 0.0),
        ((0.1, 0.2, 0.3, 0.4, 0.5), 2.0),
    ],
)
def test_the_best_step_is_added_and_no_other(monkeypatch, network, f1, chosen: float) -> None:
    before = {name: value.clone() for name, value in network.state_dict().items()}
    seen = []

    def judge(_held_out, _reader, _grammar, _bases) -> Evaluation:
        seen.append(float(network.channels.bias[START] - before["channels.bias"][START]))
        one = level(f1[len(seen) - 1])
        return Evaluation(one, one, one, one)

    monkeypatch.setattr(boldness, "validate", judge)
    assert choose_boldness((), network, torch.device("cpu"), 1, Grammar()) == chosen
    assert seen == pytest.approx(STEPS)
    for name, value in network.state_dict().items():
        expected = before[name].clone()
        if name == "channels.bias":
            expected[START] += chosen
        assert torch.equal(value, expected)


def test_more_boldness_finds_more_genes(toy, network) -> None:
    from genefinder.annotate import EvidenceReader
    from genefinder.training.corpus import count_corpus

    corpus = load_corpus([toy.labelled], [], [])
    fill_tables(network, count_corpus(corpus, network.config))
    found = []
    for step in (-4.0, 0.0, 4.0):
        with torch.no_grad():
            network.channels.bias[START] = step
        with EvidenceReader(network, torch.device("cpu")) as reader:
            evaluation = validate(corpus.held_out, reader, grammar_of(corpus.rules), None)
        found.append(evaluation.gene.n_predicted)
    assert found == sorted(found)
    assert found[0] < found[-1]
