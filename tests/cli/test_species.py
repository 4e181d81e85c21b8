"""The species of models on the command line."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from genefinder.cli.main import genefinder
from genefinder.compute import Compute
from genefinder.data.genome_sample import GenomeSample
from genefinder.io.fasta import open_genome
from genefinder.models.model import Model
from genefinder.race import Contender
from genefinder.species.statistics import Statistics
from genefinder.species.structure import Structure

GOLDEN = Path(__file__).parent.parent / "golden" / "species"


def run(*words: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(genefinder, list(map(str, words)), input=stdin)


def rows(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return [line for line in result.stdout.splitlines() if not line.startswith("#")]


@pytest.mark.parametrize(
    ("species", "name", "lines"),
    [
        ("auto", "Planta clara", 2),
        ("known", "Planta clara", 2),
        ("planta_clara", "Planta clara", 1),
    ],
)
def test_what_is_read_is_told(
    planted, planted_species, tmp_path, species: str, name: str, lines: int
) -> None:
    summary = tmp_path / "summary.json"
    result = run(
        "predict", planted.genome, "-m", planted_species, "--species", species, "--summary", summary
    )
    assert rows(result) == rows(run("predict", planted.genome, "-m", planted.model))
    *told, last, right = [line for line in result.stderr.splitlines() if line[:1] != "\r"]
    assert right.startswith("by their posteriors about ")
    assert len(told) == lines
    assert told[0].startswith(f"species {name} (")
    assert "model reader" in last
    (header,) = re.findall(r"^# species: (.*)$", result.stdout, re.MULTILINE)
    assert header.startswith(f"{name}, ")
    assert "# species choice: " in result.stdout
    values = json.loads(summary.read_text())
    assert values["species"]["name"] == name
    assert header.endswith(values["species"]["sha256"])
    assert values["species"]["origin"] == "annotation"
    assert values["choice"] is None


def test_a_file_is_read(planted, planted_species, tmp_path) -> None:
    clear = Model.load(planted_species).species_statistics("Planta clara")
    replace(clear, name="mine", origin="genome").save(tmp_path / "mine")
    found = run("predict", planted.genome, "-m", planted_species, "--species", tmp_path / "mine")
    assert "# species: mine, learnt from a genome alone" in found.stdout
    assert "species mine (learnt from a genome alone): as asked for" in found.stderr


def test_standard_input_gives_the_same(planted, planted_species) -> None:
    words = ("-m", planted_species, "--species", "auto", "-q")
    from_file = run("predict", planted.genome, *words)
    piped = run("predict", "-", *words, stdin=planted.genome.read_bytes())
    assert rows(piped) == rows(from_file)
    assert piped.stderr == from_file.stderr == ""


def test_what_is_learnt_is_told_and_saved(large, planted, tmp_path) -> None:
    words = ("-o", tmp_path / "mine", "-m", planted.model)
    learnt = run("learn", "-", *words, stdin=large.genome.read_bytes())
    assert (learnt.exit_code, learnt.stdout) == (0, "")
    lines = [line for line in learnt.stderr.splitlines() if line[:1] != "\r"]
    names = {line.split(":")[0] for line in lines}
    assert names == {
        "Planta clara",
        "learnt from Planta clara",
        "learnt from long open frames",
    }
    for line in lines:
        assert re.search(r": \d+ genes, \d+ introns, -?\d+\.\d\d bits saved per kb$", line)
    own = Statistics.load(tmp_path / "mine")
    assert (own.name, own.origin, own.genetic_code) == ("the genome", "genome", 1)


def test_what_is_learnt_finds_the_genes(large, planted) -> None:
    words = ("-m", planted.model, "--species", "self", "--repeats", "none")
    result = run("predict", large.genome, *words)
    found = {tuple(row.split("\t")[index] for index in (3, 4, 6)) for row in rows(result)}
    wanted = {(str(gene.start + 1), str(gene.end), gene.strand) for gene in large.genes}
    assert len(found & wanted) > 0.9 * len(wanted)
    assert "# species: large.fa, learnt from a genome alone" in result.stdout
    assert "species large.fa (learnt from a genome alone): learnt as asked for" in result.stderr


def test_a_genome_too_small_is_not_learnt(planted, planted_species) -> None:
    words = ("-m", planted_species, "--species", "self")
    result = run("predict", "-", *words, stdin=planted.genome.read_bytes())
    assert result.exit_code == 1
    assert "the genome has 0.05 Mb, and statistics are learnt from 1 Mb at least" in result.stderr


def test_a_genome_too_small_leaves_no_file(planted, planted_species, tmp_path) -> None:
    result = run("learn", planted.genome, "-o", tmp_path / "mine", "-m", planted_species)
    assert result.exit_code == 1
    assert "learnt from 1 Mb at least" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_genome_is_not_overwritten(planted, planted_species) -> None:
    result = run("learn", planted.genome, "-o", planted.genome, "-m", planted_species)
    assert result.exit_code == 2
    assert "is an input or another output" in result.stderr


def test_wrong_usage(planted, planted_species) -> None:
    result = run("predict", planted.genome, "-m", planted_species, "--species", "oak")
    assert result.exit_code == 1
    assert "knows Planta clara, Planta obscura; there is no file oak" in result.stderr


def test_auto_tells_why_a_reader_was_not_taken(planted, planted_species, tmp_path, install) -> None:
    model = Model.load(planted.model)
    contender = Contender(model, Compute(device="cpu"))
    contender.read(GenomeSample(open_genome(planted.genome)).short())
    seen = contender.profile
    dense = replace(seen, genes_per_mb=1e6)
    replace(model, profiles=(dense,), sha256="").save(tmp_path / "dense")
    install(planted_species, tmp_path / "dense")
    result = run("predict", planted.genome)
    assert "WARNING" in result.stderr
    assert "saves" in result.stderr
    assert "not taken" in result.stderr


def test_species_are_listed(planted_species, install) -> None:
    result = run("species", "list", "-m", planted_species)
    header, clear, obscure = result.stdout.splitlines()
    assert header.split()[:3] == ["species", "model", "code"]
    assert " ".join(clear.split()) == "Planta clara reader 1 - - - counted on an annotation"
    assert obscure.startswith("Planta obscura")
    install(planted_species)
    assert run("species", "list").stdout == result.stdout


def test_the_species_of_a_model_of_one(planted) -> None:
    _, only = run("species", "list", "-m", planted.model).stdout.splitlines()
    assert " ".join(only.split()) == "Planta clara model 1 - - - counted on an annotation"


def counted(planted_species: Path) -> Statistics:
    clear = Model.load(planted_species).species_statistics("Planta clara")
    return replace(clear, structure=Structure(1_234_567, 0.4, 300.0, 0.5, 1.5, 80.0))


def test_golden_statistics(planted_species, tmp_path) -> None:
    counted(planted_species).save(tmp_path / "clara")
    shown = run("species", "show", tmp_path / "clara")
    assert shown.exit_code == 0, shown.output
    text = re.sub("[0-9a-f]{64}", "HASH", shown.stdout)
    assert text == (GOLDEN / "planta_clara.txt").read_text()
    by_name = run("species", "show", "Planta clara", "-m", planted_species)
    assert "bases counted     not known" in by_name.stdout


def test_likeness(planted_species, tmp_path) -> None:
    counted(planted_species).save(tmp_path / "clara")
    result = run("species", "compare", "Planta clara", tmp_path / "clara", "-m", planted_species)
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["coding", "1.000"],
        ["introns", "1.000"],
        ["sites", "1.000"],
    ]
