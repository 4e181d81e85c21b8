"""What users bring by mistake, through the command line: a clear message or a result."""

import gzip
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from genefinder.cli.main import genefinder

HEADER = "##gff-version 3\n"


def run(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(genefinder, [*map(str, arguments)], input=stdin)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fails(result: Result, *words: str) -> None:
    """One line on standard error, with these words, and exit code 1."""
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("genefinder: error: ")
    assert result.stderr.count("\n") == 1
    for word in words:
        assert word in result.stderr


GENOMES = {
    "empty": (b"", "is empty"),
    "blank": (b"\n\n", "is empty"),
    "header-only": (b">a\n>b\n", "has headers but no sequence"),
    "FASTQ": (b"@read\nACGT\n+\nIIII\n", "line 1: this is FASTQ"),
    "protein": (b">a\nACGT\n>b\nMEEPQSDPSV\n", "line 4, contig 'b': 'E' is an amino acid"),
    "binary": (bytes(range(256)), "line 1: binary data"),
    "binary sequence": (b">a\nACGT\n\x00\x01\x02\n", "line 3, contig 'a': binary data"),
    "truncated gzip": (gzip.compress(b">a\nACGTTGCA\n")[:-9], "cut short"),
    "damaged gzip": (gzip.compress(b">a\nACGT\n")[:-8] + bytes(8), "damaged gzip data"),
    "duplicate names": (b">a\nACGT\n>b\nACGT\n>a x\nACGT\n", "line 5: contig name 'a' was used"),
    "no name": (b">a\nACGT\n> b\nACGT\n", "line 3: the header has no name"),
    "no header": (b"ACGT\n", "line 1: the file does not start with a FASTA header"),
    "foreign letter": (b">a\nACGT\nAC!T\n", "line 3, contig 'a': '!' is no nucleotide"),
    "GFF": (b"##gff-version 3\n", "line 1: this is GFF"),
    "zip": (b"PK\x03\x04" + bytes(40), "is compressed with zip"),
}


@pytest.mark.parametrize("stdin", [False, True], ids=["file", "stdin"])
@pytest.mark.parametrize(("data", "complaint"), GENOMES.values(), ids=GENOMES)
def test_genomes_that_are_none(planted, tmp_path, data, complaint, stdin):
    path = tmp_path / "genome.fa"
    path.write_bytes(data)
    outputs = "-o", tmp_path / "genes.gff", "--cds", tmp_path / "cds.fa.gz"
    genome = "-" if stdin else path
    result = run("predict", genome, "-m", planted.model, *outputs, stdin=data if stdin else None)
    fails(result, "standard input" if stdin else str(path), complaint)
    assert names(tmp_path) == ["genome.fa"]


def test_a_bad_contig_after_good_ones(planted, tmp_path):
    path = tmp_path / "genome.fa"
    text = planted.genome.read_text()
    path.write_text(text + ">last\nACGT\nAC?T\n")
    (tmp_path / "genes.gff").write_text("older")
    result = run("predict", path, "-m", planted.model, "-o", tmp_path / "genes.gff")
    fails(result, f"{path}: line {text.count(chr(10)) + 3}, contig 'last': '?' is no nucleotide")
    assert (tmp_path / "genes.gff").read_text() == "older"
    assert names(tmp_path) == ["genes.gff", "genome.fa"]
    fails(run("predict", path, "-m", planted.model), "contig 'last'")


def test_missing_genome(planted, tmp_path):
    path = tmp_path / "absent.fa"
    fails(run("predict", path, "-m", planted.model), f"{path}: no such file; check the path")
    fails(run("predict", tmp_path, "-m", planted.model), f"{tmp_path}: is a folder")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_genome(planted, tmp_path):
    path = tmp_path / "genome.fa"
    path.write_text(">a\nACGT\n")
    path.chmod(0)
    fails(run("predict", path, "-m", planted.model), f"{path}: cannot be read: Permission denied")


ODD_CONTIGS = {
    "one base": ("A", None),
    "two bases": ("AT", None),
    "shorter than the stride": ("ACGTACG", None),
    "only N": ("N" * 5000, "only N"),
    "one N": ("N", "only N"),
    "ambiguous": ("RYSWKMBDHV", "only N"),
    "empty": ("", "empty record"),
    "N around": ("N" * 300 + "ACGTTGCA" * 9 + "N" * 300, None),
    "RNA": ("ACGUUGCA" * 9, None),
    "start codon": ("ATG", None),
}


@pytest.mark.parametrize(("letters", "skipped"), ODD_CONTIGS.values(), ids=ODD_CONTIGS)
def test_odd_contigs_harm_nobody(planted, tmp_path, letters, skipped):
    """In the middle of a genome, they leave its other genes as they are."""
    path, summary = tmp_path / "genome.fa", tmp_path / "summary.json"
    text = planted.genome.read_text()
    middle = text.index(">two")
    path.write_text(f"{text[:middle]}>odd\n{letters}\n{text[middle:]}")
    result = run("predict", path, "-m", planted.model, "--summary", summary, "-q")
    assert (result.exit_code, result.stderr) == (0, "")
    contigs = {contig["name"]: contig for contig in json.loads(summary.read_text())["contigs"]}
    assert list(contigs) == ["one", "odd", "two", "none"]
    assert contigs["odd"] == {"name": "odd", "bases": len(letters), "genes": 0, "skipped": skipped}
    assert rows(result.stdout) == rows(run("predict", planted.genome, "-m", planted.model).stdout)


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("letters", ["A", "ACG", "N", "ATGGCC"])
def test_an_odd_contig_alone(planted, tmp_path, letters):
    path = tmp_path / "genome.fa"
    path.write_text(f">a\n{letters}\n")
    result = run("predict", path, "-m", planted.model)
    assert result.exit_code == 0
    assert result.stdout.startswith(
        f"##gff-version 3\n##sequence-region a 1 {len(letters)}\n# tool"
    )
    assert rows(result.stdout) == []


def test_rna_has_the_genes_of_its_dna(planted, tmp_path):
    path = tmp_path / "genome.fa"
    lines = planted.genome.read_text().splitlines()
    path.write_text(
        "".join(f"{line if line[0] == '>' else line.replace('T', 'U')}\n" for line in lines)
    )
    of_rna = run("predict", path, "-m", planted.model, "--cds", tmp_path / "rna.fa")
    of_dna = run("predict", planted.genome, "-m", planted.model, "--cds", tmp_path / "dna.fa")
    assert rows(of_rna.stdout) == rows(of_dna.stdout) != []
    assert (tmp_path / "rna.fa").read_text() == (tmp_path / "dna.fa").read_text()


def test_ragged_lines_and_a_stale_index(planted, tmp_path):
    path = tmp_path / "genome.fa"
    ragged = []
    for line in planted.genome.read_text().splitlines():
        width = 1 if line[0] == ">" else 61
        if line[0] == ">":
            ragged.append(line)
            continue
        while line:
            ragged.append(line[:width])
            line, width = line[width:], width % 97 + 7
    path.write_text("\n\n".join(ragged))
    index = tmp_path / "genome.fa.fai"
    index.write_text("one\t100\t5\t10\t11\nghost\t100\t200\t10\t11\n")
    result = run("predict", path, "-m", planted.model)
    assert result.exit_code == 0
    expected = run("predict", planted.genome, "-m", planted.model).stdout
    assert rows(result.stdout) == rows(expected)
    assert index.read_text().startswith("one\t100")


@pytest.fixture
def frozen(tmp_path) -> Iterator[Path]:
    """A folder that its owner has closed for writing."""
    folder = tmp_path / "frozen"
    folder.mkdir()
    yield folder
    folder.chmod(stat.S_IRWXU)


def test_a_genome_in_a_read_only_folder(planted, frozen):
    path = frozen / "genome.fa.gz"
    path.write_bytes(gzip.compress(planted.genome.read_bytes()))
    frozen.chmod(stat.S_IRUSR | stat.S_IXUSR)
    result = run("predict", path, "-m", planted.model)
    assert result.exit_code == 0
    assert len(rows(result.stdout)) > 10
    assert names(frozen) == ["genome.fa.gz"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_output_into_a_read_only_folder(planted, frozen):
    frozen.chmod(stat.S_IRUSR | stat.S_IXUSR)
    path = frozen / "genes.gff"
    fails(run("predict", planted.genome, "-m", planted.model, "-o", path), str(path), "Permission")


def test_many_small_contigs(planted, tmp_path):
    path, summary = tmp_path / "genome.fa", tmp_path / "summary.json"
    letters = planted.genome.read_text().splitlines()[1]
    contigs = [letters[start : start + 500] for start in range(0, 40_000, 150)]
    path.write_text("".join(f">c{number}\n{contig}\n" for number, contig in enumerate(contigs)))
    result = run("predict", path, "-m", planted.model, "--summary", summary, "--threads", "2")
    assert result.exit_code == 0
    account = json.loads(summary.read_text())
    assert [contig["name"] for contig in account["contigs"]] == [
        f"c{n}" for n in range(len(contigs))
    ]
    assert account["totals"]["genes"] > 20
    assert result.stdout == run("predict", path, "-m", planted.model).stdout
    ids = [row.split("ID=")[1].split(";")[0] for row in rows(result.stdout) if "\tgene\t" in row]
    assert ids == [f"g{number:06d}" for number in range(1, len(ids) + 1)]


def gff(*features: str, contig: str = "one") -> str:
    """Rows of type, start, end, phase and attributes, on the forward strand."""
    lines = [feature.split() for feature in features]
    return HEADER + "".join(
        f"{contig}\tx\t{kind}\t{start}\t{end}\t.\t+\t{phase}\t{attributes}\n"
        for kind, start, end, phase, attributes in lines
    )


GOOD = "gene 4001 4600 . ID=g", "mRNA 4001 4600 . ID=t;Parent=g", "CDS 4001 4600 0 Parent=t"


def train(planted, folder: Path, annotation: str | bytes, *options: str) -> Result:
    path = folder / "genes.gff"
    path.write_bytes(annotation if isinstance(annotation, bytes) else annotation.encode())
    return run("train", planted.genome, path, "-o", folder / "model", "-q", *options)


ANNOTATIONS = {
    "empty": (b"", "is empty"),
    "binary": (bytes(range(256)), "line 1: binary data"),
    "FASTA": (b">a\nACGT\n", "is a FASTA file where an annotation"),
    "truncated gzip": (gzip.compress(gff(*GOOD).encode())[:-12], "cut short"),
    "columns": (b"one\tx\tgene\t1\t2\n", "line 1: 5 tab-separated columns"),
    "words for numbers": (b"one\tx\tCDS\ta\tb\t.\t+\t0\tID=a\n", "line 1: start 'a' and end 'b'"),
    "backward": (b"one\tx\tCDS\t9\t2\t.\t+\t0\tID=a\n", "line 1: start 9 and end 2 are no"),
    "cyclic parents": (
        gff("mRNA 1 9 . ID=a;Parent=b", "mRNA 1 9 . ID=b;Parent=a", "CDS 1 9 0 Parent=a").encode(),
        "none of its 1 coding sequences can be used; the first, line 4 (a): cyclic parents",
    ),
    "own parent": (
        gff("mRNA 1 9 . ID=a;Parent=a", "CDS 1 9 0 Parent=a").encode(),
        "none of its 1 coding sequences can be used; the first, line 3 (a): cyclic parents",
    ),
}


@pytest.mark.parametrize(("data", "complaint"), ANNOTATIONS.values(), ids=ANNOTATIONS)
def test_annotations_that_are_none(planted, tmp_path, data, complaint):
    path, good = tmp_path / "genes.gff", tmp_path / "good.gff"
    good.write_text(gff(*GOOD))
    path.write_bytes(data)
    fails(run("evaluate", good, path), str(path), complaint)
    fails(run("evaluate", path, good), str(path), complaint)
    fails(train(planted, tmp_path, data), str(path), complaint)
    assert names(tmp_path) == ["genes.gff", "good.gff"]


def test_missing_annotation(planted, tmp_path):
    path = tmp_path / "absent.gff"
    fails(run("evaluate", path, path), f"{path}: no such file")
    fails(run("train", planted.genome, path, "-o", tmp_path / "model"), f"{path}: no such file")
    assert names(tmp_path) == []


def test_cycles_beside_good_genes_are_left_out(tmp_path):
    good, path = tmp_path / "good.gff", tmp_path / "cyclic.gff"
    good.write_text(gff(*GOOD))
    path.write_text(
        gff(*GOOD, "mRNA 1 9 . ID=a;Parent=b", "mRNA 1 9 . ID=b;Parent=a", "CDS 1 9 0 Parent=a")
    )
    result = run("evaluate", good, path, "--json")
    assert result.exit_code == 0
    assert f"{path}: line 7: a left out: cyclic parents: a > b > a" in result.stderr
    account = json.loads(result.stdout)
    assert account["left_out"] == {"reference": 0, "predicted": 1}
    assert account["levels"]["gene"]["f1"] == 1


@pytest.mark.parametrize("phase", ["1", "7"])
def test_broken_phases_change_no_score(tmp_path, phase):
    """Scores compare coordinates, so a phase that cannot be is repaired and told."""
    good, path = tmp_path / "good.gff", tmp_path / "phases.gff"
    chain = "gene 1 99 . ID=g", "mRNA 1 99 . ID=t;Parent=g", "CDS 1 31 0 Parent=t"
    good.write_text(gff(*chain, "CDS 71 99 2 Parent=t"))
    path.write_text(gff(*chain, f"CDS 71 99 {phase} Parent=t"))
    result = run("evaluate", good, path, "--json")
    assert json.loads(result.stdout)["levels"]["gene"]["f1"] == 1
    assert f"{path}: line 4: t repaired: phases contradict the segments" in result.stderr


def test_training_on_another_assembly(planted, tmp_path):
    fails(
        train(planted, tmp_path, gff(*GOOD, contig="chr9")),
        f"{tmp_path}/genes.gff: none of its contigs (chr9) is in {planted.genome} (one, two, none)",
    )
    assert names(tmp_path) == ["genes.gff"]


def test_training_beside_bad_genes(planted, tmp_path):
    """Good genes teach, also with phases that cannot be; each bad one is named in the report."""
    lines = []
    for number, (contig, strand, segments) in enumerate(planted.genes[:8]):
        name, start, end = f"t{number}", segments[0][0] + 1, segments[-1][1]
        lines.append(f"{contig}\tx\tmRNA\t{start}\t{end}\t.\t{strand}\t.\tID={name}\n")
        lines += [
            f"{contig}\tx\tCDS\t{low + 1}\t{high}\t.\t{strand}\t0\tParent={name}\n"
            for low, high in segments
        ]
    bad = [
        *gff("mRNA 41001 99999 . ID=far", "CDS 41001 99999 0 Parent=far").splitlines()[1:],
        *gff("mRNA 100 204 . ID=ring;Parent=ring", "CDS 100 204 0 Parent=ring").splitlines()[1:],
        *gff("mRNA 1 9 . ID=lost", "CDS 1 9 0 Parent=lost", contig="chr9").splitlines()[1:],
    ]
    text = HEADER + "".join(lines) + "\n".join(bad) + "\n"
    options = "--init", str(planted.model), "--max-steps", "0", "--validation", "one:22001-42970"
    result = train(planted, tmp_path, text, *options)
    assert (result.exit_code, result.stderr) == (0, "")
    report = (tmp_path / "model" / "annotation_report.txt").read_text()
    assert "used          8 (100.00 %)" in report
    assert "corrected     4" in report
    assert "far one:41001-99999 ends at 99999, beyond the end of one (42970)" in report
    assert "ring one:100-204 cyclic parents: ring > ring" in report
    assert f"lost chr9:1-9 contig chr9 is not in {planted.genome}" in report


def test_training_on_a_contig_that_is_too_short(planted, tmp_path):
    beyond = [row.replace("4600", "99999") for row in GOOD]
    result = train(planted, tmp_path, gff(*beyond))
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert result.stderr.count("\n") == 1
    assert names(tmp_path) == ["genes.gff"]
