"""The genetic code of a genome."""

from dataclasses import replace

import numpy as np
import pytest

from genefinder.data.genome_sample import GenomeSample
from genefinder.dna import Codes
from genefinder.errors import InputError
from genefinder.io.fasta import Contig
from genefinder.species.genetic_code import CodeChoice, find_code
from genefinder.species.statistics import Statistics

from ..toy_genomes import TINY, coding_genome, made_up_statistics


def sample(sequences: list[Codes]) -> GenomeSample:
    return GenomeSample(Contig(f"{number}", codes) for number, codes in enumerate(sequences))


def of_code(genetic_code: int) -> Statistics:
    return replace(made_up_statistics(TINY, genetic_code), genetic_code=genetic_code)


def test_a_code_that_is_asked_for_is_not_looked_for() -> None:
    code = find_code(sample([]), 6)
    assert code == CodeChoice(6, "as asked for", given=True)
    assert code.describe(6) == "6: as asked for"
    known = [of_code(1), of_code(29), of_code(6)]
    assert [statistics.name for statistics in code.of(known)] == ["species 29", "species 6"]
    assert {statistics.genetic_code for statistics in code.of(known)} == {6}


@pytest.mark.parametrize("genetic_code", [27, 28, 31, 99])
def test_codes_that_cannot_be_asked_for(genetic_code: int) -> None:
    with pytest.raises(InputError, match=f"{genetic_code}"):
        find_code(sample([]), genetic_code)


def test_where_all_stop_codons_stop_it_is_the_standard_code() -> None:
    code = find_code(sample(coding_genome(("TAA", "TAG", "TGA"), genes=20)))
    assert code == CodeChoice(1, "no stop codon stands inside coding sequence")
    assert code.fits(12)
    assert not code.fits(6)
    # Only the stop codons are certain, so known species keep the code that they have.
    assert [statistics.genetic_code for statistics in code.of([of_code(12), of_code(6)])] == [12]


def test_stop_codons_inside_coding_sequence_tell_another() -> None:
    code = find_code(sample(coding_genome(("TGA",), genes=20)))
    assert (code.number, code.given) == (6, False)
    taa, tag = (int(number.split(" times")[0]) for number in code.reason.split("(")[1:])
    assert 100 < tag < 800
    assert 100 < taa < 800
    assert code.reason == (
        f"TAA ({taa} times) and TAG ({tag} times) inside coding sequence, in a sample; the same "
        "stop codons, but other amino acids: 29, 30"
    )
    assert code.describe(6) == f"6: {code.reason}"
    assert code.describe(29) == (
        f"29: {code.reason}; amino acids as of the nearest known species; the sequence does not "
        "tell"
    )


def test_where_none_stops_genes_cannot_be_told() -> None:
    every = [*coding_genome(("TGA",)), *coding_genome(("TAA", "TAG"))]
    with pytest.raises(
        InputError, match=r"the genome: has TAA .* tables 27, 28, 31 depend on .*--genetic-code"
    ):
        find_code(sample(every))


def test_few_long_frames_tell_nothing() -> None:
    code = find_code(sample([np.random.default_rng(1).integers(0, 4, 60_000, dtype=np.uint8)]))
    assert code == CodeChoice(None, "there are too few long open reading frames")
    assert code.fits(6)
    assert code.describe(1) == (
        "1: as of the nearest known species; the sequence does not tell, for there are too few "
        "long open reading frames"
    )
