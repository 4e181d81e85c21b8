import json
from dataclasses import replace
from pathlib import Path

import pytest

from genefinder.errors import InputError
from genefinder.genes import Region
from genefinder.network.config import NetworkConfig
from genefinder.training.pretrain_settings import (
    RECIPE,
    PretrainSettings,
    RawGenome,
    read_settings,
)

FULL = """
genomes:
  - {genome: a.fa, weight: 2}
  - b.fa
output: models/x
validation: ["chr1:101-200"]
exclude: [chr3]
skip_soft_masked: true
network: {hidden: 16}
recipe: {max_cpu_minutes: 5}
init: plant
threads: 2
device: cpu
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "run.yaml"
    path.write_text(text)
    return path


def test_everything_can_be_set(tmp_path: Path) -> None:
    assert read_settings(write(tmp_path, FULL)) == PretrainSettings(
        genomes=(RawGenome(tmp_path / "a.fa", 2.0), RawGenome(tmp_path / "b.fa")),
        output=tmp_path / "models/x",
        validation=(Region("chr1", 100, 200),),
        exclude=(Region("chr3"),),
        skip_soft_masked=True,
        network=NetworkConfig(hidden=16),
        recipe=replace(RECIPE, max_cpu_minutes=5),
        init="plant",
        threads=2,
        device="cpu",
    )


def test_a_minimal_file_takes_the_defaults(tmp_path: Path) -> None:
    settings = read_settings(write(tmp_path, "genomes: [a.fa]\n"), output=tmp_path, threads=3)
    assert (settings.output, settings.threads, settings.recipe) == (tmp_path, 3, RECIPE)
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
def test_mistakes_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_settings(write(tmp_path, text))
    assert "run.yaml" in str(caught.value)


def test_a_model_holds_no_paths_of_this_machine(tmp_path: Path) -> None:
    settings = replace(read_settings(write(tmp_path, FULL)), init=str(tmp_path / "models" / "old"))
    text = json.dumps(settings.to_dict())
    assert str(tmp_path) not in text
    about = json.loads(text)
    assert about["genomes"] == [
        {"genome": "a.fa", "weight": 2.0},
        {"genome": "b.fa", "weight": None},
    ]
    assert (about["init"], about["skip_soft_masked"]) == ("old", True)
    assert about["validation"] == ["chr1:101-200"]
