from dataclasses import replace

import pytest

from genefinder.data.report import TSV_COLUMNS, UNREADABLE, report_annotation
from genefinder.data.targets import label_contig
from genefinder.genes import Transcript
from genefinder.grammar import Grammar
from genefinder.io.loci import Problem

GRAMMAR = Grammar(min_intron=20, min_exon=6)
PROBLEMS = (
    Problem(7, "lost", "coding sequence on two strands", "toy", 350, 360),
    Problem(9, "repaired", "phases do not follow from the segments", "toy", 30, 130, kept=True),
)


@pytest.fixture
def report(toy, gene_of):
    good = toy.plant("good", [(30, 60), (100, 130)])
    second = replace(good, id="second", cds=((30, 60), (106, 130)))
    toy.write(104, "AG")
    inner = toy.plant("inner", [(70, 88)], "-")
    broken = replace(toy.plant("broken", [(200, 230), (260, 290)], "-"), cds=((200, 231),))
    silent = Transcript("silent", "toy", "+", ((300, 310),), ())
    genes = [gene_of(good, second), gene_of(inner), gene_of(broken), gene_of(silent)]
    targets = label_contig(toy.codes, genes, GRAMMAR, [(120, 125)])
    return report_annotation([(toy.codes, targets)], GRAMMAR, PROBLEMS)


def test_counts(report):
    assert (report.genes, report.coding_genes, report.used_genes) == (4, 3, 2)
    assert report.transcripts == 5
    assert report.repaired == 1
    assert report.bases == 400
    # The mask, the nested gene with the intron's whole first step, the broken gene's exons.
    assert report.masked_bases == 5 + 28 + 90
    assert report.coding_bases == 60 - 5
    assert report.intron_bases == 40 - 28
    assert report.overlapped == ("gene-good", "gene-inner")
    assert report.masked_genes == ("gene-good", "gene-inner")


def test_lengths_and_sites(report):
    assert set(report.intron_lengths) == {40}
    assert set(report.exon_lengths) == {30}
    assert report.donors == {"GT": 2}
    assert report.acceptors == {"AG": 2}


def test_each_transcript_not_used_is_listed_with_its_reason(report):
    assert {
        (transcript.transcript, transcript.reason, transcript.gene_used)
        for transcript in report.unused
    } == {
        ("lost", UNREADABLE, False),
        ("second", "another isoform stands for the gene", True),
        ("broken", "length not a multiple of 3", False),
        ("silent", "no coding sequence", False),
    }
    assert {reason: len(group) for reason, group in report.reasons().items()} == {
        transcript.reason: 1 for transcript in report.unused
    }


def test_table(report, tmp_path):
    path = tmp_path / "unused.tsv"
    report.write_tsv(path)
    header, *rows = (line.split("\t") for line in path.read_text().splitlines())
    assert tuple(header) == TSV_COLUMNS
    assert rows[0][:7] == ["toy", "351", "360", ".", ".", "lost", "no"]
    assert rows[0][7:] == [UNREADABLE, "coding sequence on two strands"]
    assert rows[2] == [
        *("toy", "201", "290", "-", "gene-broken", "broken", "no"),
        *("length not a multiple of 3", "."),
    ]
    assert len(rows) == 4


def test_text_names_the_genes_lost(report):
    text = report.to_text()
    assert "  used          2 (66.67 %)\n" in text
    assert "  gene-broken broken toy:201-290 -\n" in text
    assert "  lost toy:351-360 coding sequence on two strands\n" in text
    assert "donors          GT 2\n" in text
    assert "gene-good second" not in text


def test_text_stops_listing_after_a_while(toy, gene_of):
    genes = [
        gene_of(Transcript(f"t{i}", "toy", "+", ((i, i + 4),), ((i, i + 4),))) for i in range(25)
    ]
    targets = label_contig(toy.codes, genes, GRAMMAR)
    text = report_annotation([(toy.codes, targets)], GRAMMAR).to_text()
    assert "t19 toy:20-23 +\n  and 5 more" in text
    assert "t20" not in text


def test_no_genes(toy):
    report = report_annotation([(toy.codes, label_contig(toy.codes, [], GRAMMAR))], GRAMMAR)
    assert report.to_text().endswith("transcripts not used\n  none\n")
    assert report.intron_lengths == ()
