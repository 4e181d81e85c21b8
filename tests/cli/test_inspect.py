import builtins
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner, Result

from genefinder.cli.inspect import SUMMARIES
from genefinder.cli.main import genefinder
from genefinder.models.model import Model, PretrainedModel
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
FEW = {"probe": ["--samples", 4000], "gates": ["--permutations", 99], "motifs": ["--peaks", 40]}
"""Options that make the commands quick."""
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


@pytest.fixture(scope="module")
def lively_reader(planted_species: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that reads statistics everywhere; it knows Planta clara and Planta obscura."""
    reader = Model.load(planted_species)
    torch.manual_seed(1)
    for parameter in reader.network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    folder = tmp_path_factory.mktemp("lively") / "reader"
    replace(reader, sha256="").save(folder)
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
    output = tmp_path / "new" / "folder"
    common = ["-m", pretrained, "-o", output, "--region", REGION, *FEW.get(name, [])]
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


@pytest.mark.parametrize("name", SUMMARIES)
def test_every_command_shows_what_a_network_knows_by_the_statistics_of_a_species(
    name: str, lively_reader: Path, genome: str, annotation: str, tmp_path: Path
) -> None:
    common = ["-m", lively_reader, "--region", REGION, "--figures", "none", *FEW.get(name, [])]

    def tables(species: str) -> dict[str, bytes]:
        output = tmp_path / species
        words = ["--species", species, "-o", output]
        result = invoke(name, genome, annotation, *common, *words)
        assert result.exit_code == 0, result.output
        assert f"species {species} (counted on an annotation): as asked for" in result.stderr
        assert f"reader, species {species}, 110 kb are in" in result.stderr
        assert {path.name for path in output.iterdir()} == TABLES[name]
        return {path.name: path.read_bytes() for path in output.iterdir()}

    first, second = tables("Planta clara"), tables("Planta obscura")
    assert first != second


def test_what_is_read_is_chosen_for_a_file_or_a_pipe(
    planted, planted_species: Path, tmp_path: Path
) -> None:
    text = planted.genome.read_text()
    common = ["-m", planted_species, "--species", "known", "--figures", "none"]
    results = [
        CliRunner().invoke(
            genefinder, ["inspect", "novelty", source, *map(str, common), "-o", str(output)], text
        )
        for source, output in ((str(planted.genome), tmp_path / "file"), ("-", tmp_path / "pipe"))
    ]
    for result in results:
        assert result.exit_code == 0, result.output
        assert "species Planta clara (counted on an annotation): the best of the" in result.stderr
    for name in ("novelty.bedgraph", "peaks.bed"):
        path = Path(name)
        assert (tmp_path / "file" / path).read_bytes() == (tmp_path / "pipe" / path).read_bytes()


def test_genes_are_labelled_by_the_genetic_code_of_the_statistics(
    planted, planted_species: Path, tmp_path: Path
) -> None:
    clear = Model.load(planted_species).species_statistics("Planta clara")
    replace(clear, name="ciliate", genetic_code=6).save(tmp_path / "ciliate")  # TAA is no stop
    for species, code in (("Planta clara", 1), (tmp_path / "ciliate", 6)):
        result = invoke(
            *("motifs", planted.genome, planted.annotation, "-m", planted_species),
            *("--species", species, "-o", tmp_path / str(code), "--figures", "none"),
        )
        assert ("too few genes" in result.stderr) == (code == 6), result.output


def test_a_species_for_a_model_that_finds_no_genes(
    pretrained: Path, genome: str, tmp_path: Path
) -> None:
    words = ["-m", pretrained, "-o", tmp_path / "out", "--species", "known"]
    result = invoke("novelty", genome, *words)
    assert result.exit_code == 2
    assert "finds no genes" in result.stderr
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
