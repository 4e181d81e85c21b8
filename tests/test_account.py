from typing import Any

import pytest

from genefinder.account import look_first
from genefinder.io.summary import ContigSummary


def contig(bases: int = 1_000_000, genes: int = 100, **values: Any) -> ContigSummary:
    return ContigSummary("chr1", bases, genes=genes, **values)


def test_a_usual_genome_needs_no_look() -> None:
    assert look_first([contig(coding_bases=300_000)], spliced=True) == []


@pytest.mark.parametrize(
    ("summary", "told"),
    [
        (contig(genes=1_201), "WARNING: 1,201 genes per Mb; no eukaryote has more than 1,200"),
        (contig(coding_bases=931_000), "WARNING: 93% of the bases code; no eukaryote has more"),
        (contig(10**10, 250_001), "WARNING: 250,001 genes; no eukaryote has more than 250,000"),
    ],
)
def test_more_than_any_eukaryote_has(summary: ContigSummary, told: str) -> None:
    (remark,) = look_first([summary], spliced=True)
    assert remark.startswith(told)
    assert look_first([summary], spliced=False) == []


def test_little_sequence_tells_nothing() -> None:
    assert look_first([contig(99_999, 1_000, coding_bases=99_000)], spliced=True) == []


def test_many_transposons_call_for_an_option() -> None:
    (few,) = look_first([contig(transposon_like=9)], spliced=True)
    assert few == "9 genes that look like transposons (transposon_like=true)"
    (many,) = look_first([contig(transposon_like=10)], spliced=True)
    assert many.startswith("10 genes (10%) look like transposons (transposon_like=true); --drop-tr")
    (dropped,) = look_first([contig(dropped=3)], spliced=True)
    assert dropped == "3 genes that look like transposons were left out"


def test_long_contigs_without_genes() -> None:
    empty = ContigSummary("mito", 600_000)
    skipped = ContigSummary("gap", 900_000, skipped="only N")
    short = ContigSummary("short", 499_999)
    (remark,) = look_first([contig(), empty, skipped, short], spliced=True)
    assert remark.startswith("1 long contigs without any gene, such as mito (0.6 Mb)")
