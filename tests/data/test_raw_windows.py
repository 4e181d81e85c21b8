import numpy as np
import pytest

from genefinder.data.markov import Bits
from genefinder.data.sampling import Sampler
from genefinder.data.windows import RawRegion, RawWindow
from genefinder.dna import Codes, N, decode, encode


def region_of(letters: str, start: int = 0, end: int | None = None) -> RawRegion:
    """A region in which lower case is context alone."""
    codes = encode(letters)
    hidden = np.array([letter.islower() for letter in letters])
    targets = np.where(hidden, N, codes).astype(np.uint8)
    return RawRegion("a", start, codes[start:end], targets=targets[start:end])


def test_bits() -> None:
    bits = Bits(1.0, 2.0)
    assert bits.mean == 1.5
    assert bits.perplexity == pytest.approx(2**1.5)
    assert Bits(2.0, 2.0).perplexity == 4


def test_readings_of_a_region() -> None:
    (codes, targets), (other, others) = region_of("TTACgtNAGG", 2, 9).readings()
    assert [decode(bases) for bases in (codes, targets)] == ["ACGTNAG", "ACNNNAG"]
    assert [decode(bases) for bases in (other, others)] == ["CTNACGT", "CTNNNGT"]


@pytest.mark.parametrize("start", range(-12, 14))
def test_windows_hide_what_is_outside(start: int) -> None:
    letters = "TTACgtNAGG"
    region = region_of(letters, 2, 9)
    window = region.cut(start, 6)
    padded = {place: letters[place] for place in range(2, 9)}
    seen = [padded.get(place, "N") for place in range(start, start + 6)]
    wanted = "".join("N" if letter.islower() else letter for letter in seen)
    if window is None:
        assert wanted == "NNNNNN"
        return
    assert decode(window.codes) == "".join(seen).upper()
    assert decode(window.targets) == wanted


def test_windows_have_something_to_predict() -> None:
    letters = "n" * 300 + "ACGT" + "acgt" * 100
    sampler = Sampler([[region_of(letters)]], [1.0], 9, 1)
    counts = np.zeros(len(letters), dtype=int)
    for _ in range(200):
        window = sampler.draw()
        assert len(window.codes) == len(window.targets) == 9
        assert (window.targets < N).any()
        counts[300:304] += np.isin(np.arange(4), window.targets)
    assert (counts[300:304] > 50).all()


def test_draws_go_on_from_a_state() -> None:
    groups = [[region_of("ACGTTGCA" * 50)], [region_of("AAAA" * 50)]]

    def draws(sampler: Sampler[RawWindow], count: int) -> list[Codes]:
        return [sampler.draw().codes for _ in range(count)]

    first, second = (Sampler(groups, [1, 1], 27, seed) for seed in (1, 2))
    draws(first, 5)
    state = first.state()
    expected = draws(first, 5)
    assert not np.array_equal(draws(second, 5), expected)
    second.restore(state)
    assert np.array_equal(draws(second, 5), expected)
