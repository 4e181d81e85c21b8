"""The page on a prediction, and how a browser shows it."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from genefinder.cli.main import genefinder

VOID = {"meta", "input", "br"}
SECTIONS = [
    "What was found",
    "What was run",
    "Genes along the contigs",
    "Genes, exons and introns",
    "Composition and codon usage",
    "Posteriors",
    "Sensitivity against precision",
    "Least sure genes",
    "Methods and citation",
]


class Page(HTMLParser):
    """Collects headings and addresses, and checks that elements are closed in their order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["h2"]:
            self.headings.append(data)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(genefinder, list(map(str, arguments)), catch_exceptions=False)


@pytest.fixture(scope="module")
def report(planted, tmp_path_factory) -> Path:
    path: Path = tmp_path_factory.mktemp("report") / "report.html"
    options = ["-m", planted.model, "-q", "--device", "cpu", "--report", path]
    result = run("predict", planted.genome, *options, "-o", path.with_name("genes.gff3"))
    assert result.exit_code == 0
    return path


def test_the_page_is_whole_and_reads_nothing_from_elsewhere(report):
    page = Page(report.read_text())
    assert page.headings == SECTIONS
    assert page.addresses == []
    assert not re.search(r"url\(|@import|https?://", report.read_text())


def test_the_page_tells_what_was_found(report):
    text = re.sub(r"<[^>]*>", " ", report.read_text())
    text = re.sub(r"\s+", " ", text)
    for told in (
        "10 genes",
        "0.05 Mb on 3 contigs",
        "2 partial genes",
        "model model, sha256",
        "one: 42,970 bases, 8 genes",
        "none: 5,000 bases, 0 genes",
        "@software{genefinder,",
        "NCBI translation table 1.",
        "--min-posterior 0.5: 10 genes",
    ):
        assert told in text, told
    # Complete genes alone are drawn: six of the eight.
    assert len(re.findall(r"<title>g\d{6} at ", report.read_text())) == 6


def test_the_page_has_the_same_bytes_again(planted, report, tmp_path):
    again = tmp_path / "again.html"
    options = ["-m", planted.model, "-q", "--device", "cpu", "--threads", "2", "--report", again]
    assert run("predict", planted.genome, *options).exit_code == 0
    assert again.read_bytes() == report.read_bytes()


def test_no_genes_have_a_page_too(planted, tmp_path):
    genome, path = tmp_path / "none.fa", tmp_path / "report.html"
    genome.write_text(">a<b>&amp;\n" + "ACGT" * 300 + "\n")
    result = run("predict", genome, "-m", planted.model, "--device", "cpu", "--report", path)
    assert result.exit_code == 0
    page = Page(path.read_text())
    assert page.headings == [SECTIONS[0], SECTIONS[1], SECTIONS[-1]]


def test_a_comparison_with_a_reference(planted, report, tmp_path):
    path = tmp_path / "comparison.html"
    genes = report.with_name("genes.gff3")
    result = run("evaluate", planted.annotation, genes, "--report", path)
    assert result.exit_code == 0
    page = Page(path.read_text())
    assert page.headings == [
        "Accuracy",
        "Calibration",
        "Sensitivity against precision",
        "Genes that differ",
    ]
    assert page.addresses == []
    text = path.read_text()
    assert "found exactly" in text
    # The genes at the ends of a contig are no part of the reference.
    assert "<title>two:1-601" in text


def test_chromium_shows_the_page(report, tmp_path):
    """The dial works, nothing is missing, and the drawings have colour."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("needs Chromium")
    import matplotlib.image

    picture = tmp_path / "page.png"
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/own"]
    shown = subprocess.run(
        [
            *(chromium, *options, "--enable-logging=stderr", "--virtual-time-budget=2000"),
            *("--window-size=1000,3000", f"--screenshot={picture}", report.as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert "CONSOLE" not in shown.stderr
    pixels = matplotlib.image.imread(picture)[..., :3]
    assert pixels.shape[:2] == (3000, 1000)
    blue = np.abs(pixels - np.array([0x1B, 0x6C, 0xA8]) / 255).max(axis=-1) < 0.02
    assert blue.mean() > 0.005
