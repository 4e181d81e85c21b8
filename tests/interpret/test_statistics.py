from itertools import combinations, product

import numpy as np
import pytest

from genefinder.interpret.statistics import (
    auc,
    cohen_d,
    false_discovery,
    flip_signs,
    permute_groups,
)


def test_auc_counts_pairs() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.integers(0, 6, 13).astype(float), rng.integers(0, 5, 9).astype(float)
    pairs = [(a > b) + 0.5 * (a == b) for a, b in product(first, second)]
    assert auc(first, second) == pytest.approx(np.mean(pairs))
    assert auc(first[:0], second) == 0.5


def test_effect_of_groups_is_cohens_d() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.normal(1, 2, (7, 3)), rng.normal(0, 2, (11, 3))
    effect, _, _ = permute_groups(first, second, 99, 1)
    np.testing.assert_allclose(effect, cohen_d(first, second))
    pooled = np.sqrt((6 * first.var(0, ddof=1) + 10 * second.var(0, ddof=1)) / 16)
    np.testing.assert_allclose(effect, (first.mean(0) - second.mean(0)) / pooled)


def test_p_values_of_groups_approach_those_of_every_permutation() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.normal(0.8, 1, (4, 2)), rng.normal(0, 1, (5, 2))
    values = np.concatenate([first, second])
    observed = np.abs(cohen_d(first, second))
    drawn = []
    for chosen in combinations(range(9), 4):
        rest = [region for region in range(9) if region not in chosen]
        drawn.append(np.abs(cohen_d(values[list(chosen)], values[rest])))
    every = np.array(drawn)
    _, p, corrected = permute_groups(first, second, 20_000, 1)
    np.testing.assert_allclose(p, (every >= observed - 1e-12).mean(0), atol=0.02)
    highest = every.max(1, keepdims=True)
    np.testing.assert_allclose(corrected, (highest >= observed - 1e-12).mean(0), atol=0.02)
    assert (corrected >= p).all()


def test_no_difference_gives_even_p_values() -> None:
    rng = np.random.default_rng(4)
    p_values = [
        permute_groups(rng.normal(size=(8, 1)), rng.normal(size=(8, 1)), 199, seed)[1][0]
        for seed in range(200)
    ]
    assert 0.02 <= np.mean(np.array(p_values) <= 0.1) <= 0.18


def test_constant_quantities_have_no_effect() -> None:
    effect, p, corrected = permute_groups(np.ones((5, 1)), np.ones((6, 1)), 99, 1)
    assert (effect[0], p[0], corrected[0]) == (0.0, 1.0, 1.0)


def test_flipped_signs_approach_every_flip_of_genes() -> None:
    rng = np.random.default_rng(5)
    genes = np.array([0, 0, 0, 2, 2, 5, 6, 7, 7, 8])
    differences = rng.normal(0.6, 1, (10, 2))
    means = np.array([differences[genes == gene].mean(0) for gene in np.unique(genes)])
    effect, p = flip_signs(differences, genes, 20_000, 1)
    np.testing.assert_allclose(effect, means.mean(0) / means.std(0, ddof=1))
    signs = np.array(list(product((-1, 1), repeat=len(means))))
    every = np.abs(signs @ means / len(means))
    np.testing.assert_allclose(p, (every >= np.abs(means.mean(0)) - 1e-12).mean(0), atol=0.02)


def test_sites_of_one_gene_are_one_observation() -> None:
    # A hundred sites that agree, all of one gene, prove nothing.
    _, p = flip_signs(np.ones((100, 1)), np.zeros(100, dtype=np.int64), 999, 1)
    assert p[0] == 1.0


def test_false_discovery_rates() -> None:
    p = np.array([0.01, 0.04, 0.03, 0.5])
    by_hand = [min(0.01 * 4, 0.04, 0.04 * 4 / 3, 0.5), None, 0.04 * 4 / 3, 0.5]
    rates = false_discovery(p.reshape(2, 2)).ravel()
    assert rates[0] == pytest.approx(by_hand[0])
    assert rates[1] == rates[2] == pytest.approx(0.16 / 3)
    assert rates[3] == pytest.approx(0.5)
