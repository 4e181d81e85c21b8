import builtins
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner, Result

from genefinder.cli.inspect import SUMMARIES
from genefinder.cli.main import genefinder
from genefinder.models.model import PretrainedModel
from genefinder.network.config import NetworkConfig
from genefinder.network.next_base import NextBase

PART = "NC_003070.9_26003001-26303000"
REGION = f"{PART}:1-110000"
TABLES = {
    "motifs": {"motifs.tsv", "enrichment.tsv", "motifs.meme"},
    "probe": {"probe.tsv"},
    "novelty": {"novelty.bedgraph", "peaks.bed", "scores.tsv", "curves.tsv"},
    "gates": {"contrasts.tsv", "profiles.tsv", "landmarks.tsv"},
    "periodicity": {"spectra.tsv", "contexts.tsv", "contrasts.tsv", "boundaries.tsv"},
}
SMALL = NetworkConfig(word=3, filters=6, convolutions=((3, 1),), hidden=6, head=6)


@pytest.fixture(scope="module")
def pretrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that predicts bases, badly."""
    torch.manual_seed(1)
    folder = tmp_path_factory.mktemp("models") / "raw"
    network = NextBase(SMALL)
    with torch.no_grad():
        network.score.weight.normal_()
    PretrainedModel("raw", network).save(folder)
    return folder


@pytest.fixture
def genome(example: Path) -> str:
    return str(example / "genome.fa.gz")


@pytest.fixture
def annotation(example: Path) -> str:
    return str(example / "genes.gff3.gz")


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(genefinder, ["inspect", *map(str, arguments)])


def test_help_lists_the_commands() -> None:
    result = invoke("--help")
    assert result.exit_code == 0
    for name, summary in SUMMARIES.items():
        assert name in result.stdout
        assert summary.split()[0] in result.stdout
        assert f"inspect {name}" in invoke(name, "--help").stdout


def read_tsv(path: Path) -> list[dict[str, str]]:
    header, *rows = [line.split("\t") for line in path.read_text().splitlines()]
    assert all(len(row) == len(header) for row in rows)
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.mark.parametrize("name", SUMMARIES)
def test_every_command_writes_its_tables_and_figure(
    name: str, genome: str, annotation: str, pretrained: Path, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    few = {"probe": ["--samples", 4000], "gates": ["--permutations", 99], "motifs": ["--peaks", 40]}
    output = tmp_path / "new" / "folder"
    common = ["-m", pretrained, "-o", output, "--region", REGION, *few.get(name, [])]
    result = invoke(name, genome, annotation, *common)
    assert result.exit_code == 0, result.output
    assert {path.name for path in output.iterdir()} == TABLES[name] | {f"{name}.svg"}
    for path in output.glob("*.tsv"):
        assert read_tsv(path)
    assert "raw, 110 kb" in result.stderr
    assert result.stdout.splitlines()[0].split()
    figure = (output / f"{name}.svg").read_text()
    assert figure.startswith("<?xml")
    assert "raw, 110 kb" in figure
    before = {path.name: path.read_bytes() for path in output.iterdir()}
    assert invoke(name, genome, annotation, *common, "-q").stderr == ""
    assert before == {path.name: path.read_bytes() for path in output.iterdir()}


def test_tables_need_no_matplotlib(
    genome: str, annotation: str, pretrained: Path, tmp_path: Path, monkeypatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> object:
        if name.partition(".")[0] == "matplotlib":
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    common = ["novelty", genome, "-m", pretrained, "-o", tmp_path / "out", "--region", REGION]
    result = invoke(*common)
    assert result.exit_code == 1
    assert "pip install 'genefinder[report]'" in result.stderr
    assert "--figures none" in result.stderr
    assert not (tmp_path / "out").exists()
    result = invoke(*common, "--figures", "none")
    assert result.exit_code == 0, result.output
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"novelty.bedgraph", "peaks.bed"}
    assert result.stdout == ""


def test_gates_of_two_groups(genome: str, pretrained: Path, tmp_path: Path) -> None:
    beds = []
    for name, first in (("early", 1_000), ("late", 50_000)):
        path = tmp_path / f"{name}.bed"
        starts = [first + 900 * k for k in range(9)]
        path.write_text("".join(f"{PART}\t{start}\t{start + 200}\tx\t0\t+\n" for start in starts))
        beds += ["--bed", path]
    common = ["-m", pretrained, "-o", tmp_path / "out", "--figures", "none"]
    result = invoke("gates", genome, *beds, *common)
    assert result.exit_code == 0, result.output
    rows = read_tsv(tmp_path / "out" / "contrasts.tsv")
    assert {(row["first"], row["second"]) for row in rows} == {("early", "late")}
    assert {row["n_first"] for row in rows} == {"9"}
    assert len(rows) == 3 + 3 * SMALL.hidden
    for wrong, message in (
        ([], "give GFF"),
        (beds[:2], "twice or more"),
        (beds[:2] * 2, "same name"),
    ):
        result = invoke("gates", genome, *wrong, *common)
        assert result.exit_code == 2
        assert message in result.stderr


def test_gene_models_have_no_periodicity(
    planted, genome: str, annotation: str, tmp_path: Path
) -> None:
    common = ["-m", planted.model, "-o", tmp_path / "out", "--figures", "none"]
    result = invoke("periodicity", genome, annotation, "--region", REGION, *common)
    assert result.exit_code == 1
    assert "predicts no bases" in result.stderr
    assert "genefinder pretrain" in result.stderr


@pytest.mark.parametrize("name", SUMMARIES)
def test_models_that_read_statistics_are_refused(
    name: str, planted_species: Path, genome: str, annotation: str, tmp_path: Path
) -> None:
    common = ["-m", planted_species, "-o", tmp_path / "out", "--figures", "none"]
    result = invoke(name, genome, annotation, "--region", REGION, *common)
    assert result.exit_code == 1
    assert "reads the statistics of a species" in result.stderr
    assert not (tmp_path / "out").exists()


def test_inputs_that_do_not_fit(
    genome: str, annotation: str, pretrained: Path, tmp_path: Path
) -> None:
    common = ["-m", pretrained, "-o", tmp_path / "out", "--figures", "none"]
    for name, arguments, message in (
        ("novelty", [genome, "--region", "chr9"], "no contig 'chr9'"),
        ("novelty", [genome, "--region", f"{PART}:900000-"], "beyond the end"),
        ("probe", [genome, annotation, "--region", f"{PART}:1-9000"], "too few to hold out"),
        ("motifs", [genome, annotation, "--region", f"{PART}:1-3000"], "too few genes"),
        ("novelty", [tmp_path / "absent.fa"], "absent.fa"),
    ):
        result = invoke(name, *arguments, *common)
        assert result.exit_code == 1, result.output
        assert message in result.stderr
        assert list(tmp_path.rglob("*")) in ([], [tmp_path / "out"])


def test_a_folder_that_cannot_be_made(genome: str, pretrained: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = invoke(
        "novelty", genome, "-m", pretrained, "-o", tmp_path / "file" / "out", "--figures", "none"
    )
    assert result.exit_code == 1
    assert "cannot be made" in result.stderr
