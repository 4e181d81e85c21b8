from dataclasses import replace

import numpy as np
import pytest
import torch

from genefinder.errors import InputError, ModelError
from genefinder.grammar import Grammar
from genefinder.grammar.grammar import EXON_FLOOR, INTRON_FLOOR
from genefinder.models.model import Model, PretrainedModel
from genefinder.network.config import NetworkConfig
from genefinder.network.network import GeneNetwork
from genefinder.network.next_base import NextBase
from genefinder.network.sites import CandidateSites
from genefinder.training.beginning import Beginning, begin
from genefinder.training.corpus import Corpus

from ..toy_genomes import counted_statistics


def begun(settings, saved) -> tuple[GeneNetwork, Corpus]:
    found: Beginning = begin(settings, saved, torch.device("cpu"))
    return found.network, found.corpus


def test_a_new_network_is_given_counted_statistics(toy, tmp_path) -> None:
    network, corpus = begun(toy.settings(tmp_path), None)
    counted = counted_statistics(corpus, network.config).tables
    for name in ("words", "weights", "bias"):
        assert np.array_equal(getattr(corpus.statistics[0].tables, name), getattr(counted, name))
    assert not network.channels.weight.any()


@pytest.fixture
def model(tmp_path, tiny: NetworkConfig):
    folder = tmp_path / "model"
    torch.manual_seed(9)
    network = GeneNetwork(replace(tiny, stride=3), Grammar())
    grammar = Grammar(
        min_intron=77, min_exon=33, starts=("ATG", "CTG"), donors=("GT",), genetic_code=6
    )
    Model("genes", network, grammar).save(folder)
    return folder, network


def test_from_a_model(toy, tmp_path, model) -> None:
    folder, old = model
    network, corpus = begun(replace(toy.settings(tmp_path), init=str(folder)), None)
    assert network.training
    assert network.config == old.config
    for name, value in old.state_dict().items():
        assert torch.equal(network.state_dict()[name], value)
    # Words that the weights know stay; lengths are those of the new species.
    assert corpus.grammar.starts == ("ATG", "CTG")
    assert corpus.grammar.donors == ("GT",)
    assert corpus.grammar.min_intron < 40
    assert corpus.grammar.min_exon < 33
    assert corpus.grammar.genetic_code == 1
    assert torch.equal(network.candidates.site_words, CandidateSites(corpus.grammar).site_words)
    assert not torch.equal(network.candidates.site_words, CandidateSites(Grammar()).site_words)


def test_from_a_pretrained_encoder(toy, tmp_path, tiny: NetworkConfig) -> None:
    torch.manual_seed(9)
    old = NextBase(replace(tiny, stride=3))
    PretrainedModel("raw", old).save(tmp_path / "raw")
    network, corpus = begun(replace(toy.settings(tmp_path), init=str(tmp_path / "raw")), None)
    assert network.training
    assert network.config == old.config
    for name, value in old.encoder.state_dict().items():
        assert torch.equal(network.encoder.state_dict()[name], value)
    # All else is that of a new network.
    assert not network.channels.weight.any()
    assert corpus.grammar.starts == ("ATG",)


def test_from_a_checkpoint(toy, tmp_path, tiny: NetworkConfig) -> None:
    grammar = Grammar(min_intron=21, min_exon=5, starts=("ATG", "TTG"), partial=-3.0)
    saved = {"config": replace(tiny, hidden=4).to_dict(), "grammar": grammar.to_dict()}
    network, corpus = begun(toy.settings(tmp_path), saved)
    assert network.config.hidden == 4
    # The minimum lengths are counted again, on the same annotation.
    assert corpus.grammar == replace(grammar, min_intron=INTRON_FLOOR, min_exon=EXON_FLOOR)


def test_window_must_fit_the_stride(toy, tmp_path) -> None:
    with pytest.raises(InputError, match="window 100 is not a multiple of the network's stride 9"):
        begun(toy.settings(tmp_path, window=100), None)


def test_missing_model(toy, tmp_path) -> None:
    with pytest.raises(ModelError, match="no model nowhere"):
        begun(replace(toy.settings(tmp_path), init="nowhere"), None)
