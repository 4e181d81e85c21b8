import json
import shutil

import pytest
from click.testing import CliRunner

from genefinder.cli.main import genefinder
from genefinder.models.model import Model


def calibrate(*arguments):
    words = ["calibrate", *map(str, arguments)]
    return CliRunner().invoke(genefinder, words)


@pytest.fixture
def model(planted, tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(planted.model, folder)
    (folder / "MODEL_CARD.md").write_text("# model\n\n## Data\n\nmuch\n\n## Limits\n\nmany\n")
    return folder


@pytest.fixture
def annotation(planted, tmp_path):
    result = CliRunner().invoke(
        genefinder, ["predict", "-m", str(planted.model), "-q", str(planted.genome)]
    )
    path = tmp_path / "genes.gff3"
    path.write_text(result.stdout)
    return path


def test_changes_the_configuration_and_the_card_alone(planted, model, annotation):
    before = json.loads((model / "config.json").read_text())
    weights = (model / "model.safetensors").read_bytes()
    result = calibrate(model, planted.genome, annotation)
    assert result.exit_code == 0, result.output
    assert "| gene | 8 |" in result.stdout
    after = json.loads((model / "config.json").read_text())
    assert {name: after[name] for name in ("format", "network", "grammar")} == {
        name: before[name] for name in ("format", "network", "grammar")
    }
    assert (model / "model.safetensors").read_bytes() == weights
    loaded = Model.load(model)
    assert set(loaded.calibration.curves) == {"gene", "exon", "start", "stop", "donor", "acceptor"}
    assert loaded.profiles[0].genes_per_mb > 100
    assert loaded.provenance["held_out_f1"]["gene"] == 1.0
    sections = [
        line for line in (model / "MODEL_CARD.md").read_text().splitlines() if line[:2] == "##"
    ]
    assert sections == ["## Data", "## Calibration", "## Limits"]


def test_again_gives_the_same(planted, model, annotation):
    texts = []
    for _ in range(2):
        assert calibrate(model, planted.genome, annotation).exit_code == 0
        texts.append([(model / name).read_text() for name in ("config.json", "MODEL_CARD.md")])
    assert texts[0] == texts[1]


def test_only_in_regions(planted, model, annotation):
    result = calibrate(model, planted.genome, annotation, "--region", "one:1-20000")
    assert result.exit_code == 0
    genes = int(result.stdout.split("| gene | ")[1].split(" ")[0])
    assert 0 < genes < 8


@pytest.mark.parametrize(
    ("region", "message"),
    [("three", "no genome given has a contig 'three'"), ("none", "the regions hold no genes")],
)
def test_regions_without_use(planted, model, annotation, region, message):
    result = calibrate(model, planted.genome, annotation, "--region", region)
    assert result.exit_code == 1
    assert message in result.stderr


def test_a_genome_without_annotation_is_wrong_usage(planted, model):
    assert calibrate(model, planted.genome).exit_code == 2
