"""Files that are pipes, damaged, or there already."""

import os
from pathlib import Path
from threading import Thread

import pytest
from Bio import SeqIO
from click.testing import CliRunner, Result

from genefinder.cli.main import genefinder
from genefinder.models.model import Model


def run(*words: object) -> Result:
    return CliRunner().invoke(genefinder, list(map(str, words)))


def test_statistics_from_a_pipe(planted, planted_species: Path, tmp_path: Path) -> None:
    clear = Model.load(planted_species).species_statistics("Planta clara")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=[clear.to_bytes()])
    writer.start()
    result = run("predict", planted.genome, "-m", planted_species, "--species", pipe)
    writer.join()
    assert result.exit_code == 0, result.output
    assert "species Planta clara" in result.stderr


@pytest.mark.parametrize("size", [0, 5, 200, -4])
def test_statistics_that_are_cut_short(
    planted, planted_species: Path, tmp_path: Path, size: int
) -> None:
    clear = Model.load(planted_species).species_statistics("Planta clara")
    (tmp_path / "cut").write_bytes(clear.to_bytes()[:size])
    result = run("predict", planted.genome, "-m", planted_species, "--species", tmp_path / "cut")
    assert result.exit_code == 1
    assert f"{tmp_path / 'cut'}: not usable as the statistics of a genome (damaged" in result.stderr
    assert "genefinder learn" in result.stderr


def test_a_genetic_code_that_is_none(planted, planted_species: Path, tmp_path: Path) -> None:
    words = ("-m", planted_species, "-o", tmp_path / "mine", "--genetic-code", 99)
    result = run("learn", planted.genome, *words)
    assert result.exit_code == 2
    assert "genetic code 99 is not one of 1, 2, " in result.stderr


@pytest.mark.parametrize("command", ["learn", "predict", "train"])
def test_a_genetic_code_that_depends_on_context(planted, tmp_path: Path, command: str) -> None:
    words = (planted.genome, planted.annotation)[: 1 + (command == "train")]
    result = run(command, *words, "-o", tmp_path / "mine", "--genetic-code", 27)
    assert result.exit_code == 2
    assert "in genetic code 27 stop codons stand for amino acids as well" in result.stderr


def test_predicts_under_a_genetic_code(planted, tmp_path: Path) -> None:
    words = ("predict", planted.genome, "-m", planted.model, "--cds", tmp_path / "cds.fa")
    proteins = tmp_path / "proteins.fa"
    result = run(*words, "--proteins", proteins, "--genetic-code", 12)
    assert result.exit_code == 0, result.output
    assert "# settings: genetic_code=12 " in result.stdout
    assert "# genetic code: 12: as asked for\n" in result.stdout
    assert "genetic code 12: as asked for\n" in result.stderr
    with (tmp_path / "cds.fa").open() as text:
        complete = [record.seq for record in SeqIO.parse(text, "fasta") if not len(record) % 3]
    with proteins.open() as text:
        written = {str(record.seq) for record in SeqIO.parse(text, "fasta")}
    assert len(complete) > 5
    for letters in complete:
        assert str(letters.translate(table=12)).removesuffix("*") in written


def test_trains_under_a_genetic_code(planted, tiny, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    config = tiny(validations=1, validation_bases=9000)
    words = ("train", planted.genome, planted.annotation, *config, "--next-base", 0)
    result = run(*words, "--max-steps", 0, "-o", folder, "-q", "--genetic-code", 12)
    assert result.exit_code == 0, result.output
    assert Model.load(folder).grammar.genetic_code == 12
    assert "genetic code 12." in " ".join((folder / "MODEL_CARD.md").read_text().split())
    alone = run("train", *config, "-o", tmp_path / "other", "--genetic-code", 12)
    assert alone.exit_code == 2


def test_a_model_is_not_overwritten_unasked(planted, tiny, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    config = tiny(validations=1, validation_bases=9000)
    words = ("train", planted.genome, planted.annotation, *config)
    words = (*words, "--next-base", 0, "--max-steps", 0, "-o", folder, "-q")
    assert run(*words).exit_code == 0
    before = (folder / "config.json").stat().st_mtime_ns
    result = run(*words)
    assert result.exit_code == 1
    assert "holds a model already" in result.stderr
    assert (folder / "config.json").stat().st_mtime_ns == before
    assert run(*words, "--overwrite").exit_code == 0
    assert (folder / "config.json").stat().st_mtime_ns > before
    assert run(*words, "--overwrite", "--resume").exit_code == 2
