import json
from dataclasses import replace
from pathlib import Path

import pytest

from genefinder.errors import InputError
from genefinder.genes import Region
from genefinder.network.config import NetworkConfig
from genefinder.training.config_file import read_settings
from genefinder.training.recipe import Recipe
from genefinder.training.settings import (
    PRETRAINING,
    LabelledGenome,
    PretrainSettings,
    RawGenome,
    TrainSettings,
)

FULL = """
genomes:
  - {genome: a.fa, annotation: a.gff, weight: 2, mask: a.bed, genetic_code: 6}
  - {genome: /data/b.fa, annotation: b.gtf}
output: models/x
validation: ["chr1:101-200", chr2]
exclude: [chr3]
network: {hidden: 16, recurrent: gru, convolutions: [[5, 1]]}
recipe: {rate: 1.0e-3, max_steps: 5, averaging: 0.9}
threads: 2
device: cpu
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "run.yaml"
    path.write_text(text)
    return path


def test_everything_can_be_set(tmp_path: Path) -> None:
    assert read_settings(TrainSettings, write(tmp_path, FULL)) == TrainSettings(
        genomes=(
            LabelledGenome(tmp_path / "a.fa", tmp_path / "a.gff", 2.0, tmp_path / "a.bed", 6),
            LabelledGenome(Path("/data/b.fa"), tmp_path / "b.gtf"),
        ),
        output=tmp_path / "models/x",
        validation=(Region("chr1", 100, 200), Region("chr2")),
        exclude=(Region("chr3"),),
        network=NetworkConfig(hidden=16, recurrent="gru", convolutions=((5, 1),)),
        recipe=Recipe(rate=1e-3, max_steps=5, averaging=0.9),
        threads=2,
        device="cpu",
    )


def test_a_share_for_the_next_base(tmp_path: Path) -> None:
    minimal = "genomes: [{genome: a.fa, annotation: a.gff}]\noutput: x\n"
    for text, share in (("", 0.25), ("next_base: 0.4\n", 0.4), ("init: plant\n", 0.0)):
        settings = read_settings(TrainSettings, write(tmp_path, minimal + text))
        assert settings.next_base_share == share
        assert settings.to_dict()["next_base"] == share
    for value in ("1", "-0.1", "half"):
        with pytest.raises(InputError, match="next_base must be from 0 to less than 1"):
            read_settings(TrainSettings, write(tmp_path, minimal + f"next_base: {value}\n"))
    with pytest.raises(InputError, match="next_base is for new networks"):
        read_settings(TrainSettings, write(tmp_path, minimal + "next_base: 0.4\ninit: plant\n"))


def test_a_minimal_file_takes_the_defaults(tmp_path: Path) -> None:
    path = write(tmp_path, "genomes: [{genome: a.fa, annotation: a.gff}]\noutput: x\nrecipe:\n")
    settings = read_settings(TrainSettings, path)
    assert settings.recipe == Recipe()
    assert settings.network == NetworkConfig()
    assert (settings.threads, settings.device, settings.init) == (1, "auto", None)


def test_the_command_line_wins(tmp_path: Path) -> None:
    settings = read_settings(
        TrainSettings, write(tmp_path, FULL), output=Path("y"), threads=4, resume=True
    )
    assert (settings.output, settings.threads, settings.resume) == (Path("y"), 4, True)
    assert settings.device == "cpu"


def test_init_may_be_a_directory_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "plant").mkdir()
    text = "init: plant\noutput: x\n"
    assert read_settings(TrainSettings, write(tmp_path, text)).init == str(tmp_path / "plant")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("genomes: [", "not valid YAML"),
        ("- 1", "expected a mapping"),
        ("", "expected a mapping"),
        ("genome: []\noutput: x", "unknown setting genome; known are output"),
        ("resume: true\noutput: x", "unknown setting resume"),
        ("1: 2\noutput: x", "unknown setting 1"),
        ("genomes: a.fa\noutput: x", "genomes must be a list"),
        ("genomes: [a.fa]\noutput: x", r"genomes\[0\]: needs at least"),
        ("genomes: [{genome: a.fa}]\noutput: x", r"genomes\[0\]: needs at least"),
        (
            "genomes: [{genome: a, annotation: b, wieght: 1}]\noutput: x",
            r"genomes\[0\]: unknown setting wieght",
        ),
        ("genomes: [{genome: a, annotation: b, weight: 0}]\noutput: x", "weight must be"),
        ("genomes: [{genome: a, annotation: b, weight: much}]\noutput: x", "weight must be"),
        ("genomes: [{genome: a, annotation: b, genetic_code: I}]\noutput: x", "genetic_code must"),
        ("genomes: []", "no output directory"),
        ("output:", "no output directory"),
        (
            "output: x\nvalidation: chr1",
            "validation: there is no BED file .*chr1; regions come in a",
        ),
        ("output: x\nexclude: 3", "exclude must be a list of regions, or the path of a BED file"),
        (
            "genomes: [{genome: a, annotation: b, exclude: c.bed}]\noutput: x",
            r"genomes\[0\]: exclude: there is no BED file .*c\.bed",
        ),
        ("output: x\nvalidation: ['chr1:9-']\nexclude: ['chr1:9-3']", "exclude: .*END 3 lies"),
        ("output: x\nnetwork: {hiden: 3}", "run.yaml: unknown network setting hiden"),
        ("output: x\nnetwork: [3]", "network must be a mapping"),
        ("output: x\nrecipe: 3", "recipe must be a mapping"),
        ("output: x\nrecipe: {rte: 3}", "recipe: unknown setting rte"),
        ("output: x\nrecipe: {rate: fast}", "recipe: rate must be a number"),
        ("output: x\nrecipe: {rate: 1e-3}", "rate must be a number.*1.0e-3"),
        ("output: x\nrecipe: {rate: }", "recipe: rate must be a number"),
        ("output: x\nrecipe: {rate: 0}", "recipe: rate must be a number"),
        ("output: x\nrecipe: {batch: 0}", "recipe: batch must be a whole number of at least 1"),
        ("output: x\nrecipe: {window: 99.5}", "recipe: window must be a whole number"),
        ("output: x\nrecipe: {patience: true}", "recipe: patience must be a whole number"),
        ("output: x\nrecipe: {validations: 0}", "recipe: validations must be"),
        ("output: x\nrecipe: {max_minutes: -1}", "recipe: max_minutes must be"),
        (
            "output: x\nrecipe: {max_minutes: 9, max_cpu_minutes: 9}",
            "recipe: max_minutes and max_cpu_minutes are both given",
        ),
        ("output: x\nrecipe: {constant: 1.5}", "recipe: constant must be"),
        ("output: x\nthreads: many", "threads must be"),
        ("output: x\nthreads: 0", "threads must be"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_settings(TrainSettings, write(tmp_path, text))
    assert "run.yaml" in str(caught.value)


REGIONS = """
validation: all.bed
genomes:
  - {genome: a.fa, ANNOTATEDvalidation: beds/a.bed, exclude: [chr1, "chr2:5-"]}
  - {genome: b.fa, ANNOTATEDexclude: beds/b.bed}
output: x
"""


@pytest.mark.parametrize(
    ("kind", "annotated"), [(TrainSettings, "annotation: a.gff, "), (PretrainSettings, "")]
)
def test_regions_may_come_in_bed_files(tmp_path: Path, kind, annotated: str) -> None:
    (tmp_path / "beds").mkdir()
    for name in ("all.bed", "beds/a.bed", "beds/b.bed"):
        (tmp_path / name).touch()
    path = write(tmp_path, REGIONS.replace("ANNOTATED", annotated))
    settings = read_settings(kind, path)
    first, second = settings.genomes
    assert (settings.validation, settings.exclude) == (tmp_path / "all.bed", ())
    assert first.validation == tmp_path / "beds/a.bed"
    assert first.exclude == (Region("chr1"), Region("chr2", 4))
    assert (second.validation, second.exclude) == ((), tmp_path / "beds/b.bed")
    about = settings.to_dict()
    assert about["validation"] == ["all.bed"]
    assert about["genomes"][0]["validation"] == ["a.bed"]
    assert about["genomes"][0]["exclude"] == ["chr1", "chr2:5-"]


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.yaml: cannot read it: No such file"):
        read_settings(TrainSettings, tmp_path / "none.yaml")
    path = write(tmp_path, "")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not valid YAML"):
        read_settings(TrainSettings, path)


def test_a_model_holds_no_paths_of_this_machine(tmp_path: Path) -> None:
    settings = replace(
        read_settings(TrainSettings, write(tmp_path, FULL)), init=str(tmp_path / "models" / "old")
    )
    text = json.dumps(settings.to_dict())
    assert str(tmp_path) not in text
    assert "/data" not in text
    about = json.loads(text)
    assert about["genomes"][0] == {
        "genome": "a.fa",
        "annotation": "a.gff",
        "weight": 2.0,
        "mask": "a.bed",
        "genetic_code": 6,
        "species": None,
        "validation": [],
        "exclude": [],
    }
    assert about["validation"] == ["chr1:101-200", "chr2"]
    assert about["init"] == "old"
    assert about["recipe"]["max_steps"] == 5


PRETRAINING_FULL = """
genomes:
  - {genome: a.fa, weight: 2}
  - b.fa
output: models/x
validation: ["chr1:101-200"]
exclude: [chr3]
skip_soft_masked: true
network: {hidden: 16}
recipe: {max_cpu_minutes: 5}
threads: 2
device: cpu
"""


def test_pretraining_everything_can_be_set(tmp_path: Path) -> None:
    assert read_settings(PretrainSettings, write(tmp_path, PRETRAINING_FULL)) == PretrainSettings(
        genomes=(RawGenome(tmp_path / "a.fa", 2.0), RawGenome(tmp_path / "b.fa")),
        output=tmp_path / "models/x",
        validation=(Region("chr1", 100, 200),),
        exclude=(Region("chr3"),),
        skip_soft_masked=True,
        network=NetworkConfig(hidden=16),
        recipe=replace(PRETRAINING, max_cpu_minutes=5),
        threads=2,
        device="cpu",
    )


def test_pretraining_a_minimal_file_takes_the_defaults(tmp_path: Path) -> None:
    settings = read_settings(
        PretrainSettings, write(tmp_path, "genomes: [a.fa]\n"), output=tmp_path, threads=3
    )
    assert (settings.output, settings.threads, settings.recipe) == (tmp_path, 3, PRETRAINING)
    assert not settings.skip_soft_masked


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("resume: true\noutput: x", "unknown setting resume"),
        ("genomes: [3]\noutput: x", r"genomes\[0\]: needs at least `genome:`"),
        ("genomes: [{weight: 3}]\noutput: x", r"genomes\[0\]: needs at least"),
        ("genomes: [{genome: a, annotation: b}]\noutput: x", "unknown setting annotation"),
        ("genomes: [{genome: a, weight: -1}]\noutput: x", "weight must be"),
        ("skip_soft_masked: 3\noutput: x", "skip_soft_masked must be true or false, not 3"),
        ("recipe: {rte: 3}\noutput: x", "recipe: unknown setting rte"),
        ("genomes: [a.fa]", "no output directory"),
    ],
)
def test_pretraining_mistakes_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_settings(PretrainSettings, write(tmp_path, text))
    assert "run.yaml" in str(caught.value)


def test_pretraining_a_model_holds_no_paths_of_this_machine(tmp_path: Path) -> None:
    settings = replace(
        read_settings(PretrainSettings, write(tmp_path, PRETRAINING_FULL)),
        init=str(tmp_path / "models" / "old"),
    )
    text = json.dumps(settings.to_dict())
    assert str(tmp_path) not in text
    about = json.loads(text)
    assert about["genomes"] == [
        {"genome": "a.fa", "weight": 2.0, "validation": [], "exclude": []},
        {"genome": "b.fa", "weight": None, "validation": [], "exclude": []},
    ]
    assert (about["init"], about["skip_soft_masked"]) == ("old", True)
    assert about["validation"] == ["chr1:101-200"]


@pytest.mark.parametrize("kind", [TrainSettings, PretrainSettings])
def test_a_shape_beside_a_model_to_start_from_is_refused(tmp_path: Path, kind) -> None:
    shape = "output: x\nnetwork: {hidden: 16}\n"
    with pytest.raises(InputError, match="network: is for new networks"):
        read_settings(kind, write(tmp_path, shape + "init: plant\n"))
    with pytest.raises(InputError, match="network: is for new networks"):
        read_settings(kind, write(tmp_path, shape), init="plant")
