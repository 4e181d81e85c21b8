import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from genefinder.cli.main import genefinder
from genefinder.models.model import Model, PretrainedModel

CONTIG = "NC_003070.9_26003001-26303000"


@pytest.fixture
def config(tiny: Callable[..., list[str]]) -> list[str]:
    return tiny(validations=2, validation_bases=10000)


@pytest.fixture
def genome(example: Path) -> str:
    return str(example / "genome.fa.gz")


def invoke(*arguments: str, command: str = "pretrain") -> Result:
    return CliRunner().invoke(genefinder, [command, *arguments])


def test_pretrains_and_trains_on(genome: str, config: list[str], tmp_path: Path) -> None:
    folder, genes = tmp_path / "raw", tmp_path / "genes"
    result = invoke(
        *(genome, *config, "-o", str(folder), "--max-steps", "3", "--seed", "3"),
        *("--validation", f"{CONTIG}:1-20,000", "--exclude", f"{CONTIG}:250001-"),
        "--skip-soft-masked",
    )
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert f"{folder}: weights of step" in result.stderr
    assert "| Markov, order 11  |" in result.stderr
    about = PretrainedModel.load(folder).provenance
    assert about["validation"] == [f"{CONTIG}:1-20000"]
    assert about["exclude"] == [f"{CONTIG}:250001-"]
    assert about["skip_soft_masked"]
    assert (about["recipe"]["seed"], about["recipe"]["max_steps"]) == (3, 3)
    with (folder / "bits_per_base.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 13
    # It finds no genes, and says what to do about that.
    result = invoke("-m", str(folder), genome, command="predict")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "pretrained on raw sequence only" in result.stderr
    assert f"`genefinder train --init {folder}`" in result.stderr
    annotation = genome.replace("genome.fa.gz", "genes.gff3.gz")
    arguments = [genome, annotation, "-o", str(genes), "--max-steps", "0", "--init", str(folder)]
    # It brings its own shape.
    result = invoke(*arguments, *config, command="train")
    assert result.exit_code == 1
    assert "network: is for new networks" in result.stderr
    result = invoke(*arguments, "--device", "cpu", command="train")
    assert result.exit_code == 0, result.output
    assert Model.load(genes).provenance["init"] == "raw"


def test_quiet_says_nothing(genome: str, config: list[str], tmp_path: Path) -> None:
    result = invoke(genome, *config, "-o", str(tmp_path / "raw"), "--max-steps", "0", "-q")
    assert (result.exit_code, result.output) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "{out}"], "give GENOME or --config"),
        (["{fasta}"], "give the model directory to write with -o"),
        (["{fasta}", "-o", "{out}", "--max-minutes", "0"], "--max-minutes"),
    ],
)
def test_wrong_usage(genome: str, tmp_path: Path, arguments: list[str], message: str) -> None:
    names = {"fasta": genome, "out": str(tmp_path / "raw")}
    result = invoke(*(argument.format(**names) for argument in arguments))
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "raw").exists()


@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        (["none.fa"], ["none.fa"]),
        (["{fasta}", "--validation", "chr9"], ["region chr9", "no genome given has"]),
        (["{fasta}", "--validation", CONTIG], ["genome.fa.gz", "nothing is left to learn from"]),
        (["{fasta}", "--resume"], ["no checkpoint to resume from"]),
        (["{fasta}", "--init", "nowhere"], ["no model nowhere", "installed models"]),
        (["{fasta}", "--device", "abacus"], ["unknown device 'abacus'"]),
        (["{fasta}", "--config", "none.yaml"], ["none.yaml: cannot read it"]),
    ],
)
def test_unusable_data(
    genome: str, tmp_path: Path, arguments: list[str], messages: list[str]
) -> None:
    filled = [argument.format(fasta=genome) for argument in arguments]
    result = invoke(*filled, "-o", str(tmp_path / "raw"), "--max-steps", "0")
    assert result.exit_code == 1
    assert result.stderr.startswith("genefinder: error: ")
    for message in messages:
        assert message in result.stderr
    assert not (tmp_path / "raw").exists()


def test_two_processes_make_one_model(genome: str, config: list[str], tmp_path: Path) -> None:
    folder = tmp_path / "two"
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    torchrun += ["--nproc-per-node", "2", "-m", "genefinder", "pretrain"]
    result = subprocess.run(
        [*torchrun, genome, *config, "--max-steps", "2", "-o", str(folder)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr.count("weights of step") == 1  # one process speaks for both
    with (folder / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert int(rows[-1]["bases"]) == 2 * 2 * 2 * 297
    document = json.loads((folder / "bits_per_base.json").read_text())
    assert len(document["markov"]) == 12
