import numpy as np
import pytest

from genefinder.data.regions import RegionSequence
from genefinder.grammar import Grammar, forward_backward, graph, viterbi
from genefinder.grammar.labels import LABEL_CHANNEL, N_CHANNELS
from genefinder.selftraining.parses import parse

GRAMMAR = Grammar(min_intron=6, min_exon=3)


@pytest.fixture
def chunk() -> RegionSequence:
    codes = np.random.default_rng(2).integers(0, 4, 400).astype(np.uint8)
    return RegionSequence("chr", 1000, codes)


def scores(codes: np.ndarray) -> np.ndarray:
    return np.random.default_rng(7).normal(0, 1, (len(codes), N_CHANNELS)).astype(np.float32)


def test_labels_are_those_of_the_best_path(chunk: RegionSequence) -> None:
    found = parse(chunk, scores, GRAMMAR)
    path = viterbi(chunk.codes, scores(chunk.codes), GRAMMAR, free_ends=True)
    assert np.array_equal(found.labels, path.labels())
    assert found.labels.any()
    signals = np.stack([found.positions, found.channels], axis=1)
    assert np.array_equal(signals, path.signals())
    assert [gene.transcripts[0].cds for gene in found.genes] == [
        gene.transcripts[0].cds for gene in path.genes("chr")
    ]


def test_the_graph_is_built_once(chunk: RegionSequence, monkeypatch) -> None:
    builds = []

    def find_edges(*arguments):
        builds.append(arguments)
        return built(*arguments)

    built = graph.find_edges
    monkeypatch.setattr(graph, "find_edges", find_edges)
    parse(chunk, scores, GRAMMAR)
    assert len(builds) == 1


def test_certainty_is_the_posterior_of_the_label(chunk: RegionSequence) -> None:
    found = parse(chunk, scores, GRAMMAR)
    _, posterior = forward_backward(chunk.codes, scores(chunk.codes), GRAMMAR, free_ends=True)
    for place, label in enumerate(found.labels.tolist()):
        if label:
            wanted = posterior[place, LABEL_CHANNEL[label]]
        else:
            wanted = 1 - sum(posterior[place, channel] for channel in LABEL_CHANNEL[1:])
        assert found.label_posterior[place] == pytest.approx(wanted, abs=1e-5)


def test_what_is_in_doubt(chunk: RegionSequence) -> None:
    found = parse(chunk, scores, GRAMMAR)
    level = float(np.median(found.label_posterior))
    inside = np.zeros(len(chunk.codes), dtype=bool)
    for start, end in found.low_confidence(level):
        assert start < end
        inside[start:end] = True
    assert np.array_equal(inside, found.label_posterior < level)
    assert np.array_equal(found.labelled(level).masked, inside)
    assert not len(found.low_confidence(0.0))
