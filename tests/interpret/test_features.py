"""What is probed: which bases, and the words around them."""

import numpy as np

from genefinder.dna import N
from genefinder.interpret.features import (
    count_words,
    sample_bases,
    words_around,
)
from genefinder.interpret.properties import GC_SPAN


def test_words_are_counted_by_frame() -> None:
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 5, 400).astype(np.uint8)
    positions = np.array([0, 1, 57, 399])
    found = count_words(codes, positions)
    assert found.shape == (4, 48 + 2 * 192)
    for row, position in enumerate(positions):
        recent = found[row, :48].reshape(12, 4)
        for back in range(12):
            base = codes[position - back] if position >= back else N
            assert recent[back].tolist() == [float(base == letter) for letter in range(4)]
        counts = np.zeros((3, 64))
        for back in range(99):
            end = position - back
            if end >= 2 and (word := codes[end - 2 : end + 1]).max() < N:
                counts[back % 3, word[0] * 16 + word[1] * 4 + word[2]] += 1 / 99
        np.testing.assert_allclose(found[row, 48 : 48 + 192].reshape(3, 64), counts, atol=1e-6)


def test_words_are_the_sum_over_frames(sequences) -> None:
    positions = np.array([5, 500, 2_000])
    numbers = np.zeros(3, int)
    for side in (0, 1):
        found = words_around(sequences, numbers, np.full(3, side), positions)
        for view, recent in (("forward", 1), ("backward", 1), ("both", 2)):
            framed, joined = found["frames", view], found["words", view]
            assert framed.shape == (3, recent * (48 + 2 * 192))
            assert joined.shape == (3, recent * (48 + 2 * 64))
            framed = framed.reshape(3 * recent, 48 + 2 * 192)
            joined = joined.reshape(3 * recent, 48 + 2 * 64)
            np.testing.assert_array_equal(framed[:, :48], joined[:, :48])
            shares = framed[:, 48:].reshape(3 * recent, 2, 3, 64).sum(2)
            np.testing.assert_allclose(shares.reshape(3 * recent, -1), joined[:, 48:], atol=1e-6)


def test_what_lies_at_a_cut_is_not_used(sequences) -> None:
    sampled = sample_bases(sequences, 3, 1, 1)
    total = sum(map(len, sequences))
    begins = np.cumsum([0, *map(len, sequences)])
    along = begins[sampled.sequences] + sampled.positions
    into = along % -(-total // 5)
    assert sampled.usable.any()
    assert into[sampled.usable].min() >= GC_SPAN
    assert into[sampled.usable].max() < -(-total // 5) - GC_SPAN
