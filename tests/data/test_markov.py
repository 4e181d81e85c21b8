import math
from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genefinder.data.markov import PSEUDOCOUNT, count_words, markov_bits, scorable
from genefinder.data.windows import RawRegion
from genefinder.dna import N, encode

COMPLEMENT = str.maketrans("ACGTNacgtn", "TGCANtgcan")
LETTERS = st.text("ACGTACGTACGTNacgt", min_size=8, max_size=60)


def region_of(letters: str) -> RawRegion:
    """A region in which lower case is context alone."""
    codes = encode(letters)
    hidden = np.array([letter.islower() for letter in letters])
    return RawRegion("a", 0, codes, targets=np.where(hidden, N, codes).astype(np.uint8))


def words_of(letters: str, length: int) -> list[str]:
    """Words without N that end at a capital."""
    ends = range(length, len(letters) + 1)
    words = [letters[end - length : end] for end in ends]
    return [word.upper() for word in words if word[-1].isupper() and "N" not in word.upper()]


def both(letters: str) -> tuple[str, str]:
    return letters, letters[::-1].translate(COMPLEMENT)


@given(st.lists(LETTERS, min_size=1, max_size=3), st.integers(1, 4))
def test_counts_are_those_of_a_slow_count(texts: list[str], longest: int) -> None:
    levels = count_words(map(region_of, texts), longest)
    assert len(levels) == longest
    for length, level in enumerate(levels, start=1):
        expected = Counter(
            word for text in texts for reading in both(text) for word in words_of(reading, length)
        )
        words = ["".join(word) for word in product("ACGT", repeat=length)]
        assert level.tolist() == [expected[word] for word in words]


def slow_bits(training: str, reading: str, order: int, longest: int) -> float:
    counts = Counter(word for reading in both(training) for word in words_of(reading, order + 1))
    total, bases = 0.0, 0
    for end in range(longest + 1, len(reading) + 1):
        word = reading[end - longest - 1 : end]
        if "N" in word.upper() or word[-1].islower():
            continue
        context = word.upper()[longest - order : -1]
        seen = sum(counts[context + base] for base in "ACGT") + 4 * PSEUDOCOUNT
        total -= math.log2((counts[context + word[-1]] + PSEUDOCOUNT) / seen)
        bases += 1
    return total / bases


def test_bits_are_those_of_a_slow_score() -> None:
    random = np.random.default_rng(3)
    training, held_out = ("".join(random.choice(list("AAACGTTNacgt"), size)) for size in (400, 300))
    for chunk in (1 << 22, 64):  # at once, or in many parts
        found = markov_bits([region_of(training)], [region_of(held_out)], 3, chunk)
        assert [model.order for model in found] == [0, 1, 2, 3]
        for model in found:
            forward, reverse = (
                slow_bits(training, text, model.order, 3) for text in both(held_out)
            )
            assert model.bits.forward == pytest.approx(forward, abs=1e-6)
            assert model.bits.reverse == pytest.approx(reverse, abs=1e-6)
            assert model.bits.forward != pytest.approx(model.bits.reverse, abs=1e-6)


def test_scored_bases_are_the_same_for_all_orders() -> None:
    region = region_of("ACGTNACGTAcGT")
    (codes, targets), _ = region.readings()
    assert scorable(codes, targets, 3).nonzero()[0].tolist() == [3, 8, 9, 11, 12]
    assert scorable(codes, targets, 0).sum() == 11


def test_sequence_with_a_rule_is_predicted() -> None:
    random = np.random.default_rng(3)
    # Every third base repeats the one three before it; both strands obey.
    codes = np.tile(random.integers(0, 4, 3).astype(np.uint8), 400)
    noise = random.integers(0, 4, len(codes)).astype(np.uint8)
    found = markov_bits([RawRegion("a", 0, codes[:1000])], [RawRegion("a", 1000, codes[1000:1200])])
    assert len(found) == 12
    assert found[3].bits.mean < 0.1
    found = markov_bits([RawRegion("a", 0, noise[:1000])], [RawRegion("a", 1000, noise[1000:1200])])
    assert all(model.bits.mean > 1.9 for model in found)
    # What was never seen is predicted by nothing.
    assert found[11].bits.mean == pytest.approx(2, abs=0.01)


def test_nothing_to_score() -> None:
    with pytest.raises(ValueError, match="no base to score"):
        markov_bits([region_of("ACGT" * 9)], [region_of("ACGTACGTNN")])
