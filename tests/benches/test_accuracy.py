from dataclasses import replace
from pathlib import Path

import pytest

from benches.accuracy import Results, table
from benches.measure import CommandError, run
from benches.peers import Tool
from benches.records import short
from benches.splits import SPLITS
from genefinder.genes import Region

LEVEL = {"sensitivity": 0.5, "precision": 0.25, "f1": 1 / 3}
ROW = {
    "species": "spombe",
    "region": "NC_003421.2",
    "name": "genefinder x",
    "version": "1",
    "command": "genefinder predict",
    "seen": "never",
    "cpu_seconds": 12.4,
    "kb_per_cpu_second": 99.6,
    "peak_mib": 300.2,
    "levels": dict.fromkeys(("base", "exon", "gene"), LEVEL),
}


def test_results_replace_those_of_the_same_program(tmp_path: Path) -> None:
    path = tmp_path / "accuracy.json"
    results = Results(path)
    results.add(ROW)
    results.add(ROW | {"species": "athaliana"})
    results.add(ROW | {"version": "2"})
    read = Results(path)
    assert [(row["species"], row["version"]) for row in read.rows] == [
        ("athaliana", "1"),
        ("spombe", "2"),
    ]
    tool = Tool("genefinder x", (), "genefinder predict", "2")
    region = SPLITS["spombe"].region
    assert read.find("spombe", region, tool) == read.rows[1]
    assert read.find("spombe", region, replace(tool, version="3")) is None
    assert read.find("spombe", Region("NC_003421.2", 0, 9), tool) is None


def test_the_table_has_percent() -> None:
    header, rule, row = table([ROW]).splitlines()
    assert header.count("|") == rule.count("|") == row.count("|")
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[:5] == ["spombe", "genefinder x", "50.0", "25.0", "33.3"]
    assert cells[-4:] == ["12", "100", "300", "never"]


def test_test_splits_are_those_of_the_data(shared: Path) -> None:
    rows = (shared / "README.md").read_text().split("## Splits")[1].split("\n\n")[0].splitlines()
    reported = {cells[1].strip(): cells[2] for row in rows if len(cells := row.split("|")) > 3}
    for name, split in SPLITS.items():
        assert split.region.contig in reported[name]
        if split.region.start:
            assert f"{split.region.start + 1:,}-{split.region.end:,}" in reported[name]


def test_no_folder_of_this_machine_is_recorded() -> None:
    assert short(Path("/home/someone/athaliana/genome.fa.gz")) == "athaliana/genome.fa.gz"


def test_what_a_command_costs(tmp_path: Path) -> None:
    cost = run(["sh", "-c", "echo said"], tmp_path, tmp_path / "out")
    assert (tmp_path / "out").read_text() == "said\n"
    assert 0 <= cost.cpu_seconds < 10
    assert cost.wall_seconds > 0
    assert cost.peak_mib > 0
    with pytest.raises(CommandError, match="sh ended with 3: why"):
        run(["sh", "-c", "echo why >&2; exit 3"], tmp_path, tmp_path / "out")
