import gzip
import io
from pathlib import Path

import pytest
from Bio import SeqIO
from click.testing import CliRunner, Result

from genefinder.cli.main import genefinder
from genefinder.io.annotation import read_annotation
from genefinder.io.fasta import open_genome


def convert(*arguments: str | Path, stdin: str | None = None) -> Result:
    words = ["convert", *map(str, arguments)]
    return CliRunner().invoke(genefinder, words, input=stdin, catch_exceptions=False)


@pytest.fixture
def genes(root: Path, tmp_path: Path) -> Path:
    """What was predicted on the planted genome, with a name for the first protein."""
    text = (root / "tests" / "golden" / "predict" / "genes.gff3").read_text()
    named = text.replace("ID=g000001.t1;", "ID=g000001.t1;product=actin%2C muscle;")
    assert named != text
    (tmp_path / "genes.gff3").write_text(named)
    return tmp_path / "genes.gff3"


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_genes_come_through_every_table(planted, genes, tmp_path) -> None:
    """GFF3 into GTF and back gives the same genes, without what GTF has no place for."""
    result = convert(genes, planted.genome, "-o", tmp_path / "genes.gtf")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "10 genes on 3 contigs as gtf\n"
    again = convert(tmp_path / "genes.gtf", planted.genome, "-q").stdout
    assert again.startswith("##gff-version 3\n##sequence-region one 1 42970\n")
    (tmp_path / "again.gff3").write_text(again)
    first, second = (read_annotation(tmp_path / name) for name in ("genes.gff3", "again.gff3"))
    for gene, found in zip(first.genes, second.genes, strict=True):
        assert (gene.id, gene.start, gene.end) == (found.id, found.start, found.end)
        assert gene.transcripts[0].cds == found.transcripts[0].cds
        assert gene.transcripts[0].product == found.transcripts[0].product


def test_gff3_of_gff3_is_the_same(planted, genes) -> None:
    kept = rows(convert(genes, planted.genome, "-q").stdout)
    expected = rows(genes.read_text())
    named = ";product=actin%2C muscle"
    assert sorted(row.replace(named, "") for row in kept) == sorted(
        row.replace(named, "") for row in expected
    )
    assert sum(named in row for row in kept) == 2  # its mRNA and its CDS


def test_records_for_ena(planted, genes, tmp_path) -> None:
    path = tmp_path / "genome.embl.gz"
    options = "--locus-tag-prefix", "ABC", "--organism", "Planta clara", "-o", path
    assert convert(genes, planted.genome, *options).exit_code == 0
    found = list(SeqIO.parse(io.StringIO(gzip.decompress(path.read_bytes()).decode()), "embl"))
    assert [str(record.seq) for record in found] == [
        bytes(letters).decode() for _, letters in open_genome(planted.genome).letters()
    ]
    coding = [f for record in found for f in record.features if f.type == "CDS"]
    assert [f.qualifiers["locus_tag"][0] for f in coding] == [
        f"ABC_{number:06d}" for number in range(1, 11)
    ]
    assert coding[0].qualifiers["product"] == ["actin, muscle"]
    assert coding[1].qualifiers["product"] == ["hypothetical protein"]
    assert "inference" not in coding[0].qualifiers


def test_locus_tags_are_kept(planted, genes) -> None:
    tagged = convert(genes, planted.genome, "--locus-tag-prefix", "ABC", "-q").stdout
    table = convert("-", planted.genome, "-f", "tbl", "-q", stdin=tagged).stdout
    assert table.count("\tlocus_tag\tABC_") == 10
    assert "\tproduct\tactin, muscle\n" in table
    result = convert(genes, planted.genome, "-f", "tbl")
    assert result.exit_code == 1
    assert "--locus-tag-prefix" in result.stderr


def test_the_genome_may_be_standard_input(planted, genes) -> None:
    options = "-f", "genbank", "-q"
    piped = convert(genes, "-", *options, stdin=planted.genome.read_text())
    assert piped.stdout == convert(genes, planted.genome, *options).stdout


def test_another_genetic_code_is_told_and_used(tmp_path) -> None:
    (tmp_path / "genome.fa").write_text(">c\nATGCTGTAA\n")
    (tmp_path / "genes.gff3").write_text("c\t.\tCDS\t1\t9\t.\t+\t0\tID=x\n")
    for code, residues in ("1", "ML"), ("12", "MS"):
        options = "-f", "genbank", "--genetic-code", code
        text = convert(tmp_path / "genes.gff3", tmp_path / "genome.fa", *options).stdout
        assert f"/transl_table={code}\n" in text
        assert f'/translation="{residues}"\n' in text


def test_genes_and_transcripts_of_one_name(tmp_path) -> None:
    (tmp_path / "genome.fa").write_text(">c\nATGAAATAA\n")
    (tmp_path / "genes.gff3").write_text("c\t.\tCDS\t1\t9\t.\t+\t0\tID=x\n")
    text = convert(tmp_path / "genes.gff3", tmp_path / "genome.fa", "-q").stdout
    assert "ID=x\n" in text
    assert "ID=x.t;Parent=x\n" in text


def test_what_does_not_lie_on_the_genome_is_told(planted, genes, tmp_path) -> None:
    genes.write_text(genes.read_text().replace("\ntwo\t", "\nthree\t"))
    result = convert(genes, planted.genome, "-o", tmp_path / "genes.gtf")
    assert result.exit_code == 0
    assert "g000009.t1 left out" in result.stderr
    assert result.stderr.endswith("8 genes on 3 contigs as gtf\n")


def test_an_index(planted, genes, tmp_path) -> None:
    path = tmp_path / "sorted.gff3.gz"
    assert convert(genes, planted.genome, "-o", path, "--index").exit_code == 0
    assert (tmp_path / "sorted.gff3.gz.tbi").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-", "-"], "cannot both be standard input"),
        (["genes.gff3", "genome.fa", "-o", "genes.gff3"], "is an input or another output"),
        (["genes.gff3", "genome.fa", "--genetic-code", "7"], "there is no genetic code 7"),
        (["genes.gff3", "genome.fa", "--index"], "ends in .gz"),
    ],
)
def test_wrong_usage(tmp_path, monkeypatch, arguments, message) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "genes.gff3").write_text("##gff-version 3\n")
    (tmp_path / "genome.fa").write_text(">c\nACGT\n")
    result = convert(*arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert (tmp_path / "genes.gff3").read_text() == "##gff-version 3\n"
