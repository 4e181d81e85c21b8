"""The writer: its letter (golden file), its referees, and what it writes is what is read back."""

import io
import shutil
import string
import subprocess
from dataclasses import replace
from itertools import accumulate, chain
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genefinder.genes import Gene, Interval, PartPosteriors, Strand, Transcript
from genefinder.io.annotation import read_annotation
from genefinder.io.gff3 import Gff3Writer, format_gene, format_header, write_gff3
from genefinder.io.identifiers import Identifiers
from genefinder.io.qualifiers import Qualifiers

CONTIGS = [("chr1", 1000), ("empty", 0), ("scaffold|2", 500)]
GENES = [
    Gene(
        "g000001",
        "chr1",
        "+",
        (
            Transcript(
                "g000001.t1",
                "chr1",
                "+",
                ((90, 200), (300, 420)),
                ((100, 200), (300, 401)),
                posterior=0.98765,
            ),
            Transcript("g000001.t2", "chr1", "+", ((90, 200),), ((100, 199),), posterior=0.01),
        ),
    ),
    Gene(
        "g000002",
        "chr1",
        "-",
        (Transcript("g000002.t1", "chr1", "-", (), ((600, 700), (750, 759), (800, 901))),),
    ),
    Gene(
        "g000003",
        "scaffold|2",
        "-",
        (
            Transcript(
                "g000003.t1",
                "scaffold|2",
                "-",
                ((0, 40), (100, 500)),
                ((0, 40), (100, 500)),
                phase=2,
                partial_low=True,
                partial_high=True,
                posterior=1.0,
            ),
        ),
    ),
]
COMMENTS = [("genefinder", "0.1.0"), ("settings", "a\tb\nc")]


def written(genes: list[Gene], contigs: list[tuple[str, int]]) -> str:
    stream = io.StringIO()
    write_gff3(stream, genes, contigs)
    return stream.getvalue()


def test_golden(root: Path) -> None:
    stream = io.StringIO()
    assert write_gff3(stream, GENES, CONTIGS, COMMENTS) == 3
    golden = root / "tests" / "golden" / "gff3" / "genes.gff3"
    assert stream.getvalue() == golden.read_text(encoding="utf-8")


def test_writer_that_learns_the_contigs_last_writes_the_same() -> None:
    direct, spooled = io.StringIO(), io.StringIO()
    write_gff3(direct, GENES, CONTIGS, COMMENTS)
    with Gff3Writer(spooled) as writer:
        for name, length in CONTIGS:
            writer.write(name, length, [gene for gene in GENES if gene.contig == name])
        assert spooled.getvalue() == ""
        writer.finish(COMMENTS)
    assert spooled.getvalue() == direct.getvalue()


def test_no_genes_is_the_header_alone() -> None:
    assert written([], CONTIGS[:1]) == "##gff-version 3\n##sequence-region chr1 1 1000\n"


def test_comment_stays_one_line() -> None:
    assert format_header([], COMMENTS).splitlines()[1:] == [
        "# genefinder: 0.1.0",
        "# settings: a b c",
    ]


@pytest.mark.parametrize(
    ("strand", "names"),
    [
        ("+", ["start", "donor", "acceptor", "stop"]),
        ("-", ["stop", "acceptor", "donor", "start"]),
    ],
)
def test_exons_carry_the_posteriors_of_their_parts(
    strand: Strand, names: list[str], tmp_path: Path
) -> None:
    cds = ((0, 99), (200, 299))
    part_posteriors = PartPosteriors((0.5, 0.25), ((0.9, 0.8), (0.7, 0.6)))
    transcript = Transcript(
        "t", "c", strand, cds, cds, posterior=0.125, part_posteriors=part_posteriors
    )
    text = written([Gene("g", "c", strand, (transcript,))], [("c", 500)])
    rows = [line.split("\t") for line in text.splitlines() if "\texon\t" in line]
    assert [row[5] for row in rows] == ["0.5000", "0.2500"]
    assert [row[8].split(";")[1:] for row in rows] == [
        ["posterior=0.5000", f"{names[0]}_posterior=0.9000", f"{names[1]}_posterior=0.8000"],
        ["posterior=0.2500", f"{names[2]}_posterior=0.7000", f"{names[3]}_posterior=0.6000"],
    ]
    (tmp_path / "genes.gff3").write_text(text)
    ((again,),) = [gene.transcripts for gene in read_annotation(tmp_path / "genes.gff3").genes]
    assert again.part_posteriors == part_posteriors


def test_open_ends_have_no_posterior(tmp_path: Path) -> None:
    cds = ((0, 99),)
    part_posteriors = PartPosteriors((0.5,), ((None, 0.75),))
    transcript = Transcript(
        "t", "c", "+", cds, cds, partial_low=True, posterior=0.5, part_posteriors=part_posteriors
    )
    text = written([Gene("g", "c", "+", (transcript,))], [("c", 500)])
    assert "start_posterior" not in text
    assert "stop_posterior=0.7500" in text
    (tmp_path / "genes.gff3").write_text(text)
    ((again,),) = [gene.transcripts for gene in read_annotation(tmp_path / "genes.gff3").genes]
    assert again.part_posteriors == part_posteriors


def test_phases_of_both_strands() -> None:
    cds = ((0, 10), (20, 30), (40, 44))
    phases = {}
    strand: Strand
    for strand in ("+", "-"):
        text = format_gene(Gene("g", "c", strand, (Transcript("t", "c", strand, cds, cds),)))
        rows = [row.split("\t") for row in text.splitlines()]
        phases[strand] = [row[7] for row in rows if row[2] == "CDS"]
    assert phases == {"+": ["0", "2", "1"], "-": ["1", "2", "0"]}


def starts(text: str) -> list[tuple[str, int]]:
    """Contig and start of every row."""
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    return [(row[0], int(row[3])) for row in rows]


def test_rows_are_sorted_where_genes_lie_in_introns() -> None:
    def gene(name: str, strand: Strand, cds: tuple[Interval, ...], contig: str = "c") -> Gene:
        return Gene(name, contig, strand, (Transcript(f"{name}.t", contig, strand, cds, cds),))

    outer = gene("outer", "+", ((0, 30), (400, 460), (500, 560)))
    inner = gene("inner", "-", ((50, 80), (200, 260)))
    second = gene("second", "-", ((300, 330),))
    last = gene("last", "+", ((10, 40),), "d")
    text = written([outer, inner, second, last], [("c", 600), ("d", 600)])
    rows = starts(text)
    assert rows == sorted(rows)
    assert len(rows) == 8 + 6 + 4 + 4
    names = [line.split("ID=")[1] for line in text.splitlines() if "\tgene\t" in line]
    assert names == ["outer", "inner", "second", "last"]


def test_locus_tags_come_with_products_and_ids() -> None:
    (tagged,) = Identifiers("x", "ABC").assign(GENES[1:2])
    rows = format_gene(tagged, Qualifiers(id_database="lab")).splitlines()
    attributes = {row.split("\t")[2]: row.split("\t")[8] for row in rows}
    ids = "protein_id=gnl|lab|ABC_000001.t1;transcript_id=gnl|lab|mrna.ABC_000001.t1"
    assert attributes == {
        "gene": "ID=x000001;locus_tag=ABC_000001",
        "mRNA": f"ID=x000001.t1;Parent=x000001;product=hypothetical protein;{ids}",
        "exon": "Parent=x000001.t1",
        "CDS": f"ID=x000001.t1.cds;Parent=x000001.t1;product=hypothetical protein;{ids}",
    }


def test_reserved_characters_are_escaped() -> None:
    cds = ((0, 9),)
    gene = Gene("a;b=c&d,e%f\tg é", "c", "+", (Transcript("t", "c", "+", cds, cds),))
    row = format_gene(gene).splitlines()[0]
    assert row.split("\t")[8] == "ID=a%3Bb%3Dc%26d%2Ce%25f%09g é"


def test_contig_names_stay_comparable_with_the_genome() -> None:
    header = format_header([("NODE_1;cov=2,5(a)/1", 9), (">x", 9), ("#x", 9), ("50%", 9)])
    assert header.splitlines()[1:] == [
        "##sequence-region NODE_1;cov=2,5(a)/1 1 9",
        "##sequence-region %3Ex 1 9",
        "##sequence-region %23x 1 9",
        "##sequence-region 50%25 1 9",
    ]


def test_an_id_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="'g000001' occurs twice"):
        written([GENES[0], GENES[0]], CONTIGS)


@pytest.mark.parametrize("contigs", [[("chr1", 419)], [("chr2", 1000)]])
def test_a_gene_off_its_contig_is_refused(contigs: list[tuple[str, int]]) -> None:
    with pytest.raises(ValueError, match="ends at 420 on 'chr1'"):
        written(GENES[:1], contigs)
    with Gff3Writer(io.StringIO()) as writer, pytest.raises(ValueError, match="ends at 420"):
        writer.write("chr1", 419, GENES[:1])


NAMES = st.text(string.ascii_letters + string.digits + " ;=&,%+é|.", min_size=1, max_size=8).map(
    lambda name: f"x{name}x"
)


@st.composite
def transcripts(draw: st.DrawFn, name: str, contig: str, strand: Strand) -> Transcript:
    """A transcript whose exons reach beyond its CDS where the ends are closed."""
    steps = draw(st.lists(st.tuples(*[st.integers(1, 30)] * 2), min_size=1, max_size=5))
    places = list(accumulate(chain.from_iterable(steps)))
    cds: list[Interval] = list(zip(places[::2], places[1::2], strict=True))
    partial_low, partial_high = draw(st.booleans()), draw(st.booleans())
    five_open = partial_low if strand == "+" else partial_high
    exons = list(cds)
    if not partial_low:
        exons[0] = (draw(st.integers(0, cds[0][0])), exons[0][1])
    if not partial_high:
        exons[-1] = (exons[-1][0], cds[-1][1] + draw(st.integers(0, 30)))
    posterior = draw(st.none() | st.integers(0, 10000).map(lambda n: n / 10000))
    phase = draw(st.integers(0, 2)) if five_open else 0
    return Transcript(
        name, contig, strand, tuple(exons), tuple(cds), phase, partial_low, partial_high, posterior
    )


@st.composite
def annotations(draw: st.DrawFn) -> list[Gene]:
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    contigs = sorted(draw(st.lists(NAMES, min_size=1, max_size=2, unique=True)))
    contigs = [name.replace(" ", "_") for name in contigs]
    genes = []
    for name in names:
        contig = draw(st.sampled_from(contigs))
        strand: Strand = draw(st.sampled_from(["+", "-"]))
        isoforms = tuple(
            draw(transcripts(f"{name}.t{number}", contig, strand))
            for number in range(1, draw(st.integers(1, 3)) + 1)
        )
        genes.append(Gene(f"{name}.g", contig, strand, isoforms))
    return sorted(genes, key=lambda gene: (gene.contig, gene.start, gene.end))


def by_start(gene: Gene) -> Gene:
    """The gene with its isoforms in the order of their starts, as rows are."""
    return replace(gene, transcripts=tuple(sorted(gene.transcripts, key=lambda t: t.start)))


@settings(max_examples=60)
@given(annotations())
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, genes: list[Gene]
) -> None:
    path = tmp_path_factory.mktemp("gff3") / "genes.gff3"
    contigs = sorted({gene.contig for gene in genes})
    path.write_text(written(genes, [(name, 1000) for name in contigs]), encoding="utf-8")
    annotation = read_annotation(path)
    assert not annotation.problems
    assert list(annotation.genes) == [by_start(gene) for gene in genes]
    rows = starts(path.read_text(encoding="utf-8"))
    by_contig = [[row for row in rows if row[0] == name] for name in dict(rows)]
    assert rows == [row for group in by_contig for row in sorted(group)]


@pytest.mark.skipif(shutil.which("gt") is None, reason="needs genometools (gt)")
@settings(max_examples=4)
@given(st.lists(annotations(), min_size=4, max_size=4))
def test_the_validator_accepts_it(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[list[Gene]]
) -> None:
    path = tmp_path_factory.mktemp("gff3") / "genes.gff3"
    genes = list(Identifiers().assign(gene for genes in drawn for gene in genes))
    contigs = dict.fromkeys(gene.contig for gene in genes)
    path.write_text(written(genes, [(name, 1000) for name in contigs]), encoding="utf-8")
    verdict = subprocess.run(
        ["gt", "gff3validator", str(path)], capture_output=True, text=True, check=False
    )
    assert verdict.stdout.strip() == "input is valid GFF3", verdict.stderr
    assert verdict.stderr == ""


class TestOtherReaders:
    """Programs and libraries that people read GFF3 with."""

    @pytest.fixture
    def path(self, tmp_path: Path, annotated) -> Path:
        path = tmp_path / "genes.gff3"
        with path.open("w") as stream:
            annotated.write(Gff3Writer(stream, Qualifiers(id_database="lab")))
        (tmp_path / "genome.fa").write_text(annotated.fasta())
        return path

    def test_golden(self, root: Path, path: Path) -> None:
        golden = root / "tests" / "golden" / "formats" / "genes.gff3"
        assert path.read_text() == golden.read_text()

    @pytest.mark.skipif(shutil.which("gt") is None, reason="needs genometools (gt)")
    def test_genometools(self, path: Path) -> None:
        words = ["gt", "gff3validator", str(path)]
        verdict = subprocess.run(words, capture_output=True, text=True)
        assert verdict.stdout.strip() == "input is valid GFF3", verdict.stderr

    @pytest.mark.skipif(shutil.which("gffread") is None, reason="needs gffread")
    def test_gffread(self, path: Path, annotated) -> None:
        words = ["gffread", "-g", "genome.fa", "-y", "proteins.fa", path.name]
        subprocess.run(words, cwd=path.parent, check=True, capture_output=True)
        proteins = (path.parent / "proteins.fa").read_text()
        assert proteins.startswith(">g000001.t1\nMPPPP")
        assert proteins.count(">") == len(annotated.genes["toy"])

    def test_gffutils(self, path: Path, annotated, ask) -> None:
        script = """
database = gffutils.create_db(path, ":memory:", merge_strategy="create_unique")
genes = [
    [
        gene.id,
        gene.start - 1,
        gene.end,
        gene.strand,
        gene.attributes["locus_tag"],
        sorted([e.start - 1, e.end] for e in database.children(gene, featuretype="exon")),
    ]
    for gene in database.features_of_type("gene", order_by="start")
]
print(json.dumps(genes))
"""
        assert ask("gffutils", script, path) == [
            [
                gene.id,
                gene.start,
                gene.end,
                gene.strand,
                [gene.locus_tag],
                [list(exon) for exon in gene.transcripts[0].exons],
            ]
            for gene in annotated.genes["toy"]
        ]

    def test_bcbio(self, path: Path, annotated, ask) -> None:
        script = """
from BCBio import GFF
with open(path) as stream:
    (record,) = [record for record in GFF.parse(stream) if record.features]
genes = [
    [
        gene.id,
        int(gene.location.start),
        int(gene.location.end),
        [part.type for part in gene.sub_features[0].sub_features].count("CDS"),
    ]
    for gene in record.features
]
print(json.dumps([record.id, genes]))
"""
        assert ask("BCBio", script, path) == [
            "toy",
            [
                [gene.id, gene.start, gene.end, len(gene.transcripts[0].cds)]
                for gene in annotated.genes["toy"]
            ],
        ]

    def test_pyranges(self, path: Path, annotated, ask) -> None:
        script = """
table = pyranges.read_gff3(path).df
cds = table[table.Feature == "CDS"]
print(json.dumps(sorted([p, int(s), int(e)] for p, s, e in zip(cds.Parent, cds.Start, cds.End))))
"""
        assert ask("pyranges", script, path) == sorted(
            [gene.transcripts[0].id, start, end]
            for gene in annotated.genes["toy"]
            for start, end in gene.transcripts[0].cds
        )


def test_genes_that_look_like_transposons_say_so(tmp_path: Path) -> None:
    transcript = Transcript("a.t1", "one", "+", ((9, 99),), ((9, 99),))
    gene = Gene("a", "one", "+", (transcript,), transposon_like=True)
    text = format_gene(gene)
    rows = [row for row in text.splitlines() if "transposon_like=true" in row]
    assert [row.split("\t")[2] for row in rows] == ["gene"]
    path = tmp_path / "genes.gff3"
    path.write_text("##gff-version 3\n" + text)
    (found,) = read_annotation(path).genes
    assert found.transposon_like
