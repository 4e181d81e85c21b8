"""GenBank and EMBL: their letter (golden files), and what Biopython reads back."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from Bio import SeqIO
from Bio.SeqRecord import SeqRecord

from genefinder.errors import InputError
from genefinder.grammar import sites
from genefinder.io import flat_file
from genefinder.io.embl import EmblWriter
from genefinder.io.features import Feature
from genefinder.io.flat_file import FlatFileWriter, format_location
from genefinder.io.genbank import GenbankWriter
from genefinder.io.qualifiers import Qualifiers

QUALIFIERS = Qualifiers("Planta clara", program=("genefinder", "1.2"))
WRITERS: dict[str, type[FlatFileWriter]] = {"genbank": GenbankWriter, "embl": EmblWriter}


def written(annotated, kind: str, qualifiers: Qualifiers = QUALIFIERS) -> str:
    stream = io.StringIO()
    annotated.write(WRITERS[kind](stream, qualifiers, annotated.records()))
    return stream.getvalue()


def read(text: str, kind: str) -> list[SeqRecord]:
    return list(SeqIO.parse(io.StringIO(text), kind))


@pytest.mark.parametrize(("kind", "name"), [("genbank", "genes.gbk"), ("embl", "genes.embl")])
def test_golden(root: Path, annotated, kind: str, name: str) -> None:
    golden = root / "tests" / "golden" / "formats" / name
    assert written(annotated, kind) == golden.read_text()


@pytest.mark.parametrize("kind", WRITERS)
def test_biopython_reads_the_same_contigs_and_genes(annotated, kind: str) -> None:
    records = read(written(annotated, kind), kind)
    contigs = {name: letters for name, letters in annotated.letters.items() if letters}
    assert [str(record.seq).upper() for record in records] == list(contigs.values())
    if kind == "genbank":
        assert [record.id for record in records] == list(contigs)
    features = records[0].features
    assert features[0].type == "source"
    assert features[0].qualifiers["organism"] == ["Planta clara"]
    genes = annotated.genes["toy"]
    coding = [feature for feature in features if feature.type == "CDS"]
    for feature, gene in zip(coding, genes, strict=True):
        transcript = gene.transcripts[0]
        assert feature.location is not None
        parts = sorted((int(part.start), int(part.end)) for part in feature.location.parts)
        assert tuple(parts) == transcript.cds
        assert feature.location.strand == (1 if gene.strand == "+" else -1)
        assert feature.qualifiers["locus_tag"] == [gene.locus_tag]
        assert feature.qualifiers["codon_start"] == [str(transcript.phase + 1)]
        assert feature.qualifiers["inference"] == ["ab initio prediction:genefinder:1.2"]
        assert ("<" in str(feature.location.start)) == transcript.partial_low
        assert (">" in str(feature.location.end)) == transcript.partial_high


def test_translations_are_those_of_biopython(annotated) -> None:
    record = read(written(annotated, "genbank"), "genbank")[0]
    coding = [feature for feature in record.features if feature.type == "CDS"]
    assert len(coding) == 5
    for feature in coding:
        start = int(feature.qualifiers["codon_start"][0]) - 1
        bases = feature.extract(record.seq)[start:]
        residues = str(bases[: len(bases) // 3 * 3].translate()).removesuffix("*")
        assert feature.qualifiers["translation"] == [residues]


@pytest.mark.parametrize("kind", WRITERS)
def test_gaps_are_features(annotated, kind: str) -> None:
    record = read(written(annotated, kind), kind)[0]
    gaps = [feature for feature in record.features if feature.type == "assembly_gap"]
    places = [gap.location for gap in gaps if gap.location is not None]
    assert [(int(place.start), int(place.end)) for place in places] == [(430, 530), (650, 662)]
    assert [gap.qualifiers["estimated_length"] for gap in gaps] == [["unknown"], ["12"]]
    assert flat_file.GAP == sites.GAP


@pytest.mark.parametrize("kind", WRITERS)
def test_features_are_in_the_order_of_their_genes(annotated, kind: str) -> None:
    record = read(written(annotated, kind), kind)[0]
    shown = [feature.type for feature in record.features]
    gene = ["gene", "mRNA", "CDS"]
    assert shown == ["source", *gene * 3, "assembly_gap", *gene, "assembly_gap", *gene]


def test_lines_are_no_longer_than_eighty_columns(annotated) -> None:
    for kind in WRITERS:
        lines = written(annotated, kind).splitlines()
        # A name that is longer than its place makes the line longer, as at NCBI.
        assert max(len(line) for line in lines if not line.startswith("LOCUS")) <= 80


def test_long_locations_and_organisms_are_wrapped(annotated) -> None:
    parts = tuple((start, start + 5) for start in range(0, 600, 10))
    feature = Feature("mRNA", "-", parts, partial_low=True)
    location = format_location(feature)
    assert location.startswith("complement(join(<1..5,11..15,")
    organism = "Planta clarissima subspecies longissima variety ultima " * 3
    text = written(annotated, "genbank", Qualifiers(organism.strip()))
    (first, _) = read(text, "genbank")
    assert first.features[0].qualifiers["organism"] == [organism.strip()]
    writer = GenbankWriter(io.StringIO(), QUALIFIERS, annotated.records())
    lines = [line.strip() for line in writer.lines(feature)]
    assert "".join(lines).removeprefix("mRNA").strip() == location
    assert max(map(len, lines[1:])) <= 58


def test_without_locus_tags_the_id_is_the_gene(annotated) -> None:
    annotated.genes["toy"][:] = [replace(gene, locus_tag=None) for gene in annotated.genes["toy"]]
    record = read(written(annotated, "genbank"), "genbank")[0]
    assert record.features[1].qualifiers == {"gene": ["g000001"]}


def test_another_genome_is_noticed(annotated) -> None:
    writer = GenbankWriter(io.StringIO(), QUALIFIERS, annotated.records())
    with pytest.raises(InputError, match="changed while it was in use"):
        writer.write("toy", 699, [])
