"""The reader: every dialect gives the same genes; what is wrong is named with its line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from genefinder.errors import InputError
from genefinder.genes import Gene, Interval, Transcript
from genefinder.io.annotation import Annotation, read_annotation

# One gene of three coding segments on either strand, 1-based: 101-160, 201-230, 301-333 (stop
# included), with exons 91-160, 201-230, 301-350.
CDS = ((100, 160), (200, 230), (300, 333))
EXONS = ((90, 160), (200, 230), (300, 350))

NCBI = """\
##gff-version 3
#!processor NCBI annotwriter
##sequence-region c 1 1000
c\tRefSeq\tregion\t1\t1000\t.\t+\t.\tID=c:1..1000;Dbxref=taxon:1
c\tRefSeq\tgene\t91\t350\t.\t+\t.\tID=gene-A;Name=A;gene_biotype=protein_coding
c\tRefSeq\tmRNA\t91\t350\t.\t+\t.\tID=rna-A;Parent=gene-A;partial=true;start_range=.,91
c\tRefSeq\texon\t91\t160\t.\t+\t.\tID=exon-A-1;Parent=rna-A
c\tRefSeq\texon\t201\t230\t.\t+\t.\tID=exon-A-2;Parent=rna-A
c\tRefSeq\texon\t301\t350\t.\t+\t.\tID=exon-A-3;Parent=rna-A
c\tRefSeq\tCDS\t101\t160\t.\t+\t0\tID=cds-A;Parent=rna-A;Name=NP_1;product=a%3Bb
c\tRefSeq\tCDS\t201\t230\t.\t+\t0\tID=cds-A;Parent=rna-A;Name=NP_1
c\tRefSeq\tCDS\t301\t333\t.\t+\t0\tID=cds-A;Parent=rna-A;Name=NP_1
c\tRefSeq\tgene\t400\t470\t.\t+\t.\tID=gene-T;gene_biotype=tRNA
c\tRefSeq\ttRNA\t400\t470\t.\t+\t.\tID=rna-T;Parent=gene-T
c\tRefSeq\texon\t400\t470\t.\t+\t.\tID=exon-T;Parent=rna-T
###
"""
ENSEMBL = """\
##gff-version 3
c\tensembl\tgene\t91\t350\t.\t+\t.\tID=gene:A;biotype=protein_coding
c\tensembl\tmRNA\t91\t350\t.\t+\t.\tID=transcript:A.1;Parent=gene:A
c\tensembl\tfive_prime_UTR\t91\t100\t.\t+\t.\tParent=transcript:A.1
c\tensembl\texon\t91\t160\t.\t+\t.\tParent=transcript:A.1;rank=1
c\tensembl\tCDS\t101\t160\t.\t+\t0\tID=CDS:A.1;Parent=transcript:A.1
c\tensembl\texon\t201\t230\t.\t+\t.\tParent=transcript:A.1;rank=2
c\tensembl\tCDS\t201\t230\t.\t+\t0\tID=CDS:A.1;Parent=transcript:A.1
c\tensembl\texon\t301\t350\t.\t+\t.\tParent=transcript:A.1;rank=3
c\tensembl\tCDS\t301\t333\t.\t+\t0\tID=CDS:A.1;Parent=transcript:A.1
c\tensembl\tncRNA_gene\t400\t470\t.\t+\t.\tID=gene:T;biotype=tRNA
c\tensembl\ttRNA\t400\t470\t.\t+\t.\tID=transcript:T;Parent=gene:T
c\tensembl\texon\t400\t470\t.\t+\t.\tParent=transcript:T
"""
ENSEMBL_GTF = """\
#!genome-build x
c\tens\tgene\t91\t350\t.\t+\t.\tgene_id "A"; gene_biotype "protein_coding";
c\tens\ttranscript\t91\t350\t.\t+\t.\tgene_id "A"; transcript_id "A.1";
c\tens\texon\t91\t160\t.\t+\t.\tgene_id "A"; transcript_id "A.1"; exon_number "1";
c\tens\tCDS\t101\t160\t.\t+\t0\tgene_id "A"; transcript_id "A.1"; exon_number "1";
c\tens\tstart_codon\t101\t103\t.\t+\t0\tgene_id "A"; transcript_id "A.1";
c\tens\texon\t201\t230\t.\t+\t.\tgene_id "A"; transcript_id "A.1"; exon_number "2";
c\tens\tCDS\t201\t230\t.\t+\t0\tgene_id "A"; transcript_id "A.1"; exon_number "2";
c\tens\texon\t301\t350\t.\t+\t.\tgene_id "A"; transcript_id "A.1"; exon_number "3";
c\tens\tCDS\t301\t330\t.\t+\t0\tgene_id "A"; transcript_id "A.1"; exon_number "3";
c\tens\tstop_codon\t331\t333\t.\t+\t0\tgene_id "A"; transcript_id "A.1"; exon_number "3";
c\tens\tfive_prime_utr\t91\t100\t.\t+\t.\tgene_id "A"; transcript_id "A.1";
c\tens\texon\t400\t470\t.\t+\t.\tgene_id "T"; transcript_id "T.1"; gene_biotype "tRNA";
"""
AUGUSTUS = """\
# This output was generated with AUGUSTUS (version 3.5.0).
# start gene g1
c\tAUGUSTUS\tgene\t91\t350\t0.13\t+\t.\tg1
c\tAUGUSTUS\ttranscript\t91\t350\t0.13\t+\t.\tg1.t1
c\tAUGUSTUS\ttss\t91\t91\t.\t+\t.\ttranscript_id "g1.t1"; gene_id "g1";
c\tAUGUSTUS\tCDS\t101\t160\t1\t+\t0\ttranscript_id "g1.t1"; gene_id "g1";
c\tAUGUSTUS\texon\t91\t160\t.\t+\t.\ttranscript_id "g1.t1"; gene_id "g1";
c\tAUGUSTUS\tintron\t161\t200\t1\t+\t.\ttranscript_id "g1.t1"; gene_id "g1";
c\tAUGUSTUS\tCDS\t201\t230\t1\t+\t0\ttranscript_id "g1.t1"; gene_id "g1";
c\tAUGUSTUS\texon\t201\t230\t.\t+\t.\ttranscript_id "g1.t1"; gene_id "g1";
c\tAUGUSTUS\tCDS\t301\t333\t1\t+\t0\ttranscript_id "g1.t1"; gene_id "g1";
c\tAUGUSTUS\texon\t301\t350\t.\t+\t.\ttranscript_id "g1.t1"; gene_id "g1";
c\tAUGUSTUS\tstop_codon\t331\t333\t.\t+\t0\ttranscript_id "g1.t1"; gene_id "g1";
# protein sequence = [M]
c\tAUGUSTUS\texon\t400\t470\t.\t+\t.\ttranscript_id "n.t1"; gene_id "n";
"""
AUGUSTUS_GFF3_STOP_APART = """\
##gff-version 3
c\tAUGUSTUS\tgene\t91\t350\t0.13\t+\t.\tID=g1
c\tAUGUSTUS\ttranscript\t91\t350\t0.13\t+\t.\tID=g1.t1;Parent=g1
c\tAUGUSTUS\texon\t91\t160\t.\t+\t.\tParent=g1.t1
c\tAUGUSTUS\texon\t201\t230\t.\t+\t.\tParent=g1.t1
c\tAUGUSTUS\texon\t301\t350\t.\t+\t.\tParent=g1.t1
c\tAUGUSTUS\tCDS\t101\t160\t1\t+\t0\tID=g1.t1.cds;Parent=g1.t1
c\tAUGUSTUS\tCDS\t201\t230\t1\t+\t0\tID=g1.t1.cds;Parent=g1.t1
c\tAUGUSTUS\tCDS\t301\t330\t1\t+\t0\tID=g1.t1.cds;Parent=g1.t1
c\tAUGUSTUS\tstop_codon\t331\t333\t.\t+\t0\tParent=g1.t1
c\tx\tncRNA\t400\t470\t.\t+\t.\tID=n
c\tx\texon\t400\t470\t.\t+\t.\tParent=n
"""
TAIR = """\
##gff-version 3
c\tTAIR10\tgene\t91\t350\t.\t+\t.\tID=A;Note=protein_coding_gene
c\tTAIR10\tmRNA\t91\t350\t.\t+\t.\tID=A.1;Parent=A;Index=1
c\tTAIR10\tprotein\t101\t333\t.\t+\t.\tID=A.1-Protein;Name=A.1;Derives_from=A.1
c\tTAIR10\texon\t91\t160\t.\t+\t.\tParent=A.1
c\tTAIR10\tCDS\t101\t160\t.\t+\t0\tParent=A.1,A.1-Protein;
c\tTAIR10\texon\t201\t230\t.\t+\t.\tParent=A.1
c\tTAIR10\tCDS\t201\t230\t.\t+\t0\tParent=A.1,A.1-Protein;
c\tTAIR10\texon\t301\t350\t.\t+\t.\tParent=A.1
c\tTAIR10\tCDS\t301\t333\t.\t+\t0\tParent=A.1,A.1-Protein;
c\tTAIR10\ttRNA\t400\t470\t.\t+\t.\tID=T.1;Parent=T
c\tTAIR10\texon\t400\t470\t.\t+\t.\tParent=T.1
c\tTAIR10\tgene\t400\t470\t.\t+\t.\tID=T
"""
UTRS_WITHOUT_EXONS = """\
c\tx\tCDS\t101\t160\t.\t+\t0\tParent=A.1
c\tx\tCDS\t201\t230\t.\t+\t0\tParent=A.1
c\tx\tCDS\t301\t333\t.\t+\t0\tParent=A.1
c\tx\tfive_prime_UTR\t91\t100\t.\t+\t.\tParent=A.1
c\tx\tthree_prime_UTR\t334\t350\t.\t+\t.\tParent=A.1
c\tx\tmRNA\t91\t350\t.\t+\t.\tID=A.1;Parent=A
c\tx\tgene\t91\t350\t.\t+\t.\tID=A
c\tx\tncRNA\t400\t470\t.\t+\t.\tID=n
c\tx\texon\t400\t470\t.\t+\t.\tParent=n
"""
GLIMMERHMM = """\
##gff-version 3
##sequence-region c 1 1000
c\tGlimmerHMM\tmRNA\t101\t333\t.\t+\t.\tID=c.path1.gene1;Name=c.path1.gene1
c\tGlimmerHMM\tCDS\t101\t160\t.\t+\t0\tID=c.cds1.1;Parent=c.path1.gene1;Note=initial-exon
c\tGlimmerHMM\tCDS\t201\t230\t.\t+\t0\tID=c.cds1.2;Parent=c.path1.gene1;Note=internal-exon
c\tGlimmerHMM\tCDS\t301\t333\t.\t+\t0\tID=c.cds1.3;Parent=c.path1.gene1;Note=final-exon
"""
SNAP = """\
c\tSNAP\tEinit\t101\t160\t7.027\t+\t.\tc-snap.1
c\tSNAP\tExon\t201\t230\t6.855\t+\t.\tc-snap.1
c\tSNAP\tEterm\t301\t333\t17.723\t+\t.\tc-snap.1
"""


def read(tmp_path: Path, text: str) -> Annotation:
    path = tmp_path / "genes.gff"
    path.write_text(text, encoding="utf-8")
    return read_annotation(path)


def mirrored(text: str) -> str:
    """The same rows on the other strand of a contig of 1,000 bases."""
    lines = []
    for line in text.splitlines():
        columns = line.split("\t")
        if len(columns) == 9:
            columns[3], columns[4] = str(1001 - int(columns[4])), str(1001 - int(columns[3]))
            columns[6] = {"+": "-", "-": "+"}[columns[6]]
        lines.append("\t".join(columns))
    return "\n".join(lines)


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize(
    ("text", "gene", "transcript", "utrs"),
    [
        (NCBI, "gene-A", "rna-A", True),
        (ENSEMBL, "gene:A", "transcript:A.1", True),
        (ENSEMBL_GTF, "A", "A.1", True),
        (AUGUSTUS, "g1", "g1.t1", True),
        (AUGUSTUS_GFF3_STOP_APART, "g1", "g1.t1", True),
        (TAIR, "A", "A.1", True),
        (UTRS_WITHOUT_EXONS, "A", "A.1", True),
        (GLIMMERHMM, "c.path1.gene1", "c.path1.gene1", False),
        (SNAP, "c-snap.1", "c-snap.1", False),
    ],
    ids=["ncbi", "ensembl", "gtf", "augustus", "stop apart", "tair", "utrs", "glimmerhmm", "snap"],
)
def test_dialects_give_the_same_gene(
    tmp_path: Path, text: str, gene: str, transcript: str, utrs: bool, strand: str
) -> None:
    annotation = read(tmp_path, text if strand == "+" else mirrored(text))
    cds: tuple[Interval, ...] = CDS
    exons: tuple[Interval, ...] = EXONS if utrs else CDS
    if strand == "-":
        cds, exons = (
            tuple((1000 - end, 1000 - start) for start, end in reversed(intervals))
            for intervals in (cds, exons)
        )
    (found,) = annotation.genes
    (isoform,) = found.transcripts
    assert (found.id, found.start, found.end) == (gene, exons[0][0], exons[-1][1])
    assert (isoform.id, isoform.strand, isoform.contig) == (transcript, strand, "c")
    assert isoform.cds == cds
    assert isoform.exons == exons
    assert (isoform.phase, isoform.partial_low, isoform.partial_high) == (0, False, False)
    assert annotation.problems == ()
    assert annotation.noncoding == utrs
    assert list(annotation.lines) == [transcript]


def test_rows_in_any_order(tmp_path: Path) -> None:
    lines = ENSEMBL.splitlines()
    assert read(tmp_path, "\n".join(reversed(lines))).genes == read(tmp_path, ENSEMBL).genes


def test_windows_line_ends(tmp_path: Path) -> None:
    text = ENSEMBL.replace("ID=CDS:A.1;", "")  # so that the name of the parent ends the line
    assert read(tmp_path, text.replace("\n", "\r\n")).genes == read(tmp_path, text).genes


def test_segments_that_touch_stay_apart_and_exons_that_overlap_are_joined(tmp_path: Path) -> None:
    row = "c\tx\t{}\t{}\t{}\t.\t+\t{}\tParent=m\n"
    text = "c\tx\tmRNA\t1\t90\t.\t+\t.\tID=m\n" + "".join(
        row.format(*columns)
        for columns in (
            ("exon", 1, 50, "."),
            ("exon", 40, 90, "."),
            ("CDS", 1, 30, 0),
            ("CDS", 31, 60, 0),
        )
    )
    (gene,) = read(tmp_path, text).genes
    assert gene.transcripts[0].cds == ((0, 30), (30, 60))
    assert gene.transcripts[0].exons == ((0, 90),)


def test_bacteria_have_no_transcripts(tmp_path: Path) -> None:
    annotation = read(
        tmp_path,
        "c\tR\tgene\t1\t9\t.\t+\t.\tID=gene-a\nc\tR\tCDS\t1\t9\t.\t+\t0\tID=cds-a;Parent=gene-a\n"
        "c\tR\tgene\t20\t90\t.\t-\t.\tID=gene-b\n"
        "c\tR\tCDS\t20\t28\t.\t-\t0\tID=cds-b;Parent=gene-b\n"
        "c\tR\tCDS\t40\t48\t.\t-\t0\tID=cds-c;Parent=gene-b\n",
    )
    assert [(g.id, [t.id for t in g.transcripts]) for g in annotation.genes] == [
        ("gene-a", ["cds-a"]),
        ("gene-b", ["cds-b", "cds-c"]),
    ]
    assert (annotation.genes[1].start, annotation.genes[1].end) == (19, 90)


def test_prodigal(tmp_path: Path) -> None:
    row = "c\tProdigal_v2.6.3\tCDS\t{}\t{}\t9.9\t{}\t0\tID=1_{};partial={};start_type=ATG\n"
    annotation = read(
        tmp_path, row.format(2, 100, "-", 1, "10") + row.format(200, 299, "+", 2, "01")
    )
    ends = [
        (g.id, g.transcripts[0].partial_low, g.transcripts[0].partial_high)
        for g in annotation.genes
    ]
    assert ends == [("1_1", True, False), ("1_2", False, True)]


def test_coding_rows_shared_by_transcripts(tmp_path: Path) -> None:
    annotation = read(
        tmp_path,
        "c\tW\tgene\t1\t90\t.\t-\t.\tID=Gene:1\n"
        "c\tW\tmRNA\t1\t90\t.\t-\t.\tID=Transcript:1a;Parent=Gene:1\n"
        "c\tW\tmRNA\t1\t60\t.\t-\t.\tID=Transcript:1b;Parent=Gene:1\n"
        "c\tW\tCDS\t1\t30\t.\t-\t0\tID=CDS:1;Parent=Transcript:1a,Transcript:1b\n"
        "c\tW\tCDS\t61\t90\t.\t-\t0\tID=CDS:1;Parent=Transcript:1a\n",
    )
    (gene,) = annotation.genes
    assert [t.cds for t in gene.transcripts] == [((0, 30), (60, 90)), ((0, 30),)]


def test_alternative_starts_of_one_transcript_are_isoforms(tmp_path: Path) -> None:
    annotation = read(
        tmp_path,
        "c\tx\tmRNA\t1\t90\t.\t+\t.\tID=m\n"
        "c\tx\tCDS\t1\t30\t.\t+\t0\tID=c1;Parent=m\nc\tx\tCDS\t61\t90\t.\t+\t0\tID=c1;Parent=m\n"
        "c\tx\tCDS\t13\t30\t.\t+\t0\tID=c2;Parent=m\nc\tx\tCDS\t61\t90\t.\t+\t0\tID=c2;Parent=m\n",
    )
    (gene,) = annotation.genes
    assert [(t.id, t.cds) for t in gene.transcripts] == [
        ("c1", ((0, 30), (60, 90))),
        ("c2", ((12, 30), (60, 90))),
    ]


def test_names_used_again_on_another_contig(tmp_path: Path) -> None:
    second = AUGUSTUS.replace("\nc\t", "\nd\t").replace("\t333\t", "\t336\t")
    annotation = read(tmp_path, AUGUSTUS + second)
    assert [(g.id, g.contig, g.transcripts[0].id) for g in annotation.genes] == [
        ("g1", "c", "g1.t1"),
        ("g1@d", "d", "g1.t1@d"),
    ]
    assert list(annotation.lines) == ["g1.t1", "g1.t1@d"]


@pytest.mark.parametrize("absent", [("gene",), ("transcript",), ("gene", "transcript")])
def test_gtf_needs_no_rows_of_genes_and_transcripts(tmp_path: Path, absent: list[str]) -> None:
    lines = [
        line
        for line in ENSEMBL_GTF.splitlines()
        if line.split("\t")[2:3] not in [[a] for a in absent]
    ]
    assert len(lines) < len(ENSEMBL_GTF.splitlines())
    annotation = read(tmp_path, "\n".join(lines))
    assert annotation.genes == read(tmp_path, ENSEMBL_GTF).genes
    assert annotation.problems == ()


def test_gtf_gene_may_be_named_like_its_transcript(tmp_path: Path) -> None:
    text = ENSEMBL_GTF.replace('gene_id "A"', 'gene_id "A.1"')
    (gene,) = read(tmp_path, text).genes
    assert (gene.id, gene.transcripts[0].id) == ("A.1", "A.1")


def test_stop_codon_parted_by_an_intron(tmp_path: Path) -> None:
    row = 'c\tx\t{}\t{}\t{}\t.\t+\t0\tgene_id "g"; transcript_id "t";\n'
    text = row.format("CDS", 1, 30) + row.format("stop_codon", 31, 32)
    (gene,) = read(tmp_path, text + row.format("stop_codon", 91, 91)).genes
    assert gene.transcripts[0].cds == ((0, 32), (90, 91))


@pytest.mark.parametrize(
    ("strand", "tag", "ends"),
    [
        ("+", "cds_start_NF", (True, False)),
        ("-", "cds_start_NF", (False, True)),
        ("+", "cds_end_NF", (False, True)),
        ("-", "cds_end_NF", (True, False)),
    ],
)
def test_open_ends_of_gtf(tmp_path: Path, strand: str, tag: str, ends: tuple[bool, bool]) -> None:
    text = f'c\tx\tCDS\t1\t30\t.\t{strand}\t0\tgene_id "g"; transcript_id "t"; tag "{tag}";\n'
    transcript = read(tmp_path, text).genes[0].transcripts[0]
    assert (transcript.partial_low, transcript.partial_high) == ends


def test_open_ends_of_ncbi_stand_on_the_cds(tmp_path: Path) -> None:
    text = NCBI.replace("\t0\tID=cds-A", "\t0\tpartial=true;start_range=.,101;ID=cds-A", 1)
    transcript = read(tmp_path, text).genes[0].transcripts[0]
    assert (transcript.partial_low, transcript.partial_high) == (True, False)


def test_a_first_phase_tells_an_open_end(tmp_path: Path) -> None:
    row = "c\tx\tCDS\t1\t31\t.\t{}\t1\tParent=m\nc\tx\tmRNA\t1\t31\t.\t{}\t.\tID=m\n"
    plus = read(tmp_path, row.format("+", "+")).genes[0].transcripts[0]
    minus = read(tmp_path, row.format("-", "-")).genes[0].transcripts[0]
    assert (plus.phase, plus.partial_low, plus.partial_high) == (1, True, False)
    assert (minus.phase, minus.partial_low, minus.partial_high) == (1, False, True)


@pytest.mark.parametrize(
    ("segments", "repaired"),
    [
        # counted from the low end of the minus strand: the commonest mistake
        ([(1, 10, 0), (21, 40, 2)], (1, 0)),
        ([(1, 10, 0), (21, 31, 2), (41, 49, 0)], (1, 0, 0)),
        # not of whole codons, so the first phase is the file's
        ([(1, 10, 1), (21, 41, 2)], (2, 2)),
        # missing in one row
        ([(1, 10, "."), (21, 40, 0)], (1, 0)),
        ([(1, 10, 0), (21, 40, ".")], (1, 0)),
    ],
)
def test_wrong_phases_are_repaired_and_reported(
    tmp_path: Path, segments: list[tuple[int, int, object]], repaired: tuple[int, ...]
) -> None:
    row = "c\tx\tCDS\t{}\t{}\t.\t-\t{}\tParent=m\n"
    text = "c\tx\tmRNA\t1\t90\t.\t-\t.\tID=m\n" + "".join(row.format(*s) for s in segments)
    annotation = read(tmp_path, text)
    (gene,) = annotation.genes
    assert gene.transcripts[0].phases() == repaired
    (problem,) = annotation.problems
    assert (problem.line, problem.id, problem.kept) == (2, "m", True)
    assert (problem.contig, problem.start, problem.end) == ("c", 0, segments[-1][1])
    assert problem.reason.startswith("phases")


def test_no_phases_at_all_are_no_problem(tmp_path: Path) -> None:
    text = NCBI.replace("+\t0\t", "+\t.\t")
    annotation = read(tmp_path, text)
    assert annotation.problems == ()
    assert annotation.genes == read(tmp_path, NCBI).genes


GOOD = "c\tx\tmRNA\t901\t909\t.\t+\t.\tID=good\nc\tx\tCDS\t901\t909\t.\t+\t0\tParent=good\n"


@pytest.mark.parametrize(
    ("text", "line", "name", "reason"),
    [
        ("c\tx\tCDS\t1\t9\t.\t+\t0\tParent=m\n", 1, "m", "its parent 'm' is not in the file"),
        (
            "c\tx\tmRNA\t1\t9\t.\t+\t.\tID=m;Parent=g\nc\tx\tCDS\t1\t9\t.\t+\t0\tParent=m\n",
            2,
            "m",
            "its parent 'g' is not in the file",
        ),
        (
            "d\tx\tmRNA\t1\t9\t.\t+\t.\tID=m\nc\tx\tCDS\t1\t9\t.\t+\t0\tParent=m\n",
            2,
            "m",
            "its parent 'm' is on another contig",
        ),
        (
            "c\tx\tmRNA\t1\t9\t.\t+\t.\tID=m;Parent=n\nc\tx\tmRNA\t1\t9\t.\t+\t.\tID=n;Parent=m\n"
            "c\tx\tCDS\t1\t9\t.\t+\t0\tParent=m\n",
            3,
            "m",
            "cyclic parents: m > n > m",
        ),
        (
            "c\tx\tmRNA\t1\t9\t.\t+\t.\tID=m;Parent=m\nc\tx\tCDS\t1\t9\t.\t+\t0\tParent=m\n",
            2,
            "m",
            "cyclic parents: m > m",
        ),
        (
            "c\tx\tmRNA\t1\t90\t.\t+\t.\tID=m\nc\tx\tCDS\t1\t9\t.\t+\t0\tParent=m\n"
            "c\tx\tCDS\t21\t29\t.\t-\t0\tParent=m\n",
            2,
            "m",
            "coding sequence on two strands",
        ),
        (
            "c\tx\tmRNA\t1\t90\t.\t+\t.\tID=m\nc\tx\tCDS\t1\t9\t.\t.\t0\tParent=m\n",
            2,
            "m",
            "strand '.' where + or - belongs",
        ),
        (
            "c\tx\tmRNA\t1\t90\t.\t-\t.\tID=m\nc\tx\tCDS\t1\t9\t.\t+\t0\tParent=m\n",
            2,
            "m",
            "coding sequence on strand +, its parent on -",
        ),
        (
            "c\tx\tgene\t1\t90\t.\t-\t.\tID=g\nc\tx\tmRNA\t1\t90\t.\t+\t.\tID=m;Parent=g\n"
            "c\tx\tCDS\t1\t9\t.\t+\t0\tParent=m\n",
            3,
            "m",
            "transcript and gene on different strands",
        ),
        (
            "c\tx\tmRNA\t1\t90\t.\t+\t.\tID=m\nc\tx\tCDS\t1\t9\t.\t+\t0\tParent=m\n"
            "c\tx\tCDS\t9\t20\t.\t+\t0\tParent=m\n",
            2,
            "m",
            "coding segments overlap (lines 2 and 3)",
        ),
        (
            "c\tx\tmRNA\t1\t9\t.\t+\t.\tID=m\nc\tx\tmRNA\t50\t90\t.\t+\t.\tID=m\n"
            "c\tx\tCDS\t1\t9\t.\t+\t0\tParent=m\n",
            3,
            "m",
            "its ID stands for two features (lines 1 and 2)",
        ),
        (
            "c\tx\tpseudogene\t1\t9\t.\t+\t.\tID=g\nc\tx\tCDS\t1\t9\t.\t+\t0\tID=k;Parent=g\n",
            2,
            "g",
            "pseudogene",
        ),
        (
            "c\tx\tgene\t1\t9\t.\t+\t.\tID=g\nc\tx\tCDS\t1\t9\t.\t+\t0\tID=k;Parent=g;pseudo=true\n",
            2,
            "g",
            "pseudogene",
        ),
        ("c\tx\tCDS\t1\t9\t.\t+\t0\tName=m\n", 1, "", "CDS with neither Parent nor ID"),
        (
            'c\tx\tCDS\t1\t9\t.\t+\t0\tgene_id "g"; note "x";\n',
            1,
            "g",
            "CDS without transcript_id",
        ),
        (
            'c\tx\tCDS\t11\t19\t.\t+\t0\tgene_id "g"; transcript_id "m";\n'
            'c\tx\tstop_codon\t1\t3\t.\t+\t0\tgene_id "g"; transcript_id "m";\n',
            1,
            "m",
            "stop codon before the end of the coding sequence",
        ),
    ],
)
def test_a_broken_transcript_is_left_out_and_reported(
    tmp_path: Path, text: str, line: int, name: str, reason: str
) -> None:
    annotation = read(tmp_path, text + GOOD)
    assert [gene.id for gene in annotation.genes] == ["good"]
    (problem,) = annotation.problems
    assert (problem.line, problem.id, problem.reason) == (line, name, reason)
    assert problem.contig == "c"
    assert not problem.kept


def test_one_broken_isoform_leaves_the_others(tmp_path: Path) -> None:
    text = (
        "c\tx\tgene\t1\t90\t.\t+\t.\tID=g\n"
        "c\tx\tCDS\t1\t9\t.\t+\t0\tID=a;Parent=g\nc\tx\tCDS\t5\t15\t.\t-\t0\tID=b;Parent=g\n"
        "c\tx\tCDS\t61\t69\t.\t+\t0\tID=c;Parent=g\n"
    )
    annotation = read(tmp_path, text)
    assert [t.id for t in annotation.genes[0].transcripts] == ["a", "c"]
    assert [problem.id for problem in annotation.problems] == ["b"]


def test_nothing_usable_is_an_error(tmp_path: Path) -> None:
    text = "c\tx\tCDS\t1\t9\t.\t+\t0\tParent=m\n" * 2
    with pytest.raises(InputError, match=r"none of its 1 coding .* line 1 \(m\): its parent 'm'"):
        read(tmp_path, text)


def test_genes_are_in_order_of_contigs_and_starts(tmp_path: Path) -> None:
    row = "{}\tx\tCDS\t{}\t{}\t.\t+\t0\tID={}\n"
    rows = [("z", 50, "p"), ("a", 9, "q"), ("z", 2, "r"), ("a", 1, "s")]
    text = "".join(row.format(contig, start, start + 8, name) for contig, start, name in rows)
    assert [gene.id for gene in read(tmp_path, text).genes] == ["r", "p", "s", "q"]


def test_another_programs_posterior_is_no_matter(tmp_path: Path) -> None:
    for value, expected in (("high", None), ("0.25", 0.25)):
        annotation = read(tmp_path, GOOD.replace("ID=good", f"ID=good;posterior={value}"))
        assert annotation.genes[0].posterior == expected


class TestCheckAgainst:
    def test_a_genome_that_fits(self, tmp_path: Path) -> None:
        annotation = read(tmp_path, NCBI)
        assert annotation.check_against({"c": 350, "d": 1}) == annotation

    def test_another_assembly(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match=r"none of its contigs \(c\) is in g\.fa \(x, y\)"):
            read(tmp_path, NCBI).check_against({"x": 1, "y": 1}, "g.fa")

    def test_missing_contig_and_coordinates_beyond_the_end(self, tmp_path: Path) -> None:
        text = (
            GOOD
            + "d\tx\tCDS\t1\t9\t.\t+\t0\tID=off\n"
            + (
                "c\tx\tgene\t1\t950\t.\t+\t.\tID=g\nc\tx\tCDS\t1\t9\t.\t+\t0\tID=in;Parent=g\n"
                "c\tx\tCDS\t942\t950\t.\t+\t0\tID=out;Parent=g\n"
            )
        )
        checked = read(tmp_path, text).check_against({"c": 949}, "g.fa")
        inside = Transcript("in", "c", "+", ((0, 9),), ((0, 9),))
        assert checked.genes[0] == Gene("g", "c", "+", (inside,), 0, 9)
        assert [gene.id for gene in checked.genes] == ["g", "good"]
        assert [(p.line, p.id, p.reason) for p in checked.problems] == [
            (3, "off", "contig d is not in g.fa"),
            (6, "out", "ends at 950, beyond the end of c (949)"),
        ]

    def test_no_genes_fit_any_genome(self, tmp_path: Path) -> None:
        annotation = read(tmp_path, "##gff-version 3\n")
        assert annotation.check_against({"x": 1}).genes == ()


@pytest.mark.parametrize(
    ("species", "genes", "transcripts", "problems"),
    [("spombe", 5127, 5137, 18), ("dmelanogaster", 1435, 3284, 0), ("ztritici", 10952, 10952, 0)],
)
def test_real_annotations(
    shared: Path, species: str, genes: int, transcripts: int, problems: int
) -> None:
    annotation = read_annotation(shared / species / "genes.gff3.gz")
    assert len(annotation.genes) == genes
    assert sum(len(gene.transcripts) for gene in annotation.genes) == transcripts
    assert len(annotation.problems) == problems


TWO_LOCI = """\
c\tx\texon\t101\t200\t.\t+\t.\tgene_id "g"; transcript_id "t";
c\tx\texon\t301\t400\t.\t+\t.\tgene_id "g"; transcript_id "t";
c\tx\tCDS\t101\t200\t.\t+\t0\tgene_id "g"; transcript_id "t";
c\tx\tCDS\t301\t400\t.\t+\t2\tgene_id "g"; transcript_id "t";
c\tx\texon\t5101\t5200\t.\t+\t.\tgene_id "g"; transcript_id "t";
c\tx\texon\t5301\t5400\t.\t+\t.\tgene_id "g"; transcript_id "t";
c\tx\tCDS\t5101\t5200\t.\t+\t0\tgene_id "g"; transcript_id "t";
c\tx\tCDS\t5301\t5400\t.\t+\t2\tgene_id "g"; transcript_id "t";
"""
OTHER = 'c\tx\tCDS\t1\t99\t.\t+\t0\tgene_id "o"; transcript_id "o";\n'


def without_phases(text: str) -> str:
    return text.replace("\t0\t", "\t.\t").replace("\t2\t", "\t.\t")


def numbered(text: str) -> str:
    lines = [line for line in without_phases(text).splitlines() if "\tCDS\t" in line]
    return "".join(
        f'{line} exon_number "{number}";\n'
        for line, number in zip(lines, (1, 2, 1, 2), strict=True)
    )


def two_stops(text: str) -> str:
    lines = [line for line in without_phases(text).splitlines() if "\tCDS\t" in line]
    stops = [
        lines[0].replace("\tCDS\t101\t200", f"\tstop_codon\t{end + 1}\t{end + 3}")
        for end in (400, 5400)
    ]
    return "".join(f"{line}\n" for line in (*lines, *stops))


def phases_alone(text: str) -> str:
    return "".join(f"{line}\n" for line in text.splitlines() if "\tCDS\t" in line)


@pytest.mark.parametrize("change", [without_phases, numbered, two_stops, phases_alone])
@pytest.mark.parametrize("strand", ["+", "-"])
def test_one_transcript_id_at_two_loci_is_left_out(
    tmp_path: Path, change: Callable[[str], str], strand: str
) -> None:
    text = TWO_LOCI.replace("\t+\t", f"\t{strand}\t")
    if strand == "-":
        swapped = text.replace("\t0\t", "\tx\t").replace("\t2\t", "\t0\t")
        text = swapped.replace("\tx\t", "\t2\t")
    annotation = read(tmp_path, change(text) + OTHER)
    assert [gene.id for gene in annotation.genes] == ["o"]
    (problem,) = annotation.problems
    assert (problem.id, problem.start, problem.end) == ("t", 100, 5400)
    assert (
        "stands for two coding sequences (lines 1 to " in problem.reason or change is without_phases
    )
    assert not problem.kept


def test_one_transcript_id_in_two_genes_is_two_transcripts(tmp_path: Path) -> None:
    lines = TWO_LOCI.splitlines()
    text = "\n".join([*lines[:4], *(line.replace('"g"', '"h"') for line in lines[4:])])
    annotation = read(tmp_path, f"{text}\n")
    assert [(gene.id, gene.start) for gene in annotation.genes] == [("g", 100), ("h", 5100)]
    assert [gene.transcripts[0].id for gene in annotation.genes] == ["t", "t@c"]
    assert annotation.problems == ()


@pytest.mark.parametrize("change", [without_phases, str])
def test_one_locus_in_any_order_is_whole(tmp_path: Path, change: Callable[[str], str]) -> None:
    lines = change(TWO_LOCI.replace("gene_id", "x_id")).splitlines()[:4]
    apart = [lines[0], lines[2], lines[1], lines[3]]
    for order in (lines, lines[::-1], apart, apart[::-1], lines[2:]):
        annotation = read(tmp_path, "".join(f"{line}\n" for line in order))
        assert [gene.transcripts[0].cds for gene in annotation.genes] == [((100, 200), (300, 400))]
        assert annotation.problems == ()


def test_transcripts_without_coding_sequence(tmp_path: Path) -> None:
    annotation = read(tmp_path, TWO_LOCI.replace("\tCDS\t", "\texon\t"))
    with pytest.raises(InputError, match=r"no coding sequence in .*; 1 transcripts without CDS"):
        annotation.check_against({"c": 6000})
