"""Scores against cases counted by hand, against plain set arithmetic and against ``gt eval``."""

import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genefinder.evaluation import Level, evaluate
from genefinder.genes import Gene, Interval, Region, Strand, Transcript

Chain = tuple[Interval, ...]


def gene(name: str, *chains: Chain, contig: str = "c", strand: Strand = "+") -> Gene:
    transcripts = tuple(
        Transcript(f"{name}.{n}", contig, strand, exons=chain, cds=chain)
        for n, chain in enumerate(chains)
    )
    return Gene(name, contig, strand, transcripts)


A1 = ((10, 20), (30, 40))
A2 = ((10, 20), (34, 40))
B = ((100, 150),)
C = ((200, 230), (250, 280), (300, 306))
REFERENCE = [gene("a", A1, A2), gene("b", B, strand="-"), gene("c", C)]
PREDICTED = [
    gene("p", A2),  # the second isoform of a
    gene("q", B),  # b on the wrong strand
    gene("r", ((200, 230), (250, 290))),  # one exon of c right, one too long, one missed
    gene("s", B, contig="d"),  # where the reference has nothing
]


def counts(level: Level) -> tuple[int, int, int, int]:
    return level.n_reference, level.found, level.n_predicted, level.right


def test_hand_computed_case() -> None:
    result = evaluate(REFERENCE, PREDICTED)
    # reference a: 10 + 10 (isoforms overlap), b: 50, c: 30 + 30 + 6
    # predicted p: 10 + 6, q: 50, r: 30 + 40, s: 50; shared p: 16, r: 30 + 30
    assert counts(result.base) == (136, 76, 186, 76)
    # reference 10-20, 30-40, 34-40 | 100-150- | three of c; predicted 2 | 1 | 2 | 1
    assert counts(result.exon) == (7, 3, 6, 3)
    assert counts(result.transcript) == (4, 1, 4, 1)
    assert counts(result.gene) == (3, 1, 4, 1)
    assert result.gene.sensitivity == pytest.approx(1 / 3)
    assert result.gene.precision == pytest.approx(1 / 4)
    assert result.gene.f1 == pytest.approx(2 / 7)
    assert result.base.f1 == pytest.approx(2 * 76 / (136 + 186))


def test_identity_is_perfect() -> None:
    for level in evaluate(REFERENCE, list(reversed(REFERENCE))).levels().values():
        assert level.n_reference > 0
        assert level.f1 == 1


@pytest.mark.parametrize("sides", [(REFERENCE, []), ([], REFERENCE), ([], [])])
def test_nothing_to_compare_scores_zero(sides: tuple[list[Gene], list[Gene]]) -> None:
    for level in evaluate(*sides).levels().values():
        assert (level.sensitivity, level.precision, level.f1) == (0, 0, 0)


def test_genes_without_coding_sequence_play_no_part() -> None:
    rna = Gene("rna", "c", "+", (Transcript("rna.1", "c", "+", ((500, 600),), ()),))
    mixed = Gene("a", "c", "+", (*REFERENCE[0].transcripts, *rna.transcripts))
    bare = Gene("bare", "c", "+", (), 5, 9)
    assert evaluate([mixed, *REFERENCE[1:], rna, bare], PREDICTED) == evaluate(REFERENCE, PREDICTED)


def test_untranslated_exons_play_no_part() -> None:
    longer = Gene("a", "c", "+", (Transcript("a.1", "c", "+", ((1, 20), (30, 90)), A1),))
    assert evaluate([gene("a", A1)], [longer]).gene.f1 == 1


def test_one_chain_in_two_loci() -> None:
    # two overlapping loci share the chain A1: both are found by it, one prediction is right
    reference = [gene("x", A1), gene("y", A1, A2)]
    result = evaluate(reference, [gene("p", A1)])
    assert counts(result.gene) == (2, 2, 1, 1)
    assert counts(result.transcript) == (2, 1, 1, 1)


def test_repeats_pay_once() -> None:
    wrong = gene("w", ((400, 430),))
    once = evaluate(REFERENCE, [gene("p", A2), wrong])
    assert evaluate(REFERENCE, [gene("p", A2), gene("p2", A2), gene("p3", A2), wrong]) == once
    assert once.gene.precision == 0.5


def test_isoforms_of_a_prediction_make_one_gene() -> None:
    result = evaluate(REFERENCE, [gene("p", A2, ((10, 20), (37, 40)))])
    assert counts(result.gene) == (3, 1, 1, 1)
    assert counts(result.transcript) == (4, 1, 2, 1)


def test_overlapping_isoforms_count_each_base_once() -> None:
    nested = [gene("n", ((10, 100),), ((20, 30), (50, 120)), ((130, 140),), ((140, 150),))]
    assert evaluate(nested, nested).base.n_reference == 110 + 20


def test_region_holds_what_lies_wholly_inside() -> None:
    result = evaluate(REFERENCE, PREDICTED, [Region("c", 15, 280)])
    # bases by position: a 5 + 10, b 50, c 30 + 30; p 5 + 6, q 50, r 30 + 30; shared 11 + 60
    assert counts(result.base) == (125, 71, 121, 71)
    # exons: 30-40, 34-40, 100-150-, 200-230, 250-280; 34-40, 100-150, 200-230
    assert counts(result.exon) == (5, 2, 3, 2)
    # transcripts: b alone (a starts before, c ends after); q alone
    assert counts(result.transcript) == (1, 0, 1, 0)
    assert counts(result.gene) == (1, 0, 1, 0)


def test_region_needs_all_isoforms_of_a_gene() -> None:
    reference = [gene("a", ((10, 20), (30, 40)), ((50, 80),))]
    predicted = [gene("p", ((10, 20), (30, 40)))]
    result = evaluate(reference, predicted, [Region("c", 0, 60)])
    assert counts(result.transcript) == (1, 1, 1, 1)
    # the gene of the reference reaches out, yet the prediction that equals it is right
    assert counts(result.gene) == (0, 0, 1, 1)


def test_region_to_the_end_of_the_contig_and_touching_regions() -> None:
    whole = evaluate(REFERENCE, PREDICTED, [Region("c"), Region("d")])
    assert whole.levels() == evaluate(REFERENCE, PREDICTED).levels()
    parts = [Region("c", 0, 35), Region("d"), Region("c", 35, 220), Region("c", 210)]
    assert evaluate(REFERENCE, PREDICTED, parts).levels() == whole.levels()


def test_region_elsewhere_holds_nothing() -> None:
    for level in evaluate(REFERENCE, PREDICTED, [Region("e")]).levels().values():
        assert counts(level) == (0, 0, 0, 0)


@st.composite
def random_genes(draw: st.DrawFn) -> Gene:
    cuts = st.lists(st.integers(0, 60), min_size=2, max_size=6, unique=True).map(sorted)
    isoforms = draw(st.lists(cuts, min_size=1, max_size=3))
    chains = [tuple(zip(cut[::2], cut[1::2], strict=False)) for cut in isoforms]
    strand: Strand = draw(st.sampled_from(("+", "-")))
    return gene("g", *chains, contig=draw(st.sampled_from("cd")), strand=strand)


gene_lists = st.lists(random_genes(), max_size=6)


def bases(genes: list[Gene], region: Region | None) -> set[tuple[str, Strand, int]]:
    return {
        (t.contig, t.strand, position)
        for g in genes
        for t in g.transcripts
        for start, end in t.cds
        for position in range(start, end)
        if region is None or (t.contig == region.contig and region.overlaps(position, position + 1))
    }


@given(
    gene_lists,
    gene_lists,
    st.none() | st.builds(Region, st.just("c"), st.integers(0, 40), st.integers(41, 60)),
)
def test_bases_equal_plain_sets(
    reference: list[Gene], predicted: list[Gene], region: Region | None
) -> None:
    left, right = bases(reference, region), bases(predicted, region)
    level = evaluate(reference, predicted, [region] if region else None).base
    assert level == Level(len(left), len(left & right), len(right), len(left & right))


@given(gene_lists, gene_lists)
def test_sides_are_symmetric(left: list[Gene], right: list[Gene]) -> None:
    for name, level in evaluate(left, right).levels().items():
        mirrored = evaluate(right, left).levels()[name]
        assert counts(level) == counts(mirrored)[2:] + counts(mirrored)[:2]


def test_dictionary_is_json_with_a_schema() -> None:
    result = evaluate(REFERENCE, PREDICTED, [Region("c", 15, 280), Region("d")])
    document = json.loads(json.dumps(result.to_dict()))
    assert document["schema_version"] == 1
    assert document["regions"] == ["c:16-280", "d"]
    assert document["levels"]["exon"] == {
        "n_reference": 5,
        "found": 2,
        "n_predicted": 4,
        "right": 2,
        "sensitivity": 0.4,
        "precision": 0.5,
        "f1": pytest.approx(4 / 9),
    }


def test_table() -> None:
    assert evaluate(REFERENCE, PREDICTED).format() == (
        "level       reference  found  predicted  right   Sn %   Pr %   F1 %\n"
        "base              136     76        186     76  55.88  40.86  47.20\n"
        "exon                7      3          6      3  42.86  50.00  46.15\n"
        "transcript          4      1          4      1  25.00  25.00  25.00\n"
        "gene                3      1          4      1  33.33  25.00  28.57"
    )


def test_thirty_thousand_genes_take_seconds() -> None:
    chain = tuple((start, start + 100) for start in range(0, 1200, 200))
    genes = [
        gene(f"g{n}", tuple((n * 3000 + a, n * 3000 + b) for a, b in chain)) for n in range(30_000)
    ]
    started = time.process_time()
    assert evaluate(genes, genes[::2]).gene.sensitivity == 0.5
    assert time.process_time() - started < 20


def write_gff(path: Path, genes: list[Gene]) -> None:
    """Write the least that ``gt eval`` wants: gene, mRNA, exon and CDS alike."""
    rows = ["##gff-version 3"]
    for number, g in enumerate(genes):
        span = f"{g.contig}\t.\t{{}}\t{g.start + 1}\t{g.end}\t.\t{g.strand}\t.\t"
        rows.append(f"{span.format('gene')}ID=g{number}")
        for n, t in enumerate(g.transcripts):
            rows.append(f"{span.format('mRNA')}ID=g{number}.{n};Parent=g{number}")
            for (start, end), phase in zip(t.cds, t.phases(), strict=True):
                place = f"{start + 1}\t{end}\t.\t{t.strand}"
                rows.append(f"{t.contig}\t.\texon\t{place}\t.\tParent=g{number}.{n}")
                rows.append(
                    f"{t.contig}\t.\tCDS\t{place}\t{phase}\tID=g{number}.{n}.c;Parent=g{number}.{n}"
                )
    path.write_text("\n".join(rows) + "\n")


def run_gt(*arguments: str | Path) -> str:
    return subprocess.run(["gt", *arguments], check=True, capture_output=True, text=True).stdout


@pytest.mark.skipif(shutil.which("gt") is None, reason="genometools is not installed")
def test_agrees_with_gt_eval(tmp_path: Path) -> None:
    # One isoform a gene, where its definitions are ours: gt wants all isoforms of a gene alike.
    # What it calls specificity is precision.
    reference = [gene("a", A1), gene("b", B, strand="-"), gene("c", C), gene("d", A2, contig="d")]
    predicted = [*PREDICTED[:3], gene("t", A2, contig="d"), gene("u", B, strand="-")]
    for name, genes in (("reference", reference), ("predicted", predicted)):
        write_gff(tmp_path / "raw.gff3", genes)
        sorted_gff = run_gt("gff3", "-sort", "-tidy", tmp_path / "raw.gff3")
        (tmp_path / f"{name}.gff3").write_text(sorted_gff)
    report = run_gt("eval", tmp_path / "reference.gff3", tmp_path / "predicted.gff3")
    result = evaluate(reference, predicted)
    assert read_gt(report, "gene", "CDS level") == percents(result.gene)
    assert read_gt(report, "mRNA", "CDS level") == percents(result.transcript)
    assert read_gt(report, "exon", "CDS level, all, collapsed") == percents(result.exon)
    assert read_gt(report, "nucleotide", "CDS level") == percents(result.base)


def read_gt(report: str, feature: str, level: str) -> list[str]:
    """Return sensitivity and what gt calls specificity, as it prints them."""
    pattern = rf"^{feature} s\w+ \({level}\): *([\d.]+)%"
    return re.findall(pattern, report, re.MULTILINE)


def percents(level: Level) -> list[str]:
    return [f"{100 * level.sensitivity:.2f}", f"{100 * level.precision:.2f}"]
