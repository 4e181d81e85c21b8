"""The table: compression, line ends, and rows that stop the reading of a file."""

import gzip
import io
import sys
from pathlib import Path

import pytest

from genefinder.errors import InputError
from genefinder.io.rows import read_rows

ROW = "chr1\tx\tCDS\t11\t20\t.\t+\t0\tParent=t1"


def rows_of(tmp_path: Path, data: bytes) -> list[tuple[int, str, int, int]]:
    path = tmp_path / "genes"
    path.write_bytes(data)
    return [(row.line, row.contig, row.start, row.end) for row in read_rows(str(path))]


@pytest.mark.parametrize(
    "data",
    [
        f"#c\n{ROW}\n\n{ROW}\n",
        f"#c\n{ROW}\n   \n{ROW}",
        f"#c\r\n{ROW}\r\n\r\n{ROW}\r\n",
        f"\ufeff##gff-version 3\n{ROW}\ntrack name=x\n{ROW}\n",
        f"#c\n{ROW}\nbrowser position chr1\n{ROW}\n##FASTA\n>chr1\nACGT\n",
        f"#c\n{ROW}\n##sequence-region chr1 1 5\n{ROW}\n>chr1\nACGT\n",
    ],
)
def test_line_ends_comments_and_sequence_sections(tmp_path: Path, data: str) -> None:
    expected = [(2, "chr1", 10, 20), (4, "chr1", 10, 20)]
    assert rows_of(tmp_path, data.encode()) == expected
    assert rows_of(tmp_path, gzip.compress(data.encode())) == expected


def test_gzip_of_several_members(tmp_path: Path) -> None:
    members = b"".join(gzip.compress(f"{ROW}\n".encode() * 2500) for _ in range(2))
    assert len(rows_of(tmp_path, members)) == 5000


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{ROW}\n".encode())))
    assert [row.line for row in read_rows("-")] == [1]


def test_comments_alone_are_an_annotation_without_genes(tmp_path: Path) -> None:
    assert rows_of(tmp_path, b"##gff-version 3\n") == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "genes: is empty"),
        (b">chr1\nACGT\n", "is a FASTA file where an annotation"),
        (f"{ROW}\nchr1\tx\tCDS\t1\t2\n".encode(), "genes: line 2: 5 tab-separated columns"),
        (b"@read\nACGT\n+\nIIII\n", "genes: line 1: 1 tab-separated column"),
        (b"\x7fELF\x00\x00\x01\n", "genes: line 1: binary data"),
        (ROW.replace("11", "eleven").encode(), "line 1: start 'eleven' and end '20'"),
        (ROW.replace("20", "20.5").encode(), "line 1: start '11' and end '20.5'"),
        (ROW.replace("11", "21").encode(), "line 1: start 21 and end 20 are no interval"),
        (ROW.replace("11", "0").encode(), "line 1: start 0 and end 20 are no interval"),
        (gzip.compress(ROW.encode() * 999)[:-20], "cut short"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        rows_of(tmp_path, data)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none such"):
        list(read_rows(str(tmp_path / "none such")))


def test_names_are_decoded(tmp_path: Path) -> None:
    path = tmp_path / "genes"
    path.write_text("c%2C1\tx\tCDS\t1\t9\t.\t+\t0\t ID=a%3Bb; Parent=p%2Cq,r;note=x%20y\n")
    (row,) = read_rows(str(path))
    assert (row.contig, row.id, row.parents) == ("c,1", "a;b", ("p,q", "r"))
    assert row.attribute("note") == "x y"
    assert row.attribute("not") is None


def test_rows_of_other_kinds_are_passed_over(tmp_path: Path) -> None:
    kinds = ["match", "cDNA_match", "intron", "start_codon", "region", "dispersed_repeat"]
    data = "".join(f"{ROW};ID=x\n".replace("CDS", kind) for kind in kinds)
    assert rows_of(tmp_path, data.encode()) == []


GTF = "c\tx\tCDS\t1\t9\t.\t+\t0\t{}\n"


@pytest.mark.parametrize(
    ("attributes", "gene", "parents", "note"),
    [
        ('gene_id "CYC;1"; transcript_id "CYC;1-201";', "CYC;1", ("CYC;1-201",), None),
        ('transcript_id "a; b"; note "of; transcript_id z"; gene_id "g"', "g", ("a; b",), None),
        (
            'note "a; gene_id x; transcript_id y"; gene_id "g"; transcript_id "t"',
            "g",
            ("t",),
            "a; gene_id x; transcript_id y",
        ),
        ('gene_id g; transcript_id t; note "a \\"b;c\\" d"', "g", ("t",), 'a "b;c" d'),
        ('gene_id "g"; transcript_id "t1"; transcript_id "t2";', "g", ("t1", "t2"), None),
        ('transcript_id "t"\r', "", ("t",), None),
    ],
)
def test_quoted_values_of_gtf_are_whole(
    tmp_path: Path, attributes: str, gene: str, parents: tuple[str, ...], note: str | None
) -> None:
    (tmp_path / "genes").write_text(GTF.format(attributes), newline="")
    (row,) = read_rows(str(tmp_path / "genes"))
    assert (row.gene, row.parents) == (gene, parents)
    if note is not None:
        assert row.attribute("note") == note


@pytest.mark.parametrize(
    ("attributes", "name", "parents", "note"),
    [
        ('ID="c;1";Parent="t";Note="a; Parent=z; b"', "c;1", ("t",), "a; Parent=z; b"),
        ('ID=c;Parent="t1","t2"', "c", ("t1", "t2"), None),
        ("ID=c;Parent=t1;Parent=t2", "c", ("t1", "t2"), None),
        ('Note=5" deep;ID=c;Parent=t;Alias=6" high', "c", ("t",), '5" deep'),
    ],
)
def test_quoted_values_of_gff3_are_whole(
    tmp_path: Path, attributes: str, name: str, parents: tuple[str, ...], note: str | None
) -> None:
    (tmp_path / "genes").write_text(GTF.format(attributes))
    (row,) = read_rows(str(tmp_path / "genes"))
    assert (row.id, row.parents) == (name, parents)
    if note is not None:
        assert row.attribute("Note") == note


def test_types_in_any_case(tmp_path: Path) -> None:
    kinds = ["cds", "CDS", "Exon", "GENE", "Transcript", "MRNA"]
    text = "".join(
        GTF.format('gene_id "g"; transcript_id "t";').replace("CDS", kind) for kind in kinds
    )
    (tmp_path / "genes").write_text(text)
    rows = list(read_rows(str(tmp_path / "genes")))
    assert [(row.type, row.id) for row in rows] == [
        ("CDS", ""),
        ("CDS", ""),
        ("exon", ""),
        ("GENE", "g"),
        ("Transcript", "t"),
        ("MRNA", "t"),
    ]


def test_carriage_returns_alone_are_named(tmp_path: Path) -> None:
    (tmp_path / "genes").write_text(f"{ROW}\r{ROW}\r", newline="")
    with pytest.raises(InputError, match="line 1: carriage returns alone end the lines"):
        list(read_rows(str(tmp_path / "genes")))
