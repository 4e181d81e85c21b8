import io
import json

import pytest

from genefinder.io.multiqc import GeneCounts, write_multiqc


@pytest.fixture
def counts(annotated) -> GeneCounts:
    counts = GeneCounts()
    for name, letters in annotated.letters.items():
        counts.add(len(letters), annotated.genes.get(name, []))
    return counts


def test_numbers_of_a_genome(counts: GeneCounts) -> None:
    coding = 129 + 90 + 25 + 60 + 38
    assert counts.columns() == {
        "contigs": 3,
        "megabases": 0.0008,
        "genes": 5,
        "partial": 3,
        "genes_per_mb": round(5e6 / 830, 4),
        "percent_coding": round(100 * coding / 830, 4),
        "mean_posterior": 0.75,
        "exons_per_gene": 1.4,
        "percent_single_exon": 60.0,
        "mean_cds": coding / 5,
    }


def test_no_genes_have_no_means() -> None:
    counts = GeneCounts()
    counts.add(1000, [])
    assert counts.columns() == {
        "contigs": 1,
        "megabases": 0.001,
        "genes": 0,
        "partial": 0,
        "genes_per_mb": 0.0,
        "percent_coding": 0.0,
    }


@pytest.mark.parametrize(
    ("genome", "sample"),
    [("yeast.fa.gz", "yeast"), ("a.b.fna", "a.b"), ("-", "-"), ("genome", "genome")],
)
def test_a_table_of_one_row(counts: GeneCounts, genome: str, sample: str) -> None:
    stream = io.StringIO()
    write_multiqc(stream, genome, counts, "plant")
    content = json.loads(stream.getvalue())
    assert content["plot_type"] == "table"
    ((name, row),) = content["data"].items()
    assert name == sample
    assert row == {**counts.columns(), "model": "plant"}
    assert set(row) <= set(content["headers"])
