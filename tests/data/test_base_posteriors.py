import numpy as np
import pytest

from genefinder.data.base_posteriors import BasePosteriors
from genefinder.grammar import Grammar, forward_backward
from genefinder.grammar.labels import INTRON, N_CHANNELS, START


def scored(length: int) -> tuple[np.ndarray, np.ndarray]:
    """Bases and scores of many short genes."""
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 4, length).astype(np.uint8)
    scores = rng.normal(size=(length, N_CHANNELS)).astype(np.float32)
    for strand in (0, N_CHANNELS // 2):
        scores[:, strand + INTRON : strand + START] -= 1.0
    return codes, scores


@pytest.mark.parametrize("block", [700, 2_500, 10_000])
def test_parts_are_those_of_the_whole(block: int) -> None:
    grammar = Grammar()
    codes, scores = scored(10_000)
    posteriors = BasePosteriors(grammar, chunk=2_000, overlap=1_000)
    parts: list[tuple[int, np.ndarray]] = []
    for start in range(0, len(codes), block):
        parts += posteriors.push(codes[start : start + block], scores[start : start + block])
    parts += posteriors.finish()
    assert [start for start, _ in parts] == list(range(0, 10_000, 2_000))
    _, whole = forward_backward(codes, scores, grammar)
    found = np.concatenate([part for _, part in parts])
    assert whole.max() > 0.9
    np.testing.assert_allclose(found, whole, atol=1e-3)


def test_a_short_contig_is_one_part() -> None:
    codes, scores = scored(500)
    posteriors = BasePosteriors(Grammar())
    assert list(posteriors.push(codes, scores)) == []
    ((start, part),) = posteriors.finish()
    _, whole = forward_backward(codes, scores, Grammar())
    assert start == 0
    np.testing.assert_array_equal(part, whole)


def test_nothing_has_no_parts() -> None:
    assert list(BasePosteriors(Grammar()).finish()) == []
