import io
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from genefinder.genes import Gene, Interval, Strand, Transcript
from genefinder.io.annotation import read_annotation
from genefinder.io.gtf import GtfWriter


def written(annotated) -> str:
    stream = io.StringIO()
    annotated.write(GtfWriter(stream))
    return stream.getvalue()


def rows(strand: Strand, cds: tuple[Interval, ...]) -> list[tuple[str, int, int, str]]:
    """Feature, start, end and phase of each row below a transcript, but no exons."""
    transcript = Transcript("t", "c", strand, cds, cds)
    writer = GtfWriter(io.StringIO())
    with writer:
        found = [text.split("\t") for _, text in writer.rows(Gene("g", "c", strand, (transcript,)))]
    kinds = "CDS", "start_codon", "stop_codon"
    return [(row[2], int(row[3]), int(row[4]), row[7]) for row in found if row[2] in kinds]


def test_golden(root: Path, annotated) -> None:
    golden = root / "tests" / "golden" / "formats" / "genes.gtf"
    assert written(annotated) == golden.read_text()


def test_the_stop_codon_stands_beside_the_cds() -> None:
    assert rows("+", ((0, 12),)) == [
        ("CDS", 1, 9, "0"),
        ("start_codon", 1, 3, "0"),
        ("stop_codon", 10, 12, "0"),
    ]
    assert rows("-", ((0, 12),)) == [
        ("CDS", 4, 12, "0"),
        ("start_codon", 10, 12, "0"),
        ("stop_codon", 1, 3, "0"),
    ]


def test_codons_that_introns_part() -> None:
    assert rows("+", ((0, 2), (10, 16), (20, 21))) == [
        ("CDS", 1, 2, "0"),
        ("CDS", 11, 14, "1"),
        ("start_codon", 1, 2, "0"),
        ("start_codon", 11, 11, "1"),
        ("stop_codon", 15, 16, "0"),
        ("stop_codon", 21, 21, "1"),
    ]
    assert rows("-", ((0, 1), (10, 15), (20, 23))) == [
        ("CDS", 13, 15, "0"),
        ("CDS", 21, 23, "0"),
        ("start_codon", 21, 23, "0"),
        ("stop_codon", 1, 1, "1"),
        ("stop_codon", 11, 12, "0"),
    ]


def test_what_is_written_is_read_back(tmp_path: Path, annotated) -> None:
    path = tmp_path / "genes.gtf"
    path.write_text(written(annotated))
    annotation = read_annotation(path)
    assert not annotation.problems
    genes = [replace(gene, locus_tag=None) for gene in annotated.genes["toy"]]
    assert [gene.id for gene in annotation.genes] == [gene.id for gene in genes]
    for found, gene in zip(annotation.genes, genes, strict=True):
        assert found.transcripts[0].cds == gene.transcripts[0].cds
        assert found.transcripts[0].phases() == gene.transcripts[0].phases()


def test_gffread_takes_it(tmp_path: Path, annotated) -> None:
    if shutil.which("gffread") is None:
        pytest.skip("needs gffread")
    (tmp_path / "genes.gtf").write_text(written(annotated))
    (tmp_path / "genome.fa").write_text(annotated.fasta())
    words = ["gffread", "-g", "genome.fa", "-J", "-T", "-o", "kept.gtf", "genes.gtf"]
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
    kept = (tmp_path / "kept.gtf").read_text()
    assert "g000001.t1" in kept
    assert "g000002.t1" in kept


def test_pyranges_reads_it(tmp_path: Path, annotated, ask) -> None:
    (tmp_path / "genes.gtf").write_text(written(annotated))
    script = """
table = pyranges.read_gtf(path).df
genes = table[table.Feature == "gene"]
found = zip(genes.gene_id, genes.Start, genes.End)
print(json.dumps(sorted([name, int(start), int(end)] for name, start, end in found)))
"""
    assert ask("pyranges", script, tmp_path / "genes.gtf") == [
        [gene.id, gene.start, gene.end] for gene in annotated.genes["toy"]
    ]
