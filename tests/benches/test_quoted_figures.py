"""What the pages quote is what the benchmarks measured."""

import json
from pathlib import Path

import pytest

from benches.heldout import percent
from benches.records import RESULTS, Row


def rows(benchmark: str) -> list[Row]:
    document = json.loads((RESULTS / f"{benchmark}.json").read_text(encoding="utf-8"))
    found: list[Row] = document["results" if benchmark == "accuracy" else "rows"]
    return found


@pytest.fixture
def page(root: Path) -> str:
    """The benchmarks, without the marks of what is best."""
    return (root / "docs" / "benchmarks.md").read_text(encoding="utf-8").replace("**", "")


def f1(level: Row) -> str:
    return f"{100 * level['f1']:.1f}"


def test_accuracy(page: str) -> None:
    for row in rows("accuracy"):
        gene, exon, base = (row["levels"][level] for level in ("gene", "exon", "base"))
        assert f"| {percent(gene)} | {percent(exon)} | {f1(base)} |" in page, row["name"]


@pytest.mark.parametrize("benchmark", ["unseen", "abroad"])
def test_species_that_a_network_did_not_see(page: str, benchmark: str) -> None:
    for row in rows(benchmark):
        gene, exon, base = (row["test"]["levels"][level] for level in ("gene", "exon", "base"))
        assert f"| {percent(gene)} | {f1(exon)} | {f1(base)} |" in page, row["model"]


def test_the_first_page_has_what_was_measured_last_abroad(root: Path) -> None:
    (*_, row) = [row for row in rows("abroad") if row["species"] == "spombe"]
    figures = " / ".join(f1(row["test"]["levels"][level]) for level in ("gene", "exon", "base"))
    assert f"**{figures}**" in (root / "README.md").read_text(encoding="utf-8")
