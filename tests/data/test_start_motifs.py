import numpy as np
import pytest

from genefinder.data.start_motifs import NEAREST, REACH, WIDTH, StartMotifs, fit_motifs
from genefinder.dna import encode


def windows(count: int, seed: int, *planted: tuple[str, float, tuple[int, ...]]) -> np.ndarray:
    """Random bases before starts, with words in shares of them, at spacers drawn from some."""
    rng = np.random.default_rng(seed)
    bases = rng.integers(0, 4, (count, REACH)).astype(np.uint8)
    first = 0
    for word, share, spacers in planted:
        for row in range(first, first + int(share * count)):
            begin = REACH - int(rng.choice(spacers)) - WIDTH
            bases[row, begin : begin + WIDTH] = encode(word)
        first += int(share * count)
    return bases


@pytest.fixture(scope="module")
def upstream() -> np.ndarray:
    return windows(600, 1, ("AGGAGG", 0.6, (5, 6, 6, 7)), ("TATAAT", 0.2, (23, 24)))


@pytest.fixture(scope="module")
def motifs(upstream) -> StartMotifs:
    fit = fit_motifs(upstream, np.ones(len(upstream)))
    assert fit is not None
    return fit.motifs


def test_finds_words_with_their_spacers_and_shares(motifs) -> None:
    assert [motifs.word(number) for number in range(len(motifs))] == ["AGGAGG", "TATAAT"]
    assert motifs.spacer(0) == 6
    assert motifs.spacer(1) in (23, 24)
    assert motifs.share(0) == pytest.approx(0.6, abs=0.04)
    assert motifs.share(1) == pytest.approx(0.2, abs=0.04)
    assert motifs.none == pytest.approx(0.2, abs=0.06)
    assert motifs.spacers[0, 6 - NEAREST] == pytest.approx(0.3, abs=0.05)


def test_what_belongs_to_motifs_is_left_out_of_the_composition(upstream, motifs) -> None:
    fit = fit_motifs(upstream, np.ones(len(upstream)))
    assert fit is not None
    counted = np.stack([(upstream == base).sum(axis=0) for base in range(4)])
    middle = REACH - 6 - 3  # the second half of AGGAGG at its usual place
    share = fit.outside[:, middle] / fit.outside[:, middle].sum()
    assert counted[0, middle] / len(upstream) > 0.3
    assert share[0] == pytest.approx(0.25, abs=0.06)


def test_scores_say_how_probable_motifs_make_it(motifs) -> None:
    codes = encode("C" * 50 + "AGGAGG" + "ACTCAC" + "ATG" + "C" * 40 + "ATG")
    near, far = motifs.scores(codes, np.array([62, len(codes) - 3]))
    assert near > 5.0
    assert far == pytest.approx(np.log(motifs.none), abs=0.1)
    ratio = np.exp(motifs.weights[0, encode("AGGAGG"), np.arange(WIDTH)].sum())
    assert near == pytest.approx(np.log(motifs.none + ratio * motifs.spacers[0, 3]), abs=0.1)


def test_bases_that_are_not_there_say_nothing(motifs) -> None:
    for letters in ("ATG", "NNNNNNNNNNNNATG"):
        (score,) = motifs.scores(encode(letters), np.array([len(letters) - 3]))
        assert score == pytest.approx(0.0, abs=1e-5)


def test_tells_the_motif_of_a_start(motifs) -> None:
    found = motifs.find(encode("C" * 27 + "AGGAGG" + "ACTCACA"))
    assert found is not None
    assert (found.number, found.spacer) == (0, 7)
    assert found.probability > 0.9
    assert motifs.find(encode("C" * 40)) is None
    assert motifs.find(encode("AGG")) is None
    box = motifs.find(encode("C" * 10 + "TATAAT" + "C" * 24))
    assert box is not None
    assert (box.number, box.spacer) == (1, 24)


def test_composition_is_no_motif() -> None:
    rng = np.random.default_rng(2)
    rich = rng.choice(4, (600, REACH), p=(0.3, 0.05, 0.05, 0.6)).astype(np.uint8)
    assert fit_motifs(rich, np.ones(600)) is None


def test_few_starts_tell_nothing(upstream) -> None:
    assert fit_motifs(upstream[:99], np.ones(99)) is None
    assert fit_motifs(upstream, np.full(600, 0.1)) is None


def test_the_same_starts_take_themselves_away(upstream, motifs) -> None:
    others = windows(300, 3, ("CCCGCC", 0.9, (8, 9)))
    both = np.concatenate([upstream, others, others])
    weights = np.concatenate([np.ones(600), np.ones(300), -np.ones(300)])
    fit = fit_motifs(both, weights)
    assert fit is not None
    assert [fit.motifs.word(number) for number in range(len(fit.motifs))] == ["AGGAGG", "TATAAT"]
    np.testing.assert_allclose(fit.motifs.weights, motifs.weights, atol=1e-3)
    np.testing.assert_allclose(fit.motifs.spacers, motifs.spacers, atol=1e-5)
