import copy
import hashlib
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from genefinder.dna import encode
from genefinder.errors import InputError, ModelError
from genefinder.grammar import Grammar
from genefinder.io.fasta import open_genome
from genefinder.models.calibration import Calibration, Curve
from genefinder.models.model import (
    Model,
    PretrainedModel,
    find_model,
    installed_models,
    load_any,
)
from genefinder.models.profile import SpeciesProfile
from genefinder.network.config import NetworkConfig
from genefinder.network.next_base import NextBase
from genefinder.predictor import Predictor
from genefinder.species.statistics import Statistics

GRAMMAR = Grammar(min_intron=20)
CALIBRATION = Calibration({"gene": Curve(0.5, 0.75, 0.25)})
PROFILE = SpeciesProfile(
    bases=500_000,
    genes_per_mb=200.0,
    coding=0.3,
    posterior=0.7,
    exons=3.0,
    gc=0.4,
    gc3=0.4,
    saved_per_kb=10.0,
    codons=tuple(range(64)),
)
PROVENANCE = {"step": 3, "genomes": [{"species": "Toya toyi"}, {"genome": "unnamed.fa"}]}


@pytest.fixture
def made(tiny: NetworkConfig, lively) -> Model:
    return Model("made", lively(tiny), GRAMMAR, CALIBRATION, (PROFILE,), 0.25, PROVENANCE)


@pytest.fixture
def saved(tmp_path: Path, made: Model) -> Path:
    folder = tmp_path / "models" / "toy"
    made.save(folder)
    return folder


def test_what_is_saved_is_loaded(saved: Path, tiny: NetworkConfig, lively) -> None:
    model = Model.load(saved)
    assert model.name == "toy"
    assert model.grammar == GRAMMAR
    assert model.calibration == CALIBRATION
    assert model.profiles == (PROFILE,)
    assert model.min_posterior == 0.25
    assert model.provenance == PROVENANCE
    assert model.species == ("Toya toyi",)
    assert model.network.config == tiny
    assert not model.network.training
    for name, value in lively(tiny).state_dict().items():
        assert torch.equal(model.network.state_dict()[name], value)


def test_the_format_keeps_its_keys(saved: Path) -> None:
    values = json.loads((saved / "config.json").read_text())
    keys = ["format", "network", "grammar", "min_posterior", "calibration"]
    keys += ["profiles", "provenance"]
    assert list(values) == keys


def test_a_model_says_what_it_is(saved: Path) -> None:
    model = Model.load(saved)
    text = model.describe()
    for part in ("toy", "Toya toyi", "genetic code 1", "20 bases", "calibrated", "0.25"):
        assert part in text
    assert model.sha256[:12] in text
    assert "not calibrated" in replace(model, calibration=Calibration()).describe()


def test_leaves_nothing_else_behind(saved: Path) -> None:
    assert sorted(os.listdir(saved)) == ["config.json", "model.safetensors"]
    assert saved.joinpath("model.safetensors").stat().st_mode == (
        saved.joinpath("config.json").stat().st_mode
    )


def test_hash_tells_models_apart(saved: Path, tmp_path: Path, made: Model) -> None:
    again = made.save(tmp_path / "again")
    changed = copy.deepcopy(made.network)
    with torch.no_grad():
        changed.channels.bias.add_(1)
    other = replace(made, network=changed, sha256="").save(tmp_path / "other")
    assert made.sha256 == again.sha256 == Model.load(saved).sha256
    assert Model.load(tmp_path / "other").sha256 == other.sha256 != made.sha256
    assert replace(made, min_posterior=0.5, sha256="").sha256 != made.sha256


def test_saving_tells_the_name_and_the_hash_on_disk(saved: Path, made: Model) -> None:
    values = json.loads((saved / "config.json").read_text())
    (saved / "config.json").write_text(json.dumps(values))  # by another hand
    loaded = Model.load(saved)
    assert loaded.sha256 != made.sha256
    again = loaded.save(saved.parent / "again")
    assert (again.name, again.sha256) == ("again", made.sha256)


def test_overwrites_an_earlier_model(saved: Path, made: Model) -> None:
    replace(made, min_posterior=0.5).save(saved)
    assert Model.load(saved).min_posterior == 0.5


def test_unwritable_folder(tmp_path: Path, made: Model) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="file"):
        made.save(tmp_path / "file" / "toy")


def damage_config(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "model.safetensors").unlink(), "safetensors"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"garbage"), "toy"),
        (lambda folder: (folder / "config.json").write_text("{"), "toy"),
        (lambda folder: (folder / "config.json").write_text("[]"), "toy"),
        (lambda folder: (folder / "config.json").write_bytes(b"\xff\xfe"), "toy"),
        (lambda folder: (folder / "config.json").write_text("{}"), "has no 'format'"),
        (lambda folder: damage_config(folder, format=99), "format 99.* reads 2"),
        (lambda folder: damage_config(folder, network={"hidden": 16}), "toy.*size mismatch"),
        (lambda folder: damage_config(folder, network={"depth": 4}), "toy.*depth"),
        (lambda folder: damage_config(folder, network={"hidden": "x"}), "toy.*hidden"),
        (lambda folder: damage_config(folder, network=3), "toy"),
        (lambda folder: damage_config(folder, min_posterior=None), "toy"),
        (lambda folder: damage_config(folder, grammar={"min_intron": 1}), "toy.*min_intron is 1"),
        (lambda folder: damage_config(folder, grammar={"nonsense": 1}), "toy.*nonsense"),
        (lambda folder: damage_config(folder, calibration={"tail": []}), "toy.*'tail'"),
        (lambda folder: damage_config(folder, calibration=[]), "toy.*has no usable"),
        (lambda folder: damage_config(folder, profiles=[{"bases": 1}]), "toy.*genes_per_mb"),
    ],
)
def test_damaged_models_are_named(saved: Path, damage, message: str) -> None:
    damage(saved)
    with pytest.raises(ModelError, match=f"(?s){message}"):
        Model.load(saved)


def test_truncated_weights(saved: Path) -> None:
    path = saved / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ModelError, match="toy"):
        Model.load(saved)


@pytest.fixture
def pretrained(tmp_path: Path, tiny: NetworkConfig) -> Path:
    torch.manual_seed(3)
    folder = tmp_path / "models" / "raw"
    PretrainedModel("raw", NextBase(tiny).eval(), {"step": 4}).save(folder)
    return folder


def test_pretrained_encoders_are_loaded_as_such(
    saved: Path, pretrained: Path, tiny: NetworkConfig
) -> None:
    model = PretrainedModel.load(pretrained)
    torch.manual_seed(3)
    for name, value in NextBase(tiny).state_dict().items():
        assert torch.equal(model.network.state_dict()[name], value)
    assert (model.name, model.provenance, model.network.config) == ("raw", {"step": 4}, tiny)
    assert not model.network.training
    assert model.sha256 != Model.load(saved).sha256
    assert isinstance(load_any(pretrained), PretrainedModel)
    assert isinstance(load_any(saved), Model)
    assert "pretrained on raw sequence" in model.describe()


def test_kinds_are_not_mixed_up(saved: Path, pretrained: Path) -> None:
    message = f"raw: .*raw sequence only.*`genefinder train --init {pretrained}`"
    with pytest.raises(ModelError, match=message):
        Model.load(pretrained)
    with pytest.raises(ModelError, match=r"toy: .*a gene model"):
        PretrainedModel.load(saved)
    damage_config(pretrained, format=99)
    for load in (Model.load, PretrainedModel.load, load_any):
        with pytest.raises(ModelError, match=r"raw: .*format 99"):
            load(pretrained)


def test_missing_model_lists_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere.*installed models"):
        find_model(tmp_path / "nowhere")
    with pytest.raises(ModelError, match=r"config\.json"):
        find_model(tmp_path)


def test_installed_models_are_found_by_name(saved: Path, monkeypatch, tmp_path: Path) -> None:
    package = tmp_path / "site" / "genefinder"
    shutil.copytree(saved, package / "pretrained" / "toy")
    (package / "pretrained" / "no model").mkdir()
    monkeypatch.setattr("importlib.resources.files", lambda _: package)
    assert installed_models() == {"toy": package / "pretrained" / "toy"}
    assert Model.load("toy").min_posterior == 0.25
    shutil.rmtree(package / "pretrained")
    assert installed_models() == {}
    # In a source checkout they lie beside the package.
    shutil.copytree(saved, package.parent / "models" / "toy")
    assert list(installed_models()) == ["toy"]


def test_models_of_ones_own_are_found_by_name(saved: Path, install, monkeypatch) -> None:
    folder = install(saved)
    (folder / "no model").mkdir()
    assert installed_models() == {"toy": folder / "toy"}
    assert Model.load("toy").name == "toy"
    with pytest.raises(ModelError, match=r"no model plant.*: toy"):
        Model.load("plant")
    monkeypatch.setenv("GENEFINDER_MODELS", str(folder / "none"))
    with pytest.raises(ModelError, match=r"GENEFINDER_MODELS: there is no folder .*none"):
        installed_models()


def test_plant_is_installed() -> None:
    assert "plant" in installed_models()


def test_the_words_of_sites_are_those_of_the_grammar(tmp_path: Path, tiny: NetworkConfig, lively):
    grammar = Grammar(starts=("ATG", "GTG"), genetic_code=6)
    Model("toy", lively(tiny, grammar), grammar).save(tmp_path / "toy")
    network = Model.load(tmp_path / "toy").network
    codes = torch.from_numpy(encode("CCCGTGACCCTAACCCTGA" + "C" * 8)).unsqueeze(0)
    starts, stops, _, _ = network.candidates(codes.int())
    assert starts.tolist() == [3]
    assert stops.tolist() == [4, 16]
    assert network.sites is not None
    with torch.inference_mode():
        scores = network.sites(codes.int(), torch.ones(1, 27, tiny.head))
    assert torch.nonzero(scores[0, :, 0]).flatten().tolist() == [3]


@pytest.mark.parametrize("name", installed_models())
def test_cards_tell_the_limits_of_the_grammar(name: str) -> None:
    """What it finds inside introns is held by tests/grammar/test_nested.py."""
    limits = (installed_models()[name] / "MODEL_CARD.md").read_text().partition("## Limits")[2]
    if Model.load(name).usual_grammar.spliced:
        assert "Genes inside an intron of a gene on the other strand are found" in limits
    else:
        assert "none inside another" in limits


@pytest.fixture
def reader(planted_species: Path) -> Model:
    return Model.load(planted_species)


def test_species_are_files_of_their_own(planted_species: Path, reader: Model) -> None:
    names = sorted(os.listdir(planted_species / "species"))
    assert names == ["planta_clara.safetensors", "planta_obscura.safetensors"]
    assert reader.known_species == ("Planta clara", "Planta obscura")
    assert reader.reads is None
    stored = Statistics.load(planted_species / "species" / names[0])
    assert reader.species_statistics("planta_clara").to_bytes() == stored.to_bytes()


def test_species_are_part_of_the_hash(planted_species: Path, reader: Model, tmp_path: Path) -> None:
    again = reader.save(tmp_path / "again")
    assert again.sha256 == reader.sha256 == Model.load(tmp_path / "again").sha256
    backwards = replace(reader, statistics=reader.statistics[::-1], sha256="")
    assert backwards.sha256 == reader.sha256
    renamed = replace(reader.statistics[0], name="Planta alia")
    other = replace(reader, statistics=(renamed, reader.statistics[1]), sha256="")
    assert other.sha256 != reader.sha256
    other.save(tmp_path / "again")
    assert sorted(os.listdir(tmp_path / "again" / "species")) == [
        "planta_alia.safetensors",
        "planta_obscura.safetensors",
    ]
    fewer = replace(reader, statistics=(), sha256="").save(tmp_path / "again")
    assert Model.load(tmp_path / "again").known_species == ()
    assert fewer.sha256 == Model.load(tmp_path / "again").sha256


def test_the_hash_is_that_of_the_files(planted) -> None:
    species = "planta_clara.safetensors"
    digest = hashlib.sha256()
    for name in ("config.json", "model.safetensors"):
        digest.update((planted.model / name).read_bytes())
    digest.update(species.encode() + (planted.model / "species" / species).read_bytes())
    assert Model.load(planted.model).sha256 == digest.hexdigest()


def test_unknown_species_are_answered_by_the_known(reader: Model) -> None:
    message = "reader knows no species Homo sapiens; it knows Planta clara, Planta obscura"
    with pytest.raises(ModelError, match=message):
        reader.species_statistics("Homo sapiens")


def test_names_are_unique(reader: Model) -> None:
    twin = replace(reader.statistics[0], name="planta_CLARA")
    with pytest.raises(ModelError, match="two species of one name"):
        replace(reader, statistics=(reader.statistics[0], twin))


def test_reads_a_species_and_says_so(planted, reader: Model) -> None:
    statistics = reader.species_statistics("Planta clara")
    reading = reader.reading(statistics)
    assert reading.sha256 == reader.sha256
    assert reader.network.species is None
    assert "knows the statistics of Planta clara, Planta obscura" in reader.describe()
    assert f"Planta clara, counted on an annotation, sha256:{statistics.sha256}" in (
        reading.describe()
    )
    found = Predictor(reading, device="cpu").predict(open_genome(planted.genome))
    genes = [(gene.contig, gene.strand, gene.exons) for gene in found.genes()]
    assert genes == list(planted.genes)
    comments = dict(found.comments())
    assert comments["species"] == statistics.describe()
    # The very genes of the model that knows this species alone.
    own = Predictor(Model.load(planted.model), device="cpu").predict(open_genome(planted.genome))
    assert [gene.record for gene in own.genes()] == [gene.record for gene in found.genes()]


def test_a_model_of_another_species_keeps_calibration_and_profiles(
    reader: Model, tmp_path: Path
) -> None:
    start = replace(
        reader,
        calibration=Calibration({"gene": Curve(0.5, 0.5, 0.1)}),
        profiles=(PROFILE,),
        sha256="",
    )
    foreign = replace(reader.statistics[0], name="Planta aliena", origin="genome")
    # As genefinder.adapt makes it.
    replace(start.reading(foreign), statistics=(foreign,), sha256="").save(tmp_path / "adapted")
    again = Model.load(tmp_path / "adapted")
    assert again.known_species == ("Planta aliena",)
    assert again.calibration == start.calibration
    assert again.profiles == (PROFILE,)


def test_what_it_reads_is_no_part_of_what_is_saved(reader: Model, tmp_path: Path) -> None:
    reader.reading(reader.statistics[0]).save(tmp_path / "again")
    again = Model.load(tmp_path / "again")
    assert again.reads is None
    assert again.sha256 == reader.sha256
    other = reader.reading(replace(reader.statistics[0], name="Planta alia"))
    with pytest.raises(ModelError, match=r"Planta alia, which are none of .*genefinder\.adapt"):
        other.save(tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_the_genetic_code_is_that_of_the_statistics(reader: Model) -> None:
    ciliate = replace(reader.statistics[0], genetic_code=6)
    reading = reader.reading(ciliate)
    assert reading.grammar == replace(reader.grammar, genetic_code=6)
    assert reader.grammar.genetic_code == 1
    stop = torch.tensor([[3, 0, 2, 3, 2, 0]], dtype=torch.int32)  # TAGTGA
    assert reader.network.candidates(stop)[1].tolist() == [0, 3]
    assert reading.network.candidates(stop)[1].tolist() == [3]


def test_the_shortest_gene_is_that_of_the_statistics(reader: Model) -> None:
    first = replace(reader.statistics[0], min_coding=75)
    reading = reader.reading(first)
    assert reading.grammar.min_coding == 75
    assert reading.usual_grammar.min_coding == reader.grammar.min_coding == 0
    assert reading.reading(replace(first, min_coding=None)).grammar.min_coding == 0


def test_the_shortest_intron_is_that_of_the_statistics(reader: Model, tmp_path: Path) -> None:
    usual, first = reader.grammar.min_intron, reader.statistics[0]
    long = reader.reading(replace(first, min_intron=usual + 50))
    assert long.grammar.min_intron == usual + 50
    assert long.usual_grammar.min_intron == usual
    assert long.reading(replace(first, min_intron=None)).grammar == reader.grammar
    # A model of one species keeps both through a file.
    known = replace(long, statistics=(replace(first, min_intron=usual + 50),), reads=None)
    known.save(tmp_path / "one")
    again = Model.load(tmp_path / "one")
    assert again.grammar.min_intron == usual + 50
    assert again.usual_grammar == reader.grammar


def test_posteriors_of_unseen_species_have_curves_of_their_own(
    planted, reader: Model, tmp_path: Path
) -> None:
    first = reader.statistics[0]
    foreign = replace(first, name="Planta aliena", origin="genome")
    assert reader.reading(foreign).own_calibration == reader.calibration
    halved = Calibration({"gene": Curve(0.01, 0.01, -1.0)})
    own = replace(reader, calibration_unseen=halved, sha256="")
    assert own.sha256 != reader.sha256
    own.save(tmp_path / "own")
    again = Model.load(tmp_path / "own")
    assert again.calibration_unseen == halved
    # One that it knows is so under its name, from a file too.
    first.save(tmp_path / "first.safetensors")
    for known in (again.statistics[0], Statistics.load(tmp_path / "first.safetensors")):
        assert again.reading(known).own_calibration == reader.calibration
    assert again.own_calibration == reader.calibration
    unseen = again.reading(foreign)
    assert unseen.own_calibration == halved

    def genes(model: Model) -> list[tuple[object, float]]:
        predictor = Predictor(model, min_posterior=0.0, device="cpu")
        found = predictor.predict(open_genome(planted.genome)).genes()
        return [(gene.exons, gene.posterior) for gene in found]

    lowered, as_known = genes(unseen), genes(reader.reading(foreign))
    assert [exons for exons, _ in lowered] == [exons for exons, _ in as_known]
    assert [posterior for _, posterior in lowered] == [
        halved("gene", posterior) for _, posterior in as_known
    ]


def test_statistics_of_another_shape_are_refused(reader: Model) -> None:
    tables = reader.statistics[0].tables
    other = replace(reader.statistics[0], tables=replace(tables, before=tables.before - 1))
    message = "of order 1, 5 bases before and 7 after a site, but the model reader reads order 1, 6"
    with pytest.raises(ModelError, match=message):
        reader.reading(other)


def test_the_only_species_is_read(planted, reader: Model) -> None:
    own = Model.load(planted.model)
    assert own.reads is not None
    assert own.reads.name == "Planta clara"
    assert own.network.species is not None
    assert replace(reader, statistics=own.statistics).reads is own.statistics[0]
    other = own.reading(reader.species_statistics("Planta obscura"))
    assert other.reads is not None
    assert other.reads.name == "Planta obscura"


def test_without_a_species_nothing_is_predicted(reader: Model) -> None:
    with pytest.raises(ModelError, match=r"--species .*Planta clara, Planta obscura"):
        Predictor(reader, device="cpu")


def test_damaged_statistics_are_named(reader: Model, tmp_path: Path) -> None:
    reader.save(tmp_path / "toy")
    (tmp_path / "toy" / "species" / "planta_clara.safetensors").write_bytes(b"garbage")
    with pytest.raises(ModelError, match=r"planta_clara\.safetensors"):
        Model.load(tmp_path / "toy")


def test_statistics_are_saved_whole_and_uncompressed(reader: Model, tmp_path: Path) -> None:
    path = tmp_path / "clara.safetensors"
    reader.statistics[0].save(path)
    assert Statistics.load(path).sha256 == reader.statistics[0].sha256
    assert os.listdir(tmp_path) == [path.name]
    with pytest.raises(InputError, match=r"\.gz"):
        reader.statistics[0].save(tmp_path / "clara.gz")
