import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from genefinder.data.first_tables import first_tables
from genefinder.grammar import Grammar
from genefinder.io.fasta import open_genome
from genefinder.network.config import NetworkConfig
from genefinder.network.device import choose_device
from genefinder.network.network import GeneNetwork
from genefinder.network.table_scorer import TableScorer
from genefinder.selftraining.chunks import cut_chunks, hold_out
from genefinder.selftraining.criteria import Candidate, score_network
from genefinder.selftraining.parses import Parse, parse_all
from genefinder.selftraining.pseudo_labels import Budget, refine, train_rounds, training_regions
from genefinder.training.recipe import Recipe
from genefinder.training.start import fill_tables

GRAMMAR = Grammar(min_intron=30, min_exon=9)
RECIPE = Recipe(window=297, batch=2, seed=3, noise=0.0)
CPU = choose_device("cpu")


@pytest.fixture(scope="module")
def chunks(bare):
    return hold_out(cut_chunks(open_genome(bare.genome), 10**9))


@pytest.fixture(scope="module")
def tables(chunks, tiny: NetworkConfig):
    sequences = [chunk.codes for chunk in chunks[0]]
    shape = tiny.table_order, tiny.weights_before, tiny.weights_after
    return first_tables(sequences, GRAMMAR, *shape)


@pytest.fixture(scope="module")
def parses(chunks, tables, tiny: NetworkConfig) -> list[Parse]:
    return parse_all(chunks[0], TableScorer(tables, GRAMMAR), GRAMMAR)


@pytest.fixture
def network(tables, tiny: NetworkConfig) -> GeneNetwork:
    torch.manual_seed(1)
    network = GeneNetwork(tiny, GRAMMAR)
    fill_tables(network, tables)
    return network


def steps(count: int, recipe: Recipe = RECIPE) -> Recipe:
    return replace(recipe, max_steps=count)


def weights(network: GeneNetwork) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def test_what_is_in_doubt_is_not_learnt(parses) -> None:
    level = float(np.quantile(np.concatenate([parse.label_posterior for parse in parses]), 0.3))
    regions = list(training_regions(parses, GRAMMAR, level))
    assert regions
    by_codes = {id(parse.chunk.codes): parse for parse in parses}
    for region in regions:
        masked = region.targets.masked_bases()
        assert masked[by_codes[id(region.codes)].label_posterior < level].all()
        assert not masked.all()


def test_nothing_certain_is_no_stretch(parses) -> None:
    assert not list(training_regions(parses, GRAMMAR, 1.1))


def test_no_steps_change_nothing(network, parses) -> None:
    before = weights(network)
    regions = training_regions(parses, GRAMMAR, 0.9)
    after = weights(refine(network, regions, GRAMMAR, steps(0)))
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_the_same_seed_gives_the_same_weights(network, parses) -> None:
    regions = list(training_regions(parses, GRAMMAR, 0.9))
    found = [
        weights(refine(copy.deepcopy(network), regions, GRAMMAR, steps(4, recipe)))
        for recipe in (RECIPE, RECIPE, replace(RECIPE, seed=4))
    ]
    same, other = (
        all(torch.equal(found[0][name], weights[name]) for name in weights) for weights in found[1:]
    )
    assert same
    assert not other


def test_progress_is_reported(network, parses) -> None:
    shares: list[float] = []
    regions = training_regions(parses, GRAMMAR, 0.9)
    refine(network, regions, GRAMMAR, steps(4), progress=shares.append)
    assert shares == [0.25, 0.5, 0.75, 1.0]


@pytest.fixture
def teacher(network, chunks) -> Candidate:
    return score_network("teacher", network, GRAMMAR, chunks[0], chunks[1], CPU, 1)


def test_rounds_end_where_nothing_is_gained(teacher, network, chunks) -> None:
    budget = Budget(replace(RECIPE, max_steps=4), 3, 1, CPU)
    before = weights(network)
    unbeatable = replace(teacher, held_out_gain=1e9)
    assert len(train_rounds(network, unbeatable, chunks, budget)) == 1
    easy = replace(teacher, held_out_gain=-1e9)
    messages: list[str] = []
    shares: list[float] = []
    found = train_rounds(network, easy, chunks, budget, messages.append, shares.append)
    assert 1 <= len(found) <= 3
    assert [candidate.name for candidate in found] == [
        f"network, round {n + 1}" for n in range(len(found))
    ]
    assert len(messages) == len(found)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(len(found) / 3)
    # The network to start from stays as it was.
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_a_teacher_that_is_sure_of_nothing(teacher, network, chunks) -> None:
    blind = [
        replace(parse, label_posterior=np.zeros_like(parse.label_posterior))
        for parse in teacher.learnt
    ]
    budget = Budget(replace(RECIPE, max_steps=4), 2, 1, CPU)
    assert train_rounds(network, replace(teacher, learnt=blind), chunks, budget) == []


def test_the_budget_is_for_all_rounds() -> None:
    updates = Budget(replace(RECIPE, max_steps=5), 2, 1, CPU).of_round()
    assert (updates.max_steps, updates.max_minutes) == (3, None)
    minutes = Budget(replace(RECIPE, max_minutes=4), 2, 1, CPU).of_round()
    assert (minutes.max_steps, minutes.max_minutes) == (None, 2)
