"""Training and prediction on a genome without annotation."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from genefinder.cli.display import Display
from genefinder.cli.main import genefinder
from genefinder.models.model import Model


@pytest.fixture(scope="module")
def genome(bare) -> Path:
    path: Path = bare.genome
    return path


@pytest.fixture(scope="module")
def model(genome: Path, tiny: Callable[..., list[str]], tmp_path_factory) -> Path:
    folder: Path = tmp_path_factory.mktemp("self") / "model"
    result = invoke(
        *("train", "--self", str(genome), "-o", str(folder), "--max-steps", "2"),
        *tiny(),
    )
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    assert "tables, round 0: " in result.stderr
    return folder


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(genefinder, list(arguments))


def test_a_genome_alone_makes_a_model(bare, genome: Path, model: Path) -> None:
    about = Model.load(model).provenance
    assert about["self_trained_on"] == "bare.fa"
    assert about["recipe"]["max_steps"] == 2
    result = invoke("predict", "-m", str(model), str(genome), "-q")
    assert result.exit_code == 0
    genes = [row for row in result.stdout.splitlines() if "\tgene\t" in row]
    assert abs(len(genes) - len(bare.genes)) <= 6


def test_adapted_models_can_be_kept(
    genome: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares: list[float] = []
    monkeypatch.setattr(Display, "show", lambda _, share: shares.append(share))
    kept = tmp_path / "kept"
    result = invoke(
        *("predict", "-m", str(model), str(genome), "-o", str(tmp_path / "genes.gff3")),
        *("--adapt", "--adapt-minutes", "0.01", "--adapt-output", str(kept), "--device", "cpu"),
    )
    assert result.exit_code == 0, result.output
    about = Model.load(kept).provenance
    assert about["adapted_from"] == "model"
    assert about["adapted_to"] == "bare.fa"
    assert (tmp_path / "genes.gff3").read_text().startswith("##gff-version 3")
    assert "held-out gain" in result.stderr
    # Before anything is read, then while it is trained.
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert shares == sorted(shares)


def test_a_model_left_as_it_is_predicts_the_same(genome: Path, model: Path) -> None:
    plain = invoke("predict", "-m", str(model), str(genome), "-q")
    adapted = invoke("predict", "-m", str(model), str(genome), "--adapt", "--adapt-minutes", "0.01")
    assert "kept model as it is" in adapted.stderr
    assert adapted.stdout == plain.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--self", "-o", "{out}"], "--self takes one GENOME"),
        (["train", "--self", "{fasta}", "{fasta}", "-o", "{out}"], "2 files are given"),
        (["train", "--self", "{fasta}"], "give the model directory to write with -o"),
        (["train", "--self", "{fasta}", "-o", "{out}", "--resume"], "--resume cannot be used"),
        (["train", "--self", "{fasta}", "-o", "{out}", "--validation", "one"], "--validation"),
        (["train", "{fasta}", "{fasta}", "-o", "{out}", "--genetic-code", "6"], "--genetic-code"),
        (["train", "--self", "{fasta}", "-o", "{out}", "--genetic-code", "99"], "genetic code 99"),
        (["predict", "--adapt", "-"], "save it to a file first"),
        (["predict", "{fasta}", "--adapt-minutes", "3"], "do nothing without --adapt"),
        (["predict", "{fasta}", "--adapt-output", "{out}"], "do nothing without --adapt"),
        (["predict", "{fasta}", "--adapt-next-base", "0"], "do nothing without --adapt"),
        (["predict", "{fasta}", "--adapt", "--adapt-next-base", "1"], "0.0<=x<1.0"),
    ],
)
def test_wrong_usage(genome: Path, tmp_path: Path, arguments: list[str], message: str) -> None:
    names = {"fasta": str(genome), "out": str(tmp_path / "model")}
    result = invoke(*(argument.format(**names) for argument in arguments))
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("genome_name", "extra", "message"),
    [
        ("none.fa", [], "none.fa"),
        ("{fasta}", ["--exclude", "chr9"], "has no contig 'chr9'"),
        ("{fasta}", ["--device", "abacus"], "unknown device 'abacus'"),
    ],
)
def test_unusable_data(
    genome: Path, tmp_path: Path, genome_name: str, extra: list[str], message: str
) -> None:
    path = genome_name.format(fasta=genome)
    result = invoke("train", "--self", path, "-o", str(tmp_path / "model"), *extra)
    assert result.exit_code == 1
    assert message in result.stderr
    assert not (tmp_path / "model").exists()
