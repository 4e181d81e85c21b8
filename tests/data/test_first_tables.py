import numpy as np
import pytest

from genefinder.data.counts import CountedTables, TableShape
from genefinder.data.open_frames import first_tables, universal_tables
from genefinder.dna import encode
from genefinder.grammar import Grammar

from ..toy_genomes import coding_genome

BEFORE, AFTER = 24, 12


def tables() -> CountedTables:
    random = np.random.default_rng(1)
    return CountedTables(
        words=random.normal(size=(4**3 + 1, 4)).astype(np.float32),
        weights=np.ones((4, 4, 4, BEFORE + 1 + AFTER), dtype=np.float32),
        bias=np.ones(4, dtype=np.float32),
        before=BEFORE,
    )


def score(signal: int, around: str, place: int) -> float:
    weights = universal_tables(tables(), BEFORE).weights[signal]
    assert np.array_equal(weights, np.broadcast_to(weights[:1], weights.shape))
    return float(
        sum(
            weights[0, letter, BEFORE + offset - place]
            for offset, letter in enumerate(encode(around).tolist())
        )
    )


def test_coding_words_stay_and_introns_are_background() -> None:
    given = tables()
    found = universal_tables(given, BEFORE)
    assert np.array_equal(found.words[:, :3], given.words[:, :3])
    assert not found.words[:, 3].any()
    assert given.words[:, 3].any()


def test_sites_follow_their_consensus() -> None:
    donor, acceptor = 2, 3
    assert score(donor, "AGGTAAGT", 2) > score(donor, "AGGTGAGT", 2) > score(donor, "CCGTCCCC", 2)
    assert score(donor, "CCGTCCCC", 2) < 0
    assert score(acceptor, "TTTTTTTTTTTTTCAGG", 15) > score(acceptor, "TTTTTTTTTTTTTTAGG", 15)
    assert score(acceptor, "TTTTTTTTTTTTTCAGG", 15) > score(acceptor, "AAAAAAAAAAAAACAGG", 15)
    assert score(acceptor, "TTTTTTTTTTTTTTAGG", 15) > score(acceptor, "TTTTTTTTTTTTTGAGG", 15)
    assert score(0, "AAAATGG", 3) > 0 > score(0, "TAAATGT", 3)
    assert score(1, "TAAGCGA", 0) == 0.0


def test_matrices_may_be_narrow() -> None:
    narrow = CountedTables(
        words=np.zeros((17, 4), dtype=np.float32),
        weights=np.zeros((4, 4, 4, 4), dtype=np.float32),
        bias=np.zeros(4, dtype=np.float32),
        before=2,
    )
    found = universal_tables(narrow, 1)
    assert found.weights.shape == (4, 4, 4, 4)
    assert found.weights[2, 0, 2, 0] > 0  # the G before a donor


def test_bases_of_introns_cost_what_usual_lengths_tell() -> None:
    """Introns of 100 bases, 1,000 between genes: else introns would be as long as one likes."""
    grammar = Grammar()
    genome = coding_genome(grammar.stops, genes=20)
    found = first_tables(genome, grammar, TableShape(2, BEFORE, AFTER))
    assert found.words[:-1, 3] == pytest.approx(-np.log(2) * (1 / 100 - 1 / 1_000), abs=1e-6)
    assert not found.words[-1].any()
