"""What is given to the Python API, and is none of what it takes."""

from collections.abc import Callable
from typing import Any

import pytest
from Bio.Seq import Seq

import genefinder
from genefinder.errors import DeviceError, GenefinderError, InputError, ModelError


@pytest.fixture(scope="module")
def model(planted) -> genefinder.Model:
    return genefinder.load_model(planted.model)


def test_sequences_of_biopython(planted, model) -> None:
    letters = planted.genome.read_text().split("\n")[1]
    plain = genefinder.predict_sequence(letters, model)
    sequences: tuple[Seq | bytes, ...] = (Seq(letters), bytes(letters, "ascii"))
    for sequence in sequences:
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
    nothing: Any = None
    calls: tuple[Callable[[], object], ...] = (
        lambda: genefinder.predict(nothing, model),
        lambda: genefinder.predict(planted.genome, nothing),
        lambda: genefinder.predict(planted.genome, reader, species=nothing),
        lambda: genefinder.load_model(nothing),
        lambda: genefinder.evaluate(nothing, planted.annotation),
    )
    for call in calls:
        with pytest.raises(GenefinderError, match="give "):
            call()


@pytest.mark.parametrize(
    "settings", [{"id_prefix": None}, {"id_prefix": 7}, {"locus_tag_prefix": 123}]
)
def test_prefixes_that_are_no_text(model, settings: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"prefix of .* give"):
        genefinder.predict({"one": "ACGT"}, model, **settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"genes": 7}, "give a file to write or an open text stream, not int"),
        ({"format": 7}, "there is no format 7; give one of"),
        ({"organism": 7, "format": "embl"}, "organism 7: give"),
        ({"id_database": 7}, "database of IDs 7: give"),
    ],
)
def test_what_cannot_be_written(model, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        genefinder.predict({"one": "ACGT"}, model).write(**settings)


def test_regions_of_unknown_contigs(planted) -> None:
    with pytest.raises(InputError, match="neither side has genes on contig 'chr9'"):
        genefinder.evaluate(planted.annotation, planted.annotation, ["chr9"])
    whole = genefinder.evaluate(planted.annotation, planted.annotation, "one")
    assert whole.gene.n_reference == 8


@pytest.mark.parametrize(
    ("setting", "value"),
    [("threads", "2"), ("threads", 1.5), ("batch_size", None), ("min_posterior", "half")],
)
def test_settings_that_are_no_numbers(model, setting: str, value: object) -> None:
    settings: dict[str, Any] = {setting: value}
    with pytest.raises(InputError, match=f"{setting} is {value}; it must be"):
        genefinder.predict({"one": "ACGT"}, model, **settings)


@pytest.mark.parametrize("device", [7.5, None])
def test_devices_that_are_none(model, device: Any) -> None:
    with pytest.raises(DeviceError, match=f"unknown device {device}"):
        genefinder.predict({"one": "ACGT"}, model, device=device)


def test_lists_of_something_else(planted, model) -> None:
    genes: list[Any] = [7]
    with pytest.raises(InputError, match=r"give genes, .* not int"):
        genefinder.evaluate(genes, planted.annotation)
    for regions in (7, [7]):
        wrong: Any = regions
        with pytest.raises(InputError, match=r"give regions: .* not int"):
            genefinder.evaluate(planted.annotation, planted.annotation, wrong)
    name: Any = None
    with pytest.raises(ModelError, match="give the name of a species, not NoneType"):
        model.species_statistics(name)
