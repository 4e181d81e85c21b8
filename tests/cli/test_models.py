import json
import shutil

import pytest
from click.testing import CliRunner

from genefinder.cli.main import genefinder


@pytest.fixture
def installed(planted, tmp_path, install):
    """The planted model alone is installed, under the name toy."""
    return install(shutil.copytree(planted.model, tmp_path / "toy")) / "toy"


def models(*arguments):
    return CliRunner().invoke(genefinder, ["models", *arguments], catch_exceptions=False)


def test_lists_what_is_installed(installed):
    result = models()
    assert result.exit_code == 0
    header, row = result.stdout.splitlines()
    assert header.split()[:3] == ["model", "MB", "base"]
    assert row.split() == ["toy", "0.0", "-", "-", "-", "no"]
    assert str(installed) in result.stderr


def test_figures_and_species_are_those_of_the_configuration(installed):
    values = json.loads((installed / "config.json").read_text())
    values["provenance"] = {
        "genomes": [{"genome": "a.fa", "species": "Homo sapiens"}, {"genome": "b.fa"}],
        "held_out_f1": {"base": 0.98765, "exon": 0.8, "gene": 0.6},
    }
    values["calibration"] = {"gene": [1.0, 1.0, 0.0]}
    (installed / "config.json").write_text(json.dumps(values))
    row = models().stdout.splitlines()[1]
    assert row.split(maxsplit=6)[2:] == ["98.8", "80.0", "60.0", "yes", "Homo sapiens, b.fa"]
    (listed,) = json.loads(models("--json").stdout)
    assert listed["species"] == ["Homo sapiens", "b.fa"]
    assert listed["held_out_f1"]["gene"] == 0.6


def test_nothing_installed_is_an_empty_list(install):
    install()
    assert json.loads(models("--json").stdout) == []
