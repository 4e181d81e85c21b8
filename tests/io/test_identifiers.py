import pytest

from genefinder.errors import InputError
from genefinder.genes import Gene, Transcript
from genefinder.io.identifiers import Identifiers
from genefinder.io.qualifiers import Qualifiers

CDS = ((0, 9),)
GENES = [
    Gene("a", "c", "+", (Transcript("b", "c", "+", CDS, CDS), Transcript("x", "c", "+", CDS, CDS))),
    Gene("d", "c", "-", (Transcript("e", "c", "-", CDS, CDS),)),
]


def test_genes_and_isoforms_are_numbered() -> None:
    genes = list(Identifiers("AT").assign(GENES, first=7))
    assert [gene.id for gene in genes] == ["AT000007", "AT000008"]
    assert [t.id for t in genes[0].transcripts] == ["AT000007.t1", "AT000007.t2"]
    assert [gene.locus_tag for gene in genes] == [None, None]
    assert genes[1].transcripts[0].cds == CDS


def test_locus_tags_have_the_numbers_of_the_ids() -> None:
    genes = list(Identifiers(locus_tag_prefix="BN5").assign(GENES))
    assert [(gene.id, gene.locus_tag) for gene in genes] == [
        ("g000001", "BN5_000001"),
        ("g000002", "BN5_000002"),
    ]


@pytest.mark.parametrize("prefix", ["", "a b", "a;b", 'a"b', "é"])
def test_prefixes_that_ids_cannot_hold(prefix: str) -> None:
    with pytest.raises(InputError, match="letters, digits and the signs"):
        Identifiers(prefix)


@pytest.mark.parametrize("prefix", ["AB", "ABC_", "1AB", "ABCDEFGHIJKLM", "A-B", ""])
def test_locus_tag_prefixes_that_no_archive_registers(prefix: str) -> None:
    with pytest.raises(InputError, match="3 to 12 letters and digits"):
        Identifiers(locus_tag_prefix=prefix)


def test_ids_for_ncbi_name_the_locus_where_there_is_one() -> None:
    qualifiers = Qualifiers(id_database="lab")
    (gene, _) = Identifiers().assign(GENES)
    assert qualifiers.product_ids(gene, gene.transcripts[1]) == [
        ("protein_id", "gnl|lab|g000001.t2"),
        ("transcript_id", "gnl|lab|mrna.g000001.t2"),
    ]
    (gene, _) = Identifiers("x", "ABC").assign(GENES)
    assert qualifiers.product_ids(gene, gene.transcripts[1])[0] == (
        "protein_id",
        "gnl|lab|ABC_000001.t2",
    )
    assert Qualifiers().product_ids(gene, gene.transcripts[0]) == []


@pytest.mark.parametrize(
    "wrong", [{"id_database": "a|b"}, {"organism": " "}, {"organism": 'Homo "s"'}]
)
def test_qualifiers_that_files_cannot_hold(wrong: dict[str, str]) -> None:
    with pytest.raises(InputError, match="give"):
        Qualifiers(**wrong)  # type: ignore[arg-type]
