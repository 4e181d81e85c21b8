import copy
import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from genefinder.cli.main import genefinder
from genefinder.data.genome_sample import GenomeSample
from genefinder.io.fasta import open_genome
from genefinder.models.calibration import Calibration
from genefinder.models.model import Model
from genefinder.models.profile import SpeciesProfile
from genefinder.predictor import Predictor
from genefinder.race import find


def predict(*arguments, stdin=None):
    words = ["predict", *map(str, arguments)]
    return CliRunner().invoke(genefinder, words, input=stdin, catch_exceptions=False)


def copied(source, folder):
    shutil.copytree(source, folder)
    return folder


@pytest.fixture
def installed(planted, tmp_path, install):
    """Two models: the planted one with its profile, and one that cannot tell anything."""
    good = copied(planted.model, tmp_path / "models" / "good")
    blind = copied(planted.model, tmp_path / "models" / "blind")
    model = Model.load(good)
    with Predictor(model, device="cpu").scorer() as scorer:
        chunks = GenomeSample(open_genome(planted.genome)).short()
        found = find(chunks, scorer, model.grammar, Calibration())
    profile = SpeciesProfile.from_genes(found)
    model = replace(model, profiles=(profile,), sha256="").save(good)
    network = copy.deepcopy(model.network)
    for parameter in network.parameters():
        torch.nn.init.zeros_(parameter)
    (clear,) = model.statistics
    tables = replace(clear.tables, words=0 * clear.tables.words, bias=clear.tables.bias * 0 - 4)
    nothing = replace(clear, tables=tables)
    replace(model, network=network, statistics=(nothing,), reads=None, sha256="").save(blind)
    install(blind, good)
    return planted, profile


def test_the_model_that_fits_is_chosen(installed, tmp_path):
    planted, _ = installed
    result = predict(planted.genome, "--summary", tmp_path / "summary.json")
    assert result.exit_code == 0
    named = predict(planted.genome, "-m", "good", "-q")
    rows = [line for line in result.stdout.splitlines() if not line.startswith("#")]
    assert rows == [line for line in named.stdout.splitlines() if not line.startswith("#")]
    assert "model good, chosen by --model auto" in result.stderr
    assert "WARNING" not in result.stderr
    assert "# model choice: auto, bits saved per kb: good=" in result.stdout
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["model"]["name"] == summary["choice"]["chosen"] == "good"
    assert summary["choice"]["fits"] is True
    assert [assessed["model"] for assessed in summary["choice"]["models"]] == ["good", "blind"]
    assert summary["stages"]["choice"] > 0


def test_every_model_is_read_once(installed, monkeypatch):
    planted, _ = installed
    reads: Counter[str] = Counter()
    read_bytes = Path.read_bytes

    def counted(path):
        reads["/".join(path.parts[-2:])] += 1
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", counted)
    assert predict(planted.genome, "-q").exit_code == 0
    del reads["species/planta_clara.safetensors"]  # both models have a file of this name
    assert reads == {
        f"{model}/{name}": 1
        for model in ("good", "blind")
        for name in ("config.json", "model.safetensors")
    }


def test_a_named_model_is_not_questioned(installed, tmp_path):
    planted, _ = installed
    result = predict(planted.genome, "-m", "good", "--summary", tmp_path / "summary.json")
    assert "auto" not in result.stderr + result.stdout
    assert json.loads((tmp_path / "summary.json").read_text())["choice"] is None


def test_standard_input_gives_the_same(installed):
    planted, _ = installed
    from_file = predict(planted.genome, "-q").stdout
    piped = predict("-", "-q", stdin=planted.genome.read_bytes()).stdout
    name = planted.genome.name
    assert piped == from_file.replace(f"# genome: {name} ", "# genome: - ")


@pytest.mark.parametrize("options", [("--threads", "2"), ("--batch-size", "1")])
def test_threads_change_no_byte(installed, options):
    planted, _ = installed
    assert predict(planted.genome, *options, "-q").stdout == predict(planted.genome, "-q").stdout


def test_a_genome_like_none_is_warned_of(installed, tmp_path):
    random = np.random.default_rng(1)
    letters = "".join(random.choice(list("ACGT"), 60_000))
    genome = tmp_path / "random.fa"
    genome.write_text(f">one\n{letters}\n")
    result = predict(genome, "--summary", tmp_path / "summary.json")
    assert result.exit_code == 0
    assert "WARNING: this genome looks like nothing" in result.stderr
    assert "genefinder train" in result.stderr
    assert "# warning: the genome looks like none of the models: " in result.stdout
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["choice"]["fits"] is False
    assert summary["choice"]["models"][0]["mismatch_warnings"]


def test_quiet_says_nothing(installed):
    planted, _ = installed
    assert predict(planted.genome, "-q").stderr == ""


def test_without_any_model(planted, install):
    install()
    result = CliRunner().invoke(genefinder, ["predict", str(planted.genome)])
    assert result.exit_code == 1
    assert "no model is installed" in result.stderr


def test_profiles_tell_what_is_there(installed):
    planted, profile = installed
    assert isinstance(profile, SpeciesProfile)
    assert profile.genes_per_mb == pytest.approx(1e6 * len(planted.genes) / profile.bases, rel=0.01)
