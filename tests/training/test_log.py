import csv
from pathlib import Path

from genefinder.training.run_files import COLUMNS, Log

FIGURES = ("exon_f1", "gene_f1")


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "log.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_rows_have_all_columns(tmp_path: Path) -> None:
    log = Log(tmp_path, FIGURES, None)
    log.write(step=1, seconds=1 / 3, loss=2.5)
    log.write(step=1_000_000, gene_f1=60.0)
    first, second = rows(tmp_path)
    assert tuple(first) == (*COLUMNS, *FIGURES)
    assert (first["step"], first["seconds"], first["loss"]) == ("1", "0.333333", "2.5")
    assert first["gene_f1"] == ""
    assert (second["step"], second["gene_f1"]) == ("1000000", "60")


def test_a_new_run_starts_a_new_file(tmp_path: Path) -> None:
    Log(tmp_path, FIGURES, None).write(step=1)
    Log(tmp_path, FIGURES, None).write(step=2)
    assert [row["step"] for row in rows(tmp_path)] == ["2"]


def test_a_resumed_run_drops_what_it_does_again(tmp_path: Path) -> None:
    log = Log(tmp_path, FIGURES, None)
    for step in range(5):
        log.write(step=step)
    Log(tmp_path, FIGURES, 2).write(step=3)
    assert [row["step"] for row in rows(tmp_path)] == ["0", "1", "2", "3"]


def test_a_resumed_run_without_a_log(tmp_path: Path) -> None:
    Log(tmp_path, FIGURES, 2).write(step=3)
    assert [row["step"] for row in rows(tmp_path)] == ["3"]
