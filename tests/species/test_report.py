from dataclasses import replace

import numpy as np
import pytest

from genefinder.data.counts import CountedTables
from genefinder.species.adjustment import Adjustment
from genefinder.species.report import codon_scores, consensus, report
from genefinder.species.statistics import Statistics
from genefinder.species.structure import Structure

LETTERS = "ACGT"


def statistics(order: int = 2) -> Statistics:
    words = np.zeros((4 ** (order + 1) + 1, 4), dtype=np.float32)
    return Statistics("Toya toyi", CountedTables(words, *sites(), before=5))


def sites() -> tuple[np.ndarray, np.ndarray]:
    return np.zeros((4, 4, 4, 12), dtype=np.float32), np.zeros(4, dtype=np.float32)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_codons_score_the_mean_of_their_words(order: int) -> None:
    made = statistics(order)
    random = np.random.default_rng(order)
    made.tables.words[:-1] = random.normal(size=made.tables.words[:-1].shape)
    scores = codon_scores(made)
    assert len(scores) == 64
    for codon in ("AAA", "GCT", "TAC"):
        expected = 0.0
        for position in range(3):
            # Every word that ends here, whatever comes before the codon.
            seen = [LETTERS.index(letter) for letter in codon[: position + 1]][-(order + 1) :]
            suffix = sum(base << (2 * place) for place, base in enumerate(reversed(seen)))
            ends = np.arange(4 ** (order + 1)) % 4 ** len(seen) == suffix
            expected += made.tables.words[:-1][ends, position].mean() / np.log(2)
        assert scores[codon] == pytest.approx(expected, abs=1e-5)


def test_stop_codons_are_not_listed() -> None:
    """They tell coding sequence better than any codon, and everybody knows them."""
    made = statistics()
    made.tables.words[:-1, :3] = 1.0
    made.tables.words[:-1, 0][3::4] = 9.0  # a T first
    listed = report(made).split("codons for")[1].splitlines()[0].split()[::2]
    assert len(listed) == 8
    assert all(codon.startswith("T") for codon in listed)
    assert not {"TAA", "TAG", "TGA"} & set(listed)


def test_sites_are_written_by_what_they_add() -> None:
    made = statistics()
    weights = made.tables.weights
    weights[0, :, 0, 4] = 2 * np.log(2)  # A before the start codon
    weights[0, :, 1, 2] = 0.5 * np.log(2)
    weights[0, :, 2, 8] = 0.1
    weights[2, :, 3, 7] = np.log(2)
    weights[2, :, 0, 5] = 9.0  # on the site itself
    weights[3, :, 1, 3] = weights[3, :, 1, 6] = 2.0
    assert consensus(made) == {
        "start": "c.A[ATG]",
        "stop": "[stop]",
        "donor": "[GT]T",
        "acceptor": "C[AG]C",
    }


def test_bacteria_have_more_starts_and_no_introns() -> None:
    structure = Structure(1_000_000, 0.5, 900.0, 0.9, 0.0, 0.0)
    made = replace(statistics(), genetic_code=11, structure=structure)
    assert consensus(made) == {"start": "[ATG/GTG/TTG]", "stop": "[stop]"}


def test_tells_what_is_added_to_scores() -> None:
    assert "added" not in report(statistics())
    adjusted = replace(statistics(), adjustment=Adjustment(start=0.5, donor=-2.0))
    assert "  added to scores   +0.5 of starts, -2 of donors\n" in report(adjusted)
