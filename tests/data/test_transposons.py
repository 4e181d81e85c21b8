import random

import pytest

from genefinder.data.transposons import BLOCKS, find_block

RESIDUES = "ACDEFGHIKLMNPQRSTVWY"


@pytest.mark.parametrize("family", BLOCKS)
def test_every_block_is_found_with_a_fifth_of_its_residues_changed(family: str) -> None:
    rng = random.Random(1)
    flank = "".join(rng.choices(RESIDUES, k=80))
    block = "".join(
        rng.choice(RESIDUES) if place % 5 == 0 else residue
        for place, residue in enumerate(BLOCKS[family])
    )
    assert find_block(flank + block + flank) == family


def test_chance_fits_no_block() -> None:
    rng = random.Random(2)
    assert find_block("".join(rng.choices(RESIDUES, k=20_000))) is None


@pytest.mark.parametrize("protein", ["", "M", "MX*", "M" * 30])
def test_short_and_strange_proteins_fit_none(protein: str) -> None:
    assert find_block(protein) is None


def test_a_stop_codon_ends_a_block() -> None:
    block = BLOCKS["copia integrase"]
    assert find_block(block) == "copia integrase"
    assert find_block("*".join(block[place : place + 9] for place in range(0, 54, 9))) is None
