from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from genefinder.data.start_motifs import SPACERS, WIDTH, StartMotifs
from genefinder.errors import ModelError
from genefinder.grammar import Grammar
from genefinder.grammar.labels import INTRON, START, STRAND_CHANNELS
from genefinder.network.config import NetworkConfig
from genefinder.network.layers import both_readings, word_indices
from genefinder.network.network import LABEL_BOUND, SIGNAL_BOUND, GeneNetwork
from genefinder.network.statistics import (
    START_CODON,
    SpeciesScores,
    StatisticsScorer,
    statistic_features,
)

from ..toy_genomes import made_up_statistics


def codes_of(rows: int, span: int = 45) -> Tensor:
    generator = torch.Generator().manual_seed(2)
    return torch.randint(0, 5, (rows, span), generator=generator, dtype=torch.uint8)


@pytest.fixture
def config(tiny: NetworkConfig) -> NetworkConfig:
    return tiny


def test_scores_are_looked_up(config) -> None:
    tables = made_up_statistics(config, 1).tables
    readings = both_readings(codes_of(1))
    states, signals, starts = StatisticsScorer([made_up_statistics(config, 1)])(readings)
    assert starts is None
    words = word_indices(readings, config.table_order + 1)
    for row in range(2):
        for position, word in enumerate(words[row].tolist()):
            np.testing.assert_array_equal(states[row, position], tables.words[word])
            for signal in range(4):
                expected = float(tables.bias[signal])
                for column in range(tables.weights.shape[3]):
                    source = position + column - tables.before
                    if 1 <= source < readings.shape[1]:
                        pair = tuple(readings[row, source - 1 : source + 1].tolist())
                        if max(pair) < 4:
                            expected += float(tables.weights[(signal, *pair, column)])
                assert float(signals[row, position, signal]) == pytest.approx(expected, abs=1e-4)


def test_each_window_is_scored_by_its_own_species(config) -> None:
    species = [made_up_statistics(config, seed) for seed in range(3)]
    readings = both_readings(codes_of(4))
    several = StatisticsScorer(species)(readings, [2, 0, 2, 1])
    for row, number in enumerate([2, 0, 2, 1]):
        own = both_readings(codes_of(4)[row : row + 1])
        alone_scores = StatisticsScorer([species[number]])(own)
        for found, alone in zip(several[:2], alone_scores[:2], strict=True):
            torch.testing.assert_close(found[[row, 4 + row]], alone)


def motifs(seed: int) -> StartMotifs:
    rng = np.random.default_rng(seed)
    spacers = rng.random((2, SPACERS))
    return StartMotifs(
        weights=rng.normal(0, 1, (2, 4, WIDTH)).astype(np.float32),
        spacers=(spacers / spacers.sum() * 0.8).astype(np.float32),
    )


def test_motifs_before_starts_are_added_and_not_read(config, lively) -> None:
    plain = [made_up_statistics(config, seed) for seed in range(3)]
    found = motifs(1)
    marked = replace(plain[1], tables=replace(plain[1].tables, motifs=found))
    codes = codes_of(3)
    readings = both_readings(codes)
    scores = StatisticsScorer([plain[0], marked, plain[2]])(readings, [0, 1, 2])
    assert scores.starts is not None
    assert not scores.starts[[0, 2, 3, 5]].any()
    for row in (1, 4):
        wanted = found.scores(readings[row].numpy().astype(np.uint8), np.arange(codes.shape[1]))
        np.testing.assert_allclose(scores.starts[row], wanted, atol=1e-5)
    network = lively(config)
    with torch.inference_mode():
        without = network.reading(plain[1])(codes[1:2])
        beside = network.reading(marked)(codes[1:2])
    added = SIGNAL_BOUND * (
        torch.atanh(beside / SIGNAL_BOUND) - torch.atanh(without / SIGNAL_BOUND)
    )
    torch.testing.assert_close(added[0, :, START], scores.starts[1], atol=1e-3, rtol=1e-3)
    changed = [START, STRAND_CHANNELS + START]
    others = [channel for channel in range(2 * STRAND_CHANNELS) if channel not in changed]
    assert torch.equal(beside[:, :, others], without[:, :, others])


def test_start_codons_count_once_more_where_genes_have_no_introns(config) -> None:
    eukaryote = made_up_statistics(config, 1)
    bacterium = replace(made_up_statistics(config, 2), genetic_code=11)
    readings = both_readings(codes_of(2))
    starts = StatisticsScorer([eukaryote, bacterium])(readings, [0, 1]).starts
    assert starts is not None
    odds = np.append(bacterium.tables.weights[0, 0, :, bacterium.tables.before], 0.0)
    for row in range(4):
        wanted = START_CODON * odds[readings[row]] if row % 2 else np.zeros(readings.shape[1])
        np.testing.assert_allclose(starts[row], wanted, atol=1e-6)


def test_what_the_network_reads_is_bounded() -> None:
    states = torch.tensor([[[-9.0, 0.5, 9.0, 1.0]]])
    signals = torch.tensor([[[-99.0, 3.0, 99.0, 0.0]]])
    features = statistic_features(states, signals)
    assert features.flatten().tolist() == [-4.0, 0.5, 4.0, 1.0, -4.0, 1.0, 4.0, 0.0]


def test_a_new_network_scores_what_the_statistics_do(config) -> None:
    torch.manual_seed(1)
    statistics, codes = made_up_statistics(config, 1), codes_of(2)
    network = GeneNetwork(config, Grammar()).reading(statistics).eval()
    with torch.inference_mode():
        scores = network(codes)
    states, signals, _ = StatisticsScorer([statistics])(both_readings(codes))
    labels = torch.cat([states[:, :, :INTRON], states[:, :, INTRON:].expand(-1, -1, 3)], 2)
    labels = LABEL_BOUND * torch.tanh(labels / LABEL_BOUND)
    signals = SIGNAL_BOUND * torch.tanh(signals / SIGNAL_BOUND)
    torch.testing.assert_close(scores[:, :, :START], labels[:2])
    torch.testing.assert_close(scores[:, :, START:STRAND_CHANNELS], signals[:2])
    torch.testing.assert_close(
        scores[:, :, STRAND_CHANNELS:], torch.cat([labels, signals], 2)[2:].flip(1)
    )


def test_statistics_are_features_as_well(config, lively) -> None:
    network, codes = lively(config), codes_of(2)
    scores = []
    with torch.inference_mode():
        for seed in (1, 2):
            added = StatisticsScorer([made_up_statistics(config, seed)])(both_readings(codes))
            whole = network(codes, added)
            bound = network.reading(made_up_statistics(config, seed))(codes)
            torch.testing.assert_close(whole, bound)
            raw = SIGNAL_BOUND * torch.atanh((whole / SIGNAL_BOUND)[:, :, START:STRAND_CHANNELS])
            scores.append(raw - added[1][:2])
    # What is left is the network's own word, and it has read the statistics.
    first, second = scores
    assert not torch.allclose(first, second, atol=0.1)


def test_equivariant_under_reverse_complement(config, lively) -> None:
    network, codes = lively(config).reading(made_up_statistics(config, 1)), codes_of(2)
    complement = both_readings(codes)[2:]
    with torch.inference_mode():
        scores, mirrored = network(codes), network(complement)
    torch.testing.assert_close(
        mirrored, scores.flip(1).roll(STRAND_CHANNELS, dims=2), rtol=1e-5, atol=1e-5
    )


def test_statistics_are_no_part_of_the_weights(config) -> None:
    network = GeneNetwork(config, Grammar())
    bound = network.reading(made_up_statistics(config, 1))
    assert bound.state_dict().keys() == network.state_dict().keys()
    assert network.species is None


def test_without_statistics_nothing_is_known_of_the_species(config, lively) -> None:
    network, codes = lively(config), codes_of(2)
    nothing = torch.zeros(4, codes.shape[1], 4)
    with torch.inference_mode():
        assert torch.equal(network(codes), network(codes, SpeciesScores(nothing, nothing)))


def test_a_network_may_not_read_what_is_added(config, lively) -> None:
    network, codes = lively(replace(config, statistics=False)), codes_of(2)
    statistics = made_up_statistics(config, 1)
    states, *_ = StatisticsScorer([statistics])(both_readings(codes))
    with torch.inference_mode():
        alone, beside = network(codes), network.reading(statistics)(codes)
    labels = torch.cat([states[:, :, :INTRON], states[:, :, INTRON:].expand(-1, -1, 3)], 2)
    expected = LABEL_BOUND * torch.atanh(alone[:, :, :START] / LABEL_BOUND) + labels[:2]
    found = LABEL_BOUND * torch.atanh(beside[:, :, :START] / LABEL_BOUND)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)


def test_whether_it_reads_them_is_true_or_false(config) -> None:
    with pytest.raises(ModelError, match="statistics must be true or false"):
        replace(config, statistics=1)
