"""Models that read the statistics of species, some of which they know by name."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from genefinder.errors import InputError, ModelError
from genefinder.io.fasta import open_genome
from genefinder.models.model import Model
from genefinder.predictor import Predictor
from genefinder.species.statistics import Statistics


@pytest.fixture
def model(planted_species: Path) -> Model:
    return Model.load(planted_species)


def test_species_are_files_of_their_own(planted_species: Path, model: Model) -> None:
    names = sorted(os.listdir(planted_species / "species"))
    assert names == ["planta_clara.safetensors", "planta_obscura.safetensors"]
    assert model.known_species == ("Planta clara", "Planta obscura")
    assert model.reads_statistics
    assert model.reads is None
    stored = Statistics.load(planted_species / "species" / names[0])
    assert model.species_statistics("planta_clara").to_bytes() == stored.to_bytes()


def test_species_are_part_of_the_hash(planted_species: Path, model: Model, tmp_path: Path) -> None:
    again = model.save(tmp_path / "again")
    assert again.sha256 == model.sha256 == Model.load(tmp_path / "again").sha256
    backwards = replace(model, statistics=model.statistics[::-1], sha256="")
    assert backwards.sha256 == model.sha256
    renamed = replace(model.statistics[0], name="Planta alia")
    other = replace(model, statistics=(renamed, model.statistics[1]), sha256="")
    assert other.sha256 != model.sha256
    other.save(tmp_path / "again")
    assert sorted(os.listdir(tmp_path / "again" / "species")) == [
        "planta_alia.safetensors",
        "planta_obscura.safetensors",
    ]
    fewer = replace(model, statistics=(), sha256="").save(tmp_path / "again")
    assert Model.load(tmp_path / "again").known_species == ()
    assert fewer.sha256 == Model.load(tmp_path / "again").sha256


def test_models_without_species_keep_their_hash(planted) -> None:
    stored = (planted.model / name for name in ("config.json", "model.safetensors"))
    expected = hashlib.sha256(b"".join(path.read_bytes() for path in stored)).hexdigest()
    assert Model.load(planted.model).sha256 == expected
    assert sorted(os.listdir(planted.model)) == ["config.json", "model.safetensors"]


def test_unknown_species_are_answered_by_the_known(model: Model) -> None:
    message = "reader knows no species Homo sapiens; it knows Planta clara, Planta obscura"
    with pytest.raises(ModelError, match=message):
        model.species_statistics("Homo sapiens")


def test_names_are_unique(model: Model) -> None:
    twin = replace(model.statistics[0], name="planta_CLARA")
    with pytest.raises(ModelError, match="two species of one name"):
        replace(model, statistics=(model.statistics[0], twin))


def test_reads_a_species_and_says_so(planted, model: Model) -> None:
    statistics = model.species_statistics("Planta clara")
    reading = model.reading(statistics)
    assert reading.sha256 == model.sha256
    assert model.network.species is None
    assert "knows the statistics of Planta clara, Planta obscura" in model.describe()
    assert f"Planta clara, counted on an annotation, sha256:{statistics.sha256}" in (
        reading.describe()
    )
    found = Predictor(reading, device="cpu").predict(open_genome(planted.genome))
    genes = [(gene.contig, gene.strand, gene.exons) for gene in found.genes()]
    assert genes == list(planted.genes)
    comments = dict(found.comments())
    assert comments["species"] == statistics.describe()
    # The very genes of the model whose own tables these are.
    own = Predictor(Model.load(planted.model), device="cpu").predict(open_genome(planted.genome))
    assert [gene.record for gene in own.genes()] == [gene.record for gene in found.genes()]


def test_what_it_reads_is_not_saved(model: Model, tmp_path: Path) -> None:
    model.reading(model.statistics[0]).save(tmp_path / "again")
    again = Model.load(tmp_path / "again")
    assert again.reads is None
    assert again.sha256 == model.sha256


def test_the_genetic_code_is_that_of_the_statistics(model: Model) -> None:
    ciliate = replace(model.statistics[0], genetic_code=6)
    reading = model.reading(ciliate)
    assert reading.grammar == replace(model.grammar, genetic_code=6)
    assert model.grammar.genetic_code == 1
    stop = torch.tensor([[3, 0, 2, 3, 2, 0]], dtype=torch.int32)  # TAGTGA
    assert model.network.candidates(stop)[1].tolist() == [0, 3]
    assert reading.network.candidates(stop)[1].tolist() == [3]


def test_statistics_of_another_shape_are_refused(model: Model) -> None:
    tables = model.statistics[0].tables
    other = replace(model.statistics[0], tables=replace(tables, before=tables.before - 1))
    with pytest.raises(ModelError, match=r"Planta clara .* learn them with this model"):
        model.reading(other)


def test_models_of_one_species_read_none(planted, model: Model) -> None:
    own = Model.load(planted.model)
    with pytest.raises(ModelError, match="reads no statistics"):
        own.reading(model.statistics[0])
    with pytest.raises(ModelError, match="reads no statistics"):
        replace(own, statistics=model.statistics)


def test_without_a_species_nothing_is_predicted(model: Model) -> None:
    with pytest.raises(ModelError, match=r"--species .*Planta clara, Planta obscura"):
        Predictor(model, device="cpu")


def test_damaged_statistics_are_named(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path / "toy")
    (tmp_path / "toy" / "species" / "planta_clara.safetensors").write_bytes(b"garbage")
    with pytest.raises(ModelError, match=r"planta_clara\.safetensors"):
        Model.load(tmp_path / "toy")


def test_statistics_are_saved_whole_and_uncompressed(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "clara.safetensors"
    model.statistics[0].save(path)
    assert Statistics.load(path).sha256 == model.statistics[0].sha256
    assert os.listdir(tmp_path) == [path.name]
    with pytest.raises(InputError, match=r"\.gz"):
        model.statistics[0].save(tmp_path / "clara.gz")
