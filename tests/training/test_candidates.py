from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from genefinder.decoding import Grammar
from genefinder.genes import Gene, Transcript
from genefinder.training.candidates import Candidate
from genefinder.training.parses import Parse
from genefinder.training.pieces import Piece

EXONS = [((100, 200), (250, 350)), ((400, 700),), ((800, 860),)]


def parse(chains: Sequence[tuple[tuple[int, int], ...]], doubtful: Sequence[int] = ()) -> Parse:
    """A parse with genes of these exons; bases in doubt have a posterior of a half."""
    certainty = np.ones(1000, dtype=np.float32)
    certainty[list(doubtful)] = 0.5
    genes = [
        Gene(str(number), "a", "+", (Transcript(str(number), "a", "+", cds, cds),))
        for number, cds in enumerate(chains)
    ]
    return Parse(
        piece=Piece("a", 5000, np.zeros(1000, dtype=np.uint8)),
        labels=np.zeros(1000, dtype=np.uint8),
        positions=np.zeros(0, dtype=np.int64),
        channels=np.zeros(0, dtype=np.uint8),
        certainty=certainty,
        genes=tuple(genes),
    )


def candidate(parse: Parse, **scores: Any) -> Candidate:
    usual = Candidate(
        "one",
        Grammar(),
        learnt=[parse],
        held=[],
        coherence=20.0,
        saved=20.0,
        splice=4.0,
        splice_error=0.1,
    )
    return replace(usual, **scores)


@pytest.fixture
def other() -> Candidate:
    return candidate(parse(EXONS))


@pytest.mark.parametrize(
    ("scores", "better"),
    [
        ({"saved": 20.9}, False),
        ({"saved": 21.1}, True),
        ({"saved": 21.1, "splice": 3.8}, True),
        ({"saved": 40.0, "splice": 3.7}, False),
        ({"saved": 21.1, "splice": 3.0, "splice_error": 0.6}, True),
    ],
)
def test_more_saved_bits_and_splice_sites_as_alike(
    other: Candidate, scores: dict[str, float], better: bool
) -> None:
    assert candidate(parse(EXONS), **scores).clearly_better_than(other) is better


def test_savings_below_nothing(other: Candidate) -> None:
    lengthens = replace(other, saved=-2.0)
    assert not replace(other, saved=-1.95).clearly_better_than(lengthens)
    assert replace(other, saved=-1.85).clearly_better_than(lengthens)


def test_what_the_other_was_sure_of_is_found_again(other: Candidate) -> None:
    loses = candidate(parse(EXONS[2:]), saved=40.0)
    assert loses.kept_of(other) == 0.25
    assert not loses.clearly_better_than(other)
    assert replace(loses, splice=4.3).clearly_better_than(other)
    keeps = candidate(parse([((100, 200),), *EXONS[1:2]]), saved=40.0)
    assert keeps.kept_of(other) == 0.5
    assert keeps.clearly_better_than(other)


def test_genes_in_doubt_need_not_be_found_again() -> None:
    """A single base in doubt puts the gene in doubt, the intron's as well."""
    unsure = candidate(parse(EXONS, doubtful=[220]))
    assert candidate(parse(EXONS[1:])).kept_of(unsure) == 1.0
    assert candidate(parse(EXONS[:1])).kept_of(unsure) == 0.0
    assert candidate(parse([])).kept_of(candidate(parse(EXONS, doubtful=[220, 500, 820]))) == 1.0
