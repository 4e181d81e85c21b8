from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from genefinder import dna
from genefinder.grammar import Grammar, build_graph, forward_backward, segment_posteriors, viterbi


def random_window(seed, length, spread=1.0):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, length).astype(np.uint8)
    return codes, rng.normal(0, spread, (length, 20))


def test_equals_the_sum_over_all_structures(cases):
    for case in cases:
        log_z, posterior = forward_backward(case.codes, case.scores, case.grammar)
        assert log_z == pytest.approx(case.totals.log_z, abs=1e-9), case.sequence
        np.testing.assert_allclose(posterior, case.totals.posterior, atol=1e-6)


def test_a_graph_at_hand_serves_both_passes(cases):
    for case in cases[::10]:
        graph = build_graph(case.codes, case.grammar)
        log_z, posterior = forward_backward(case.codes, case.scores, case.grammar, graph=graph)
        path = viterbi(case.codes, case.scores, case.grammar, graph=graph)
        assert log_z == forward_backward(case.codes, case.scores, case.grammar)[0]
        assert posterior.sum(axis=0) == pytest.approx(case.totals.posterior.sum(axis=0), abs=1e-4)
        assert path.score == viterbi(case.codes, case.scores, case.grammar).score


def test_cases_hold_spliced_genes_of_both_strands(cases):
    """Guard of the test above: its sequences must have something to say."""
    spliced = {c for case in cases for s in case.structures if s.ends_open == 0 for _, c in s.uses}
    assert spliced == set(range(20))


def test_posterior_is_the_gradient():
    codes, scores = random_window(5, 80, 2.0)
    codes[40] = dna.N
    grammar = Grammar(min_intron=5, min_exon=4)
    _, posterior = forward_backward(codes, scores, grammar)
    assert posterior.max() > 0.1
    step = 1e-4
    for position in range(80):
        for channel in range(20):
            up, down = scores.copy(), scores.copy()
            up[position, channel] += step
            down[position, channel] -= step
            rise = forward_backward(codes, up, grammar)[0]
            fall = forward_backward(codes, down, grammar)[0]
            assert posterior[position, channel] == pytest.approx(
                (rise - fall) / (2 * step), abs=1e-6
            )


def test_labels_of_a_base_are_probabilities():
    codes, scores = random_window(7, 3000, 1.5)
    _, posterior = forward_backward(codes, scores.astype(np.float32), Grammar())
    labels = posterior[:, [0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15]].sum(axis=1)
    assert labels.min() >= 0
    assert labels.max() <= 1 + 1e-5
    assert posterior.max() > 0.5


@pytest.mark.parametrize("value", [-16.0, 16.0])
def test_extreme_scores_neither_overflow_nor_vanish(value):
    codes, _ = random_window(8, 20_000)
    scores = np.full((20_000, 20), value, dtype=np.float32)
    log_z, posterior = forward_backward(codes, scores, Grammar(min_intron=200))
    assert np.isfinite(log_z)
    assert np.isfinite(posterior).all()
    assert (log_z > 1e5) == (value > 0)


def test_unknown_sequence_holds_no_exon():
    scores = np.full((50, 20), 5.0, dtype=np.float32)
    log_z, posterior = forward_backward(np.full(50, dna.N, np.uint8), scores, Grammar())
    assert log_z >= 0
    assert not posterior[:, [0, 1, 2, 6, 7, 8, 9, 10, 11, 12, 16, 17, 18, 19]].any()


@pytest.mark.parametrize("length", [0, 1, 2])
def test_shortest_sequences(length):
    codes, scores = random_window(1, length)
    log_z, posterior = forward_backward(codes, scores, Grammar())
    assert log_z >= 0
    assert posterior.shape == (length, 20)


def test_strands_mirror_each_other():
    codes, scores = random_window(3, 4000)
    grammar = Grammar(min_intron=9, min_exon=5, partial=-1.0)
    log_z, posterior = forward_backward(codes, scores, grammar)
    mirrored = np.ascontiguousarray(np.roll(scores[::-1], 10, axis=1))
    other_z, other = forward_backward(dna.reverse_complement(codes), mirrored, grammar)
    assert other_z == pytest.approx(log_z, abs=1e-7)
    np.testing.assert_allclose(np.roll(other[::-1], 10, axis=1), posterior, atol=1e-6)


def test_segments_are_sequences_of_their_own():
    codes, scores = random_window(11, 900)
    # No intron site may straddle the cuts, as these would be seen in the window only.
    codes[398:402] = codes[698:702] = dna.A
    grammar = Grammar(min_intron=8)
    segments = np.array([[0, 400], [400, 650], [700, 900], [900, 900]])
    log_z, posterior = segment_posteriors(codes, scores, segments, grammar)
    parts = [
        forward_backward(codes[a:b], scores[a:b], grammar, free_ends=True) for a, b in segments[:3]
    ]
    assert log_z == pytest.approx(sum(z for z, _ in parts), abs=1e-8)
    expected = np.concatenate([parts[0][1], parts[1][1], np.zeros((50, 20)), parts[2][1]])
    np.testing.assert_allclose(posterior, expected, atol=1e-6)


def test_threads_share_nothing():
    windows = [random_window(seed, 2000) for seed in range(8)]
    segments = np.array([[0, 2000]])
    grammar = Grammar()

    def run(window):
        codes, scores = window
        return segment_posteriors(codes, scores, segments, grammar)

    alone = [run(window) for window in windows]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(run, windows))
    for (log_z, posterior), (other_z, other) in zip(alone, together, strict=True):
        assert log_z == other_z
        np.testing.assert_array_equal(posterior, other)


def test_scores_of_another_length_is_refused():
    codes, scores = random_window(1, 30)
    with pytest.raises(ValueError, match="sequence of 30"):
        forward_backward(codes, scores[:20], Grammar())
