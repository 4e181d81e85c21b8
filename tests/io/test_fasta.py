import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genefinder.dna import decode, encode
from genefinder.errors import InputError
from genefinder.io.fasta import Contig, Genome, open_genome
from genefinder.io.output import open_output

LETTERS = st.text("ACGTacgtNnRYUu", max_size=40)


@pytest.fixture
def write(tmp_path):
    def write(content, name="genome.fa"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def bgzip(path: Path, text: str) -> Path:
    with open_output(path) as stream:
        stream.write(text)
    return path


def read(genome: Genome) -> list[tuple[str, str]]:
    return [(contig.name, decode(contig.codes)) for contig in genome]


def give_stdin(monkeypatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))


@pytest.mark.parametrize("chunk", [7, 1 << 18])
@pytest.mark.parametrize("soft_masks", [True, False])
def test_headers_say_what_is_circular(write, chunk, soft_masks):
    text = (
        ">a [topology=circular] [completeness=complete]\nACgt\n>b length=4 circular=true\nACGT\n"
        ">c topology=linear\nACGT\n>circular=true\nACGT\n>e\tTopology=Circular\nACGT\n>f\nA\n"
        ">g [topology=circularised]\nAC\n>h noncircular=true\nAC\n"
    )
    genome = Genome(write(text), chunk=chunk, soft_masks=soft_masks)
    assert [contig.name for contig in genome if contig.circular] == ["a", "b", "e"]


def test_bases_around_the_origin():
    circle = Contig("c", encode("ACGTT"), circular=True)
    assert decode(circle.bases(-2, 3)) == "TTACG"
    assert decode(circle.bases(3, 7)) == "TTAC"
    assert decode(circle.codes_to(7)) == "ACGTTAC"
    assert decode(circle.codes_to(4)) == "ACGTT"
    line = Contig("c", encode("ACGTT"))
    assert decode(line.codes_to(7)) == "ACGTT"
    assert decode(line.bases(-2, 3)) == "ACG"
    assert decode(line.bases(3, 7)) == "TT"


@pytest.mark.parametrize("chunk", [7, 1 << 18])
def test_letters_are_kept_where_they_are_asked_for(write, chunk):
    genome = Genome(write(">one x\nACgtRyn\nUuX-\n>two\n>three\nBDHVKMSW\n"), chunk=chunk)
    for _ in range(2):
        assert [(name, bytes(letters)) for name, letters in genome.letters()] == [
            ("one", b"ACGTRYNTTNN"),
            ("two", b""),
            ("three", b"BDHVKMSW"),
        ]
    assert [len(contig) for contig in genome] == [11, 0, 8]
    with pytest.raises(InputError, match=r"line 2.*amino acid"):
        list(Genome(write(">p\nACGE\n")).letters())


def test_letters_of_a_pipe_are_there_once(monkeypatch):
    give_stdin(monkeypatch, b">one\nACGR\n")
    genome = open_genome("-")
    assert [bytes(letters) for _, letters in genome.letters()] == [b"ACGR"]
    with pytest.raises(InputError, match="only once"):
        list(genome.letters())


def test_soft_masks_are_lower_case_letters(write):
    text = ">one\nACgt\nnNuRyA\n>two\nacgt\n>three\n"
    path = write(text)
    contigs = list(Genome(path, soft_masks=True, chunk=7))
    assert [decode(contig.codes) for contig in contigs] == ["ACGTNNTNNA", "ACGT", ""]
    lower = [contig.soft_masked.tolist() for contig in contigs if contig.soft_masked is not None]
    assert lower == [[letter.islower() for letter in "ACgtnNuRyA"], [True] * 4, []]
    contigs[0].codes[0] = 3  # writable
    plain = Genome(path, chunk=7)
    assert read(plain) == [("one", "ACGTNNTNNA"), ("two", "ACGT"), ("three", "")]
    assert all(contig.soft_masked is None for contig in plain)
    with pytest.raises(InputError, match=r"line 2.*amino acid"):
        list(open_genome(write(">one\nACgtp\n"), soft_masks=True))


TEXT = ">one first contig\nACGT\nAC\n>two\nGGG\n"
CONTIGS = [("one", "ACGTAC"), ("two", "GGG")]


def test_plain(write):
    assert read(open_genome(write(TEXT))) == CONTIGS


def test_gzip_under_any_name(write):
    assert read(open_genome(write(gzip.compress(TEXT.encode(), mtime=0), "genome.txt"))) == CONTIGS


def test_gzip_of_several_members(write):
    halves = gzip.compress(TEXT[:20].encode()) + gzip.compress(TEXT[20:].encode())
    assert read(open_genome(write(halves))) == CONTIGS


def test_bgzip(tmp_path):
    assert read(open_genome(bgzip(tmp_path / "genome.fa.gz", TEXT))) == CONTIGS


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_standard_input(monkeypatch, pack):
    give_stdin(monkeypatch, pack(TEXT.encode()))
    genome = open_genome("-")
    assert read(genome) == CONTIGS
    assert genome.contigs == [("one", 6), ("two", 3)]
    assert genome.sha256 == hashlib.sha256(pack(TEXT.encode())).hexdigest()


def test_standard_input_can_be_read_only_once(monkeypatch):
    give_stdin(monkeypatch, TEXT.encode())
    genome = open_genome("-")
    with pytest.raises(InputError, match=r"standard input: .* save it to a file"):
        _ = genome.contigs
    with pytest.raises(InputError, match="no checksum before"):
        _ = genome.sha256
    read(genome)
    with pytest.raises(InputError, match="read only once"):
        read(genome)
    with pytest.raises(InputError, match="only a file"):
        genome.fetch("one")


def test_standard_input_that_cannot_be_read(monkeypatch, tmp_path):
    with (tmp_path / "closed.fa").open("wb") as file:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=file))
        with pytest.raises(InputError, match="standard input: cannot be read"):
            read(open_genome("-"))


def test_named_pipe(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_text, args=(TEXT,))
    writer.start()
    genome = open_genome(path)
    assert read(genome) == CONTIGS
    writer.join()
    assert genome.contigs == [("one", 6), ("two", 3)]
    with pytest.raises(InputError, match="read only once"):
        read(genome)


def test_parts_are_found_after_a_second_reading(write):
    path = write(">a\nACGTACGT\nAC\n>b [topology=circular]\nGGTT\n")
    genome = Genome(path, chunk=3)
    for _ in range(2):
        read = [(contig.name, decode(contig.codes), contig.circular) for contig in genome]
        assert read == [("a", "ACGTACGTAC", False), ("b", "GGTT", True)]
        assert genome.known_bases == 14
        assert genome.contigs == [("a", 10), ("b", 4)]
        assert decode(genome.fetch("a", 5, 9)) == "CGTA"
        assert decode(genome.fetch("b", 1, 4)) == "GTT"


def test_file_can_be_read_again(write):
    genome = open_genome(write(TEXT))
    assert read(genome) == read(genome) == CONTIGS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (">a\r\nAC\r\nGT\r\n>b\r\nTT\r\n", [("a", "ACGT"), ("b", "TT")]),
        (">a\nacgtnryu\n", [("a", "ACGTNNNT")]),
        (">a\nACGURYSWKMBDHVNX-\n", [("a", "ACGTNNNNNNNNNNNNN")]),
        (">a\nA\n\nCGT\nAC\n", [("a", "ACGTAC")]),
        (">a\nACGT ACGT\nAC", [("a", "ACGTACGTAC")]),
        (">a\n>b\nAC\n>c\n", [("a", ""), ("b", "AC"), ("c", "")]),
        (">b\nAC\n>c", [("b", "AC"), ("c", "")]),
        ("\ufeff\n\n>a\nAC\n", [("a", "AC")]),
        (">a\nG\n", [("a", "G")]),
        (">gnl|x;y=1,2\tabout >it\nG\n", [("gnl|x;y=1,2", "G")]),
    ],
    ids=[
        "crlf",
        "lower case, RNA",
        "IUPAC",
        "ragged and blank lines",
        "spaces, no last newline",
        "empty records",
        "header at the very end",
        "byte order mark",
        "one base",
        "odd name",
    ],
)
def test_dialects(write, text, expected):
    genome = open_genome(write(text))
    assert read(genome) == expected
    assert genome.contigs == [(name, len(letters)) for name, letters in expected]


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "bgzip"])
def test_chunks_may_end_anywhere(tmp_path, write, compressed):
    for gap in range(8):
        text = ">one long header\n" + "A" * gap + "\n" + TEXT.replace("one", "three")
        path = bgzip(tmp_path / "x.gz", text) if compressed else write(text)
        assert read(Genome(path, chunk=7)) == [("one", "A" * gap), ("three", "ACGTAC"), CONTIGS[1]]


@given(
    st.lists(st.lists(LETTERS, max_size=6), min_size=1, max_size=5).filter(
        lambda records: any(any(lines) for lines in records)
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([3, 8, 64]),
    st.data(),
)
def test_any_layout_and_any_part(tmp_path_factory, records, end, chunk, data):
    path = tmp_path_factory.mktemp("layout") / data.draw(st.sampled_from(["x.fa", "x.fa.gz"]))
    with open_output(path) as stream:
        for number, lines in enumerate(records):
            stream.write(end.join([f">c{number}", *lines, ""]))
    genome = Genome(path, chunk=chunk)
    expected = [decode(encode("".join(lines))) for lines in records]
    assert [letters for _, letters in read(genome)] == expected
    number = data.draw(st.integers(0, len(records) - 1))
    length = len(expected[number])
    start = data.draw(st.integers(0, length))
    stop = data.draw(st.integers(start, length))
    assert decode(genome.fetch(f"c{number}", start, stop)) == expected[number][start:stop]


@pytest.mark.parametrize("kind", ["plain", "gzip", "bgzip"])
def test_fetch_from_long_contigs(tmp_path, kind):
    codes = np.random.default_rng(1).integers(0, 4, 700_000, dtype=np.uint8)
    letters = decode(codes)
    lines = "".join(letters[at : at + 61] + "\n" for at in range(0, len(letters), 61))
    text = f">short\nACGT\n>long\n{lines}>last\n{lines}"
    path = tmp_path / "genome.fa.gz"
    if kind == "bgzip":
        bgzip(path, text)
    else:
        path.write_bytes(gzip.compress(text.encode(), 1) if kind == "gzip" else text.encode())
    genome = open_genome(path)
    for contig in ("long", "last"):
        for start, end in [(0, 5), (0, None), (262_140, 262_150), (699_990, 700_000), (5, 5)]:
            assert np.array_equal(genome.fetch(contig, start, end), codes[start:end])
    assert decode(genome.fetch("short", 1)) == "CGT"


def test_fetched_and_read_codes_are_writable(write):
    genome = open_genome(write(TEXT))
    genome.fetch("one")[:] = 0
    for contig in genome:
        contig.codes[:] = 0


@pytest.mark.parametrize("interval", [(-1, 2), (4, 2), (0, 7)])
def test_fetch_outside(write, interval):
    with pytest.raises(InputError, match=r"genome\.fa: contig 'one' has 6 bases"):
        open_genome(write(TEXT)).fetch("one", *interval)


def test_fetch_unknown_contig(write):
    with pytest.raises(InputError, match=r"genome\.fa: has no contig 'three'"):
        open_genome(write(TEXT)).fetch("three")


def test_file_that_changes_while_in_use(write):
    path = write(TEXT)
    genome = open_genome(path)
    read(genome)
    write(">one\nTTTTTTTTTT\n")
    with pytest.raises(InputError, match="has changed"):
        genome.fetch("one", 0, 2)


def test_stale_index_is_not_trusted(write):
    path = write(TEXT)
    write("one\t3\t4\t60\t61\ntwo\t9\t2\t60\t61\n", "genome.fa.fai")
    genome = open_genome(path)
    assert genome.contigs == [("one", 6), ("two", 3)]
    assert decode(genome.fetch("two")) == "GGG"


def test_nothing_is_written_beside_the_file(tmp_path, write):
    genome = open_genome(write(TEXT))
    genome.fetch("one")
    assert [path.name for path in tmp_path.iterdir()] == ["genome.fa"]


def test_checksum_with_and_without_reading(tmp_path):
    path = bgzip(tmp_path / "genome.fa.gz", TEXT)
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    assert open_genome(path).sha256 == expected
    genome = open_genome(path)
    read(genome)
    path.unlink()
    assert genome.sha256 == expected


def test_many_contigs(write):
    text = "".join(f">c{number}\n{'ACGTA' * 100}\n" for number in range(20_000))
    genome = open_genome(write(text))
    assert sum(len(contig) for contig in genome) == 10_000_000
    assert len(genome.contigs) == 20_000
    assert decode(genome.fetch("c19999", 498)) == "TA"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"is empty"),
        ("\n\n", r"is empty"),
        ("ACGT\n", r"line 1: the file does not start with a FASTA header"),
        (">a\n>b\n", r"has headers but no sequence"),
        (">a\nAC\n> \nGT\n", r"line 3: the header has no name"),
        (">a\nAC\n> b\nGT\n", r"line 3: the header has no name"),
        (">a\nAC\n>b\nGT\n>a\nA\n", r"line 5: contig name 'a' was used before"),
        ("\n@read1\nACGT\n+\nIIII\n", r"line 2: this is FASTQ"),
        ("##gff-version 3\n", r"line 1: this is GFF"),
        (">a\nAC\nGMKWVTFISLL\n", r"line 3, contig 'a': 'F' is an amino acid"),
        (">a\nAC\n>b x\nACGT\nAC*\n", r"line 5, contig 'b': '\*' is an amino acid"),
        (">a\nAC\n1 GT\n", r"line 3, contig 'a': '1' is no nucleotide"),
        (">a\nAC>b\nGT\n", r"line 2, contig 'a': '>' is no nucleotide"),
        (b"\x00\x01\x02ACGT", r"line 1: binary data"),
        (b">a\nAC\x00\x01\n", r"line 2, contig 'a': binary data"),
        (b">a\n" + b"ACGT\n" * 1000 + b"\xe4\n", r"line 1002, contig 'a': binary data"),
        (b">a\xff\nAC\n", r"line 1: the contig's name is not UTF-8"),
        (b">a\x07\nAC\n", r"line 1: the contig's name holds control characters"),
        (">a\rACGT\r>b\rGGG\r", r"line 1: carriage returns alone end the lines"),
        (b">a" + b" " * 2_000_000, r"line 1: the header line never ends"),
        (b"BZh91AY", r"is compressed with bzip2"),
        (b"\x28\xb5\x2f\xfd\x00", r"is compressed with zstd"),
        (b"\xfd7zXZ\x00", r"is compressed with xz"),
        (b"PK\x03\x04", r"is compressed with zip"),
        (gzip.compress(TEXT.encode(), mtime=0)[:-9], r"the compressed file is cut short"),
        (gzip.compress(TEXT.encode(), mtime=0)[:-8] + bytes(8), r"damaged gzip data"),
        (gzip.compress(TEXT.encode(), mtime=0) + b"garbage", r"damaged gzip data"),
        (gzip.compress(b"", mtime=0), r"is empty"),
    ],
)
def test_bad_content(write, content, message):
    with pytest.raises(InputError, match=rf"genome\.fa: {message}.*[;?]"):
        read(open_genome(write(content)))


@pytest.mark.parametrize("lost", [1, 28, 40])
def test_truncated_bgzip(tmp_path, lost):
    path = bgzip(tmp_path / "genome.fa.gz", TEXT)
    path.write_bytes(path.read_bytes()[:-lost])
    with pytest.raises(InputError, match=r"genome\.fa\.gz: the compressed file is cut short"):
        read(open_genome(path))


def test_error_of_a_later_chunk_names_the_line(write):
    lines = "ACGT\n" * 200_000
    with pytest.raises(InputError, match="line 200003, contig 'b': '!'"):
        read(open_genome(write(f">a\n{lines}>b\n!\n")))


def test_missing_and_folder(tmp_path):
    with pytest.raises(InputError, match=r"absent\.fa: no such file"):
        open_genome(tmp_path / "absent.fa")
    with pytest.raises(InputError, match="is a folder"):
        open_genome(tmp_path)


def test_unreadable(write):
    path = write(TEXT)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(InputError, match=r"genome\.fa: cannot be read: Permission denied"):
        open_genome(path)


@pytest.mark.skipif(shutil.which("bgzip") is None, reason="htslib's bgzip is not installed")
def test_bgzip_of_htslib(write):
    path = write(TEXT)
    subprocess.run(["bgzip", str(path)], check=True)
    genome = open_genome(f"{path}.gz")
    assert read(genome) == CONTIGS
    assert decode(genome.fetch("two", 1)) == "GG"
