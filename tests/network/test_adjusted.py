from dataclasses import replace

import numpy as np
import torch

from genefinder.dna import Codes
from genefinder.grammar import Grammar
from genefinder.grammar.labels import (
    ACCEPTOR,
    DONOR,
    EXON,
    START,
    STOP,
    STRAND_CHANNELS,
)
from genefinder.network.network import SIGNAL_BOUND, GeneNetwork, Scores, adjusted
from genefinder.network.scorer import WindowScorer
from genefinder.species.adjustment import Adjustment

from ..toy_genomes import TINY, made_up_statistics

CPU = torch.device("cpu")
CODES: Codes = np.random.default_rng(3).integers(0, 4, 3_000, dtype=np.uint8)


def scored(adjustment: Adjustment) -> Scores:
    """Score by a network that reads statistics with an adjustment."""
    torch.manual_seed(1)
    network = GeneNetwork(TINY, Grammar()).eval()
    statistics = replace(made_up_statistics(TINY, 1), adjustment=adjustment)
    with WindowScorer(network.reading(statistics), CPU) as reader:
        return np.concatenate([scores for _, scores in reader.read(CODES)])


def test_is_what_the_network_would_score() -> None:
    plain = scored(Adjustment())
    before = plain.copy()
    for adjustment in (
        Adjustment(start=1.5),
        Adjustment(donor=-2.0),
        Adjustment(-1.0, 1.0),
    ):
        np.testing.assert_allclose(adjusted(plain, adjustment), scored(adjustment), atol=5e-5)
    assert np.array_equal(plain, before)
    assert adjusted(plain, Adjustment()) is plain


def test_only_its_own_channels_change() -> None:
    scores = np.zeros((1, 20), dtype=np.float32)
    (changed,) = adjusted(scores, Adjustment(start=1.0, donor=2.0))
    for strand in (0, STRAND_CHANNELS):
        own = changed[strand : strand + STRAND_CHANNELS]
        assert own[START] == np.float32(SIGNAL_BOUND * np.tanh(1 / SIGNAL_BOUND))
        assert own[DONOR] == np.float32(SIGNAL_BOUND * np.tanh(2 / SIGNAL_BOUND))
        assert not own[[*range(EXON, START), STOP, ACCEPTOR]].any()


def test_scores_at_their_bounds_stay_there() -> None:
    scores = np.full((2, 20), SIGNAL_BOUND, dtype=np.float32)
    scores[1] *= -1
    changed = adjusted(scores, Adjustment(start=2.0))
    assert changed[0, START] == SIGNAL_BOUND
    assert -SIGNAL_BOUND <= changed[1, START] < 1e-5 - SIGNAL_BOUND
