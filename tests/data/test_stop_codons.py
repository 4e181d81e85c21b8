"""Which stop codons stand for amino acids, on made-up genomes of several codes."""

from itertools import product

import numpy as np
import pytest

from genefinder.data.stop_codons import StopCodons, find_stop_codons
from genefinder.dna import BASES, N, encode, reverse_complement
from genefinder.grammar import Grammar
from genefinder.grammar.grammar import stop_codons


def genome(stops: tuple[str, ...], genes: int = 60, seed: int = 3) -> list[np.ndarray]:
    """Genes of 600 codons of a usage of their own, on either strand, and chance between them."""
    rng = np.random.default_rng(seed)
    codons = ["".join(word) for word in product(BASES[:N], repeat=3)]
    sense = [codon for codon in codons if codon not in stops]
    usage = rng.dirichlet(np.full(len(sense), 0.8))
    usage[[sense.index(codon) for codon in ("TAA", "TAG", "TGA") if codon in sense]] = 0.03
    usage /= usage.sum()
    parts = []
    for number in range(genes):
        parts.append(rng.integers(0, 4, 1500).astype(np.uint8))
        gene = encode("ATG" + "".join(rng.choice(sense, 600, p=usage)) + rng.choice(stops))
        parts.append(reverse_complement(gene) if number % 2 else gene)
    return [np.concatenate(parts[start : start + 20]) for start in range(0, len(parts), 20)]


@pytest.mark.parametrize(
    ("stops", "sense", "code"),
    [
        (("TAA", "TAG", "TGA"), (), 1),
        (("TGA",), ("TAA", "TAG"), 6),
        (("TAA", "TAG"), ("TGA",), 10),
        (("TAA", "TGA"), ("TAG",), 15),
    ],
)
def test_stop_codons_inside_coding_sequence_are_none(
    stops: tuple[str, ...], sense: tuple[str, ...], code: int
) -> None:
    found = find_stop_codons(genome(stops))
    assert (found.sense, found.genetic_code, found.known) == (sense, code, True)
    assert stop_codons()[code] == stops
    # Genes of 600 codons have 18 of each; some lie near an end.
    assert all(300 < number < 1_400 for number in found.inside.values())


def test_all_three_inside_fit_no_code() -> None:
    found = find_stop_codons([*genome(("TGA",)), *genome(("TAA", "TAG"))])
    assert found.sense == ("TAA", "TAG", "TGA")
    assert found.known
    assert found.genetic_code is None


def test_chance_tells_nothing() -> None:
    codes = np.random.default_rng(1).integers(0, 4, 60_000).astype(np.uint8)
    assert find_stop_codons([codes]) == StopCodons(known=False)
    assert find_stop_codons([]).genetic_code is None


def test_codes_whose_stops_depend_on_context_are_none_of_the_fixed() -> None:
    assert {1, 6, 10, 12, 15, 26, 29, 30, 33} < set(stop_codons())
    assert not {27, 28, 31} & set(stop_codons())
    for code in stop_codons():
        assert Grammar(genetic_code=code, starts=("ATG",)).stops == stop_codons()[code]
