import numpy as np
import pytest
import torch

from genefinder.dna import encode
from genefinder.grammar import Grammar
from genefinder.grammar.labels import DONOR, START
from genefinder.network.layers import both_readings
from genefinder.network.sites import CandidateSites, SiteScorer

SIGNAL = DONOR - START
CANDIDATES = CandidateSites(Grammar())
SEQUENCE = "ATGNTAGGCTAATGATGTCAGG"


OTHER = Grammar(starts=("ATG", "GTG"), genetic_code=6, donors=("GT",), acceptors=("AG", "AC"))


@pytest.mark.parametrize("sequence", ["ATGNTAGGCTAATGATGTCAGG", "GTGACNGTNTGA", "ACGT", "AG", "G"])
@pytest.mark.parametrize("grammar", [Grammar(), OTHER])
def test_candidates_are_where_the_grammar_allows_them(grammar: Grammar, sequence: str) -> None:
    length = len(sequence)
    rows = [encode(sequence).tolist(), [0] * length, encode(sequence).tolist()]
    expected: list[list[int]] = []
    for words, back in (
        (grammar.starts, 0),
        (grammar.stops, 0),
        (grammar.donors, 0),
        (grammar.acceptors, 1),
    ):
        here = [
            place
            for place in range(back, length)
            if any(sequence.startswith(word, place - back) for word in words)
        ]
        expected.append([*here, *(place + 2 * length for place in here)])
    candidates = CandidateSites(grammar)
    found = candidates(torch.tensor(rows, dtype=torch.int32))
    assert [places.tolist() for places in found] == expected
    counted = [np.flatnonzero(mask).tolist() for mask in grammar.candidate_sites(encode(sequence))]
    assert counted == [[place for place in places if place < length] for places in expected]
    candidates.look_for(Grammar())
    assert torch.equal(candidates.site_words, CANDIDATES.site_words)


def scorer(reach: int = 7) -> SiteScorer:
    torch.manual_seed(3)
    layer = SiteScorer(5, 4, reach, CANDIDATES)
    with torch.no_grad():
        for score in layer.score:
            for parameter in score.parameters():
                parameter.normal_()
    return layer


def test_starts_silent() -> None:
    readings = torch.tensor([encode(SEQUENCE).tolist()])
    layer = SiteScorer(5, 4, 6, CANDIDATES)
    assert not layer(readings, torch.randn(1, len(SEQUENCE), 5)).any()


def test_scores_only_candidates() -> None:
    codes = torch.randint(0, 4, (3, 60), generator=torch.Generator().manual_seed(5))
    readings = both_readings(codes)
    scores = scorer()(readings, torch.randn(6, 60, 5))
    expected = torch.zeros(4, 6 * 60, dtype=torch.bool)
    for signal, places in enumerate(CANDIDATES(readings)):
        expected[signal, places] = True
    assert torch.equal(scores.reshape(-1, 4).T != 0, expected)


@pytest.mark.parametrize("reach", [6, 7, 0])
def test_sees_its_reach_on_both_sides_and_no_more(reach: int) -> None:
    layer, place = scorer(reach), 30
    codes = torch.randint(0, 4, (1, 61), generator=torch.Generator().manual_seed(2))
    codes[0, place : place + 2] = torch.tensor([2, 3])
    others = [*range(place), *range(place + 3, 61)]
    rows = codes.repeat(len(others), 1)
    for row, position in enumerate(others):
        rows[row, position] = (rows[row, position] + 1) % 4
    with torch.inference_mode():
        score = layer(codes, torch.zeros(1, 61, 5))[0, place, SIGNAL]
        scores = layer(rows, torch.zeros(len(others), 61, 5))[:, place, SIGNAL]
    changed = (scores - score).abs() > 1e-6
    seen = {position for position, differs in zip(others, changed, strict=True) if differs}
    low, high = place - layer.reach, place + layer.reach + 2
    assert seen == {*range(low, place), *range(place + 3, high + 1)}


def test_each_row_reads_its_own_sequence() -> None:
    codes = torch.randint(0, 5, (2, 40), generator=torch.Generator().manual_seed(8))
    hidden = torch.randn(2, 40, 5)
    layer = scorer()
    together = layer(codes, hidden)
    for row in range(2):
        alone = layer(codes[row : row + 1], hidden[row : row + 1])
        torch.testing.assert_close(together[row : row + 1], alone)
