import numpy as np
import pytest

from genefinder.data.repeats import (
    FREQUENT,
    WORD,
    Repeats,
    find_repeats,
    penalized,
    repeated_share,
)
from genefinder.dna import N, reverse_complement
from genefinder.genes import Transcript
from genefinder.grammar.labels import CHANNELS, N_CHANNELS
from genefinder.io.contigs import Contig


def bases(length: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, length).astype(np.uint8)


def with_copies(number: int) -> tuple[Contig, np.ndarray]:
    """Copies of 300 bases, every other one on the other strand, between other bases."""
    unit = bases(300, seed=1)
    pieces, inside = [], []
    for copy in range(number):
        pieces += [bases(500, seed=2 + copy), reverse_complement(unit) if copy % 2 else unit]
        inside += [np.zeros(500, dtype=bool), np.ones(300, dtype=bool)]
    return Contig("one", np.concatenate(pieces)), np.concatenate(inside)


def test_words_tell_copies_on_both_strands() -> None:
    contig, inside = with_copies(FREQUENT)
    repeats = find_repeats([contig])
    assert repeats.source == "frequent words"
    assert repeats.mask(contig).tolist() == inside.tolist()


def test_copies_that_are_few_are_no_repeats() -> None:
    contig, _ = with_copies(FREQUENT - 1)
    assert not find_repeats([contig]).mask(contig).any()


def test_copies_count_over_all_contigs() -> None:
    contig, inside = with_copies(FREQUENT)
    half = len(contig) // 2
    parts = [Contig("one", contig.codes[:half]), Contig("two", contig.codes[half:])]
    repeats = find_repeats(parts)
    assert np.concatenate([repeats.mask(part) for part in parts]).tolist() == inside.tolist()


def test_unknown_bases_are_no_words() -> None:
    contig = Contig("one", np.full(100_000, N, dtype=np.uint8))
    assert not find_repeats([contig]).mask(contig).any()


def test_a_single_short_word_is_no_repeat() -> None:
    word = bases(WORD, seed=3)
    pieces = [part for copy in range(200) for part in (bases(100, seed=4 + copy), word)]
    contig = Contig("one", np.concatenate(pieces))
    assert not find_repeats([contig]).mask(contig).any()


@pytest.mark.parametrize(
    ("share", "source"),
    [
        (0.0, "frequent words"),
        (0.0005, "frequent words"),
        (0.3, "lower case"),
        (0.99, "frequent words"),
    ],
)
def test_lower_case_marks_repeats_where_it_is_neither_rare_nor_everywhere(share, source) -> None:
    lower = np.arange(80_000) < share * 80_000
    contig = Contig("one", bases(80_000, seed=5), lower)
    repeats = find_repeats([contig])
    assert (repeats.share, repeats.source) == (share, source)
    expected = lower if source == "lower case" else np.zeros(80_000, dtype=bool)
    assert repeats.mask(contig).tolist() == expected.tolist()
    assert find_repeats([contig], case=False).source == "frequent words"
    assert find_repeats([contig], count=False).source == "lower case"


def test_single_letters_in_lower_case_mark_no_repeats() -> None:
    codes = bases(10_000, seed=9)
    contig = Contig("one", codes, codes < 2)
    repeats = find_repeats([contig])
    assert (repeats.share, repeats.source) == (0, "frequent words")


@pytest.mark.parametrize("start", [0, 40, 80])
def test_runs_of_lower_case(start: int) -> None:
    mask = np.zeros(100, dtype=bool)
    mask[start : start + 20] = True
    mask[62:79] = True
    expected = np.arange(100) // 20 == start // 20
    assert Repeats(0.5).mask(Contig("one", bases(100, seed=6), mask)).tolist() == expected.tolist()


def test_contigs_without_case_have_no_lower_case() -> None:
    assert not Repeats(0.5).mask(Contig("one", bases(50, seed=6))).any()


def test_a_penalty_is_for_coding_in_repeats_alone() -> None:
    codes = bases(90, seed=7)
    scores = np.random.default_rng(8).normal(size=(90, N_CHANNELS)).astype(np.float32)
    mask = np.zeros(90, dtype=bool)
    mask[25:65] = True
    cuts = [slice(0, 20), slice(20, 30), slice(30, 90)]
    blocks = [(codes[cut], scores[cut].copy()) for cut in cuts]
    found = list(penalized(blocks, mask, 0.5))
    assert np.concatenate([block for block, _ in found]).tolist() == codes.tolist()
    change = np.concatenate([block for _, block in found]) - scores
    coding = np.array([name.startswith("exon") for name in CHANNELS])
    expected = np.where(mask[:, None] & coding, -0.5, 0.0)
    np.testing.assert_allclose(change, expected, atol=1e-6)
    # What was given stays as it was.
    assert all((block == scores[cut]).all() for (_, block), cut in zip(blocks, cuts, strict=True))


def test_share_of_coding_bases_that_are_repeated() -> None:
    cds = ((10, 20), (50, 80))
    mask = np.zeros(100, dtype=bool)
    mask[15:60] = True
    assert repeated_share(Transcript("t", "one", "+", cds, cds), mask) == 15 / 40
