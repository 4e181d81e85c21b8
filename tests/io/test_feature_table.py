import io
from dataclasses import replace
from pathlib import Path

import pytest

from genefinder.errors import InputError
from genefinder.io.feature_table import FeatureTableWriter
from genefinder.io.qualifiers import Qualifiers

PROGRAM = ("genefinder", "1.2")


def written(annotated, qualifiers: Qualifiers) -> str:
    stream = io.StringIO()
    annotated.write(FeatureTableWriter(stream, qualifiers))
    return stream.getvalue()


def features(text: str) -> list[tuple[str, list[tuple[str, str]], dict[str, str]]]:
    """Each feature with its parts and its qualifiers, as NCBI's format defines them."""
    found: list[tuple[str, list[tuple[str, str]], dict[str, str]]] = []
    for line in text.splitlines():
        columns = line.split("\t")
        if line.startswith(">"):
            continue
        if len(columns) == 3:
            found.append((columns[2], [(columns[0], columns[1])], {}))
        elif len(columns) == 2:
            found[-1][1].append((columns[0], columns[1]))
        else:
            assert columns[:3] == [""] * 3
            found[-1][2][columns[3]] = columns[4]
    return found


def test_golden(root: Path, annotated) -> None:
    golden = root / "tests" / "golden" / "formats" / "genes.tbl"
    assert written(annotated, Qualifiers(program=PROGRAM)) == golden.read_text()


def test_open_ends_stand_in_strand_direction(annotated) -> None:
    coding = [
        (parts, names.get("codon_start"))
        for kind, parts, names in features(written(annotated, Qualifiers()))
        if kind == "CDS"
    ]
    assert coding == [
        ([("31", "93"), ("301", "366")], None),
        ([("250", "221"), ("180", "121")], None),
        ([("406", ">430")], None),
        ([("590", ">531")], None),
        ([("<663", ">700")], "2"),
    ]


def test_genes_and_mrnas_without_utr_are_partial(annotated) -> None:
    found = features(written(annotated, Qualifiers()))
    assert [(kind, parts) for kind, parts, _ in found[:5]] == [
        ("gene", [("11", "400")]),
        ("mRNA", [("11", "93"), ("301", "400")]),
        ("CDS", [("31", "93"), ("301", "366")]),
        ("gene", [("<250", ">121")]),
        ("mRNA", [("<250", "221"), ("180", ">121")]),
    ]


def test_ids_name_a_database_in_any_case(annotated) -> None:
    for qualifiers, name in (Qualifiers(), "ABC"), (Qualifiers(id_database="lab"), "lab"):
        for kind, _, names in features(written(annotated, qualifiers)):
            if kind == "gene":
                assert list(names) == ["locus_tag"]
            else:
                tag = names["protein_id"].split("|")[2]
                assert names["protein_id"] == f"gnl|{name}|{tag}"
                assert names["transcript_id"] == f"gnl|{name}|mrna.{tag}"
                assert names["product"] == "hypothetical protein"


def test_a_genetic_code_other_than_the_first_is_told(annotated) -> None:
    found = features(written(annotated, Qualifiers(genetic_code=12)))
    assert {names.get("transl_table") for kind, _, names in found if kind == "CDS"} == {"12"}


def test_genes_without_locus_tag_are_refused(annotated) -> None:
    gene = replace(annotated.genes["toy"][0], locus_tag=None)
    writer = FeatureTableWriter(io.StringIO(), Qualifiers())
    with pytest.raises(InputError, match=r"no locus tag.*NCBI registered"):
        writer.write("toy", 700, [gene])
