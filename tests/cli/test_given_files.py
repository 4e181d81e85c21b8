"""Files that are pipes, damaged, or there already."""

import os
from pathlib import Path
from threading import Thread

import pytest
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
