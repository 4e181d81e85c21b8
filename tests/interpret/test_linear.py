"""Linear probes on made-up features."""

import numpy as np
import pytest

from genefinder.interpret.linear import Probes, Scored


def samples(n: int = 3_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(n, 8)).astype(np.float32)
    return features, np.arange(n) * 5 // n, np.arange(n) * 30 // n


def test_what_is_linear_is_decoded() -> None:
    features, folds, blocks = samples()
    probes = Probes(features, folds, blocks)
    every = np.ones(len(features), dtype=bool)
    classes = (features[:, 2] > 0).astype(np.int64) + (features[:, 2] > 1)
    assert probes.classify("all", every, classes, 3).score()[0] > 0.9
    quantity = 3 * features[:, 1].astype(float) - features[:, 4] + 7
    assert probes.regress("all", every, quantity).score()[0] > 0.999


def test_what_is_not_there_is_not_decoded() -> None:
    features, folds, blocks = samples()
    rng = np.random.default_rng(2)
    probes = Probes(features, folds, blocks)
    every = np.ones(len(features), dtype=bool)
    score = probes.classify("all", every, rng.integers(0, 3, len(features)), 3).score()[0]
    assert score == pytest.approx(1 / 3, abs=0.04)
    assert abs(probes.regress("all", every, rng.normal(size=len(features))).score()[0]) < 0.02


def test_a_fold_is_scored_by_a_probe_that_did_not_see_it() -> None:
    # In each fold another feature tells the classes, so nothing learnt elsewhere helps.
    features, folds, blocks = samples()
    truth = (features[np.arange(len(features)), folds] > 0).astype(np.int64)
    every = np.ones(len(features), dtype=bool)
    score = Probes(features, folds, blocks).classify("all", every, truth, 2).score()[0]
    assert score < 0.56


def test_subsets_of_samples_are_scored_alone() -> None:
    features, folds, blocks = samples()
    chosen = np.arange(len(features)) % 3 == 0
    truth = (features[:, 0] > 0).astype(np.int64)
    truth[~chosen] = 1 - truth[~chosen]
    scored = Probes(features, folds, blocks).classify("third", chosen, truth, 2)
    assert scored.sums.sum() == chosen.sum()
    assert scored.score()[0] > 0.9


def test_scores_by_hand() -> None:
    table = np.zeros((2, 2, 2))
    table[0] = [[8, 2], [1, 3]]
    table[1] = [[0, 0], [4, 0]]
    assert Scored(table).score()[0] == pytest.approx((8 / 10 + 3 / 8) / 2)
    assert Scored(table).score(np.array([[2.0, 0.0]]))[0] == pytest.approx((0.8 + 0.75) / 2)
    truth, error = np.array([1.0, 2.0, 6.0]), np.array([0.0, 1.0, 4.0])
    sums = np.array([[[3.0, truth.sum(), (truth**2).sum(), error.sum()]]])
    expected = 1 - error.sum() / ((truth - truth.mean()) ** 2).sum()
    assert Scored(sums).score()[0] == pytest.approx(expected)


def test_the_ridge_that_does_best_is_taken() -> None:
    rng = np.random.default_rng(1)
    _, folds, blocks = samples()
    truth = rng.integers(0, 2, len(folds))
    noise = rng.normal(size=len(folds))
    # The classes differ by a little in one feature, and the other one holds its noise.
    features = np.stack([0.4 * truth + noise, noise], 1).astype(np.float32)
    every = np.ones(len(folds), dtype=bool)
    for ridges in ((1e-4, 1e3), (1e3, 1e-4)):
        probes = Probes(features, folds, blocks, ridges)
        assert probes.classify("all", every, truth, 2).score()[0] > 0.95
        assert probes.regress("all", every, truth.astype(float)).score()[0] > 0.9
    poor = Probes(features, folds, blocks, (1e3,))
    assert poor.classify("all", every, truth, 2).score()[0] < 0.7
