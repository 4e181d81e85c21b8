"""What is given to the Python API, and is none of what it takes."""

import pytest
from Bio.Seq import Seq

import genefinder
from genefinder.errors import GenefinderError, InputError, ModelError


@pytest.fixture(scope="module")
def model(planted) -> genefinder.Model:
    return genefinder.load_model(planted.model)


def test_sequences_of_biopython(planted, model) -> None:
    letters = planted.genome.read_text().split("\n")[1]
    plain = genefinder.predict_sequence(letters, model)
    for sequence in (Seq(letters), bytearray(letters, "ascii")):
        found = genefinder.predict_sequence(sequence, model)
        assert [gene.record for gene in found.genes] == [gene.record for gene in plain.genes]


@pytest.mark.parametrize("sequence", [None, 7, ["A"]])
def test_sequences_that_are_none(model, sequence) -> None:
    with pytest.raises(InputError, match="text or bytes"):
        genefinder.predict_sequence(sequence, model)


@pytest.mark.parametrize("name", ["", " ", "a\nb", None])
def test_names_that_no_file_can_hold(model, name) -> None:
    with pytest.raises(InputError, match="name of a contig"):
        genefinder.predict({name: "ACGT"}, model)


def test_arguments_that_are_none(planted, planted_species, model) -> None:
    reader = genefinder.load_model(planted_species)
    with pytest.raises(ModelError, match=r"species_statistics\(name\)"):
        reader.reading("Planta clara")  # type: ignore[arg-type]
    calls = (
        lambda: genefinder.predict(None, model),
        lambda: genefinder.predict(planted.genome, None),
        lambda: genefinder.predict(planted.genome, reader, species=None),
        lambda: genefinder.load_model(None),
        lambda: genefinder.evaluate(None, planted.annotation),
    )
    for call in calls:
        with pytest.raises(GenefinderError, match="give "):
            call()


def test_regions_of_unknown_contigs(planted) -> None:
    with pytest.raises(InputError, match="neither side has genes on contig 'chr9'"):
        genefinder.evaluate(planted.annotation, planted.annotation, ["chr9"])
    whole = genefinder.evaluate(planted.annotation, planted.annotation, "one")
    assert whole.gene.n_reference == 8
