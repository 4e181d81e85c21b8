import numpy as np
import pytest

from genefinder.grammar import Grammar, forward_backward, viterbi
from genefinder.grammar.labels import LABEL_CHANNEL, N_CHANNELS
from genefinder.selftraining.chunks import Piece
from genefinder.selftraining.parses import parse

GRAMMAR = Grammar(min_intron=6, min_exon=3)


@pytest.fixture
def piece() -> Piece:
    codes = np.random.default_rng(2).integers(0, 4, 400).astype(np.uint8)
    return Piece("chr", 1000, codes)


def evidence(codes: np.ndarray) -> np.ndarray:
    return np.random.default_rng(7).normal(0, 1, (len(codes), N_CHANNELS)).astype(np.float32)


def test_labels_are_those_of_the_best_path(piece: Piece) -> None:
    found = parse(piece, evidence, GRAMMAR)
    path = viterbi(piece.codes, evidence(piece.codes), GRAMMAR, free_ends=True)
    assert np.array_equal(found.labels, path.labels())
    assert found.labels.any()
    signals = np.stack([found.positions, found.channels], axis=1)
    assert np.array_equal(signals, path.signals())
    assert [gene.transcripts[0].cds for gene in found.genes] == [
        gene.transcripts[0].cds for gene in path.genes("chr")
    ]


def test_certainty_is_the_posterior_of_the_label(piece: Piece) -> None:
    found = parse(piece, evidence, GRAMMAR)
    _, posterior = forward_backward(piece.codes, evidence(piece.codes), GRAMMAR, free_ends=True)
    for place, label in enumerate(found.labels.tolist()):
        if label:
            wanted = posterior[place, LABEL_CHANNEL[label]]
        else:
            wanted = 1 - sum(posterior[place, channel] for channel in LABEL_CHANNEL[1:])
        assert found.certainty[place] == pytest.approx(wanted, abs=1e-5)


def test_what_is_in_doubt(piece: Piece) -> None:
    found = parse(piece, evidence, GRAMMAR)
    level = float(np.median(found.certainty))
    inside = np.zeros(len(piece.codes), dtype=bool)
    for start, end in found.doubtful(level):
        assert start < end
        inside[start:end] = True
    assert np.array_equal(inside, found.certainty < level)
    assert np.array_equal(found.labelled(level).masked, inside)
    assert not len(found.doubtful(0.0))
