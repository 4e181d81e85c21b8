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
