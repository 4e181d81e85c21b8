"""Which stop codons stand for amino acids, on made-up genomes of several codes."""

import numpy as np
import pytest

from genefinder.data.stop_codons import StopCodons, find_stop_codons
from genefinder.grammar import Grammar
from genefinder.grammar.grammar import stop_codons
from genefinder.io.fasta import open_genome

from ..toy_genomes import coding_genome


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
    found = find_stop_codons(coding_genome(stops))
    assert (found.sense, found.genetic_code, found.known) == (sense, code, True)
    assert stop_codons()[code] == stops
    # Genes of 600 codons have 18 of each; some lie near an end.
    assert all(300 < number < 1_400 for number in found.inside.values())


def test_all_three_inside_fit_no_code() -> None:
    found = find_stop_codons([*coding_genome(("TGA",)), *coding_genome(("TAA", "TAG"))])
    assert found.sense == ("TAA", "TAG", "TGA")
    assert found.known
    assert found.genetic_code is None


@pytest.mark.parametrize(("share", "code"), [(0.003, 1), (0.015, 10)])
def test_a_codon_of_an_amino_acid_is_not_rare(share: float, code: int) -> None:
    """Families of repeats have long frames with a stop codon here and there, as Alu has TGA."""
    genome = coding_genome(("TAA", "TAG"), genes=120, share=share)
    assert find_stop_codons(genome).genetic_code == code


def test_chance_tells_nothing() -> None:
    codes = np.random.default_rng(1).integers(0, 4, 60_000).astype(np.uint8)
    assert find_stop_codons([codes]) == StopCodons(known=False)
    assert find_stop_codons([]).genetic_code is None


def test_codes_whose_stops_depend_on_context_are_none_of_the_fixed() -> None:
    assert {1, 6, 10, 12, 15, 26, 29, 30, 33} < set(stop_codons())
    assert not {27, 28, 31} & set(stop_codons())
    for code in stop_codons():
        assert Grammar(genetic_code=code, starts=("ATG",)).stops == stop_codons()[code]


def test_copies_of_a_sequence_repeat_chance_and_no_evidence(planted) -> None:
    sequences = [contig.codes for contig in open_genome(planted.genome)]
    assert find_stop_codons(sequences * 25).genetic_code == 1
    ciliate = coding_genome(("TGA",), genes=20)
    once, often = find_stop_codons(ciliate), find_stop_codons(ciliate * 4)
    assert once.genetic_code == often.genetic_code == 6
    assert once.inside == often.inside
