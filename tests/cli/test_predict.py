import gzip
import hashlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pysam
import pytest
from Bio import SeqIO
from click.testing import CliRunner, Result

from genefinder import __version__
from genefinder.cli.main import INTERRUPTED, READER_GONE, genefinder
from genefinder.models.calibration import Calibration, Curve
from genefinder.models.model import Model

GOLDEN = Path(__file__).parents[1] / "golden" / "predict"


def predict(*arguments: str | Path, stdin: bytes | None = None) -> Result:
    words = ["predict", *map(str, arguments)]
    return CliRunner().invoke(genefinder, words, input=stdin, catch_exceptions=False)


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "genefinder", "predict", *map(str, arguments)]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def genes(text: str) -> list[str]:
    return [line for line in text.splitlines() if "\tgene\t" in line]


def mrna(row: str) -> str:
    return row.split("\tID=")[1].split(";")[0]


def records(text: str) -> dict[str, str]:
    pairs = (record.partition("\n") for record in text.split(">")[1:])
    return {head.split()[0]: "".join(body.split()).upper() for head, _, body in pairs}


def without_hashes(text: str) -> str:
    text = text.replace(f"genefinder {__version__}", "genefinder VERSION")
    return re.sub(r"sha256:[0-9a-f]{64}", "sha256:HASH", text)


@pytest.mark.parametrize(("option", "name"), [("--output", "genes.gff3"), ("--cds", "cds.fa")])
def test_golden_outputs(planted, tmp_path, option, name):
    result = predict(planted.genome, "-m", planted.model, "-q", option, tmp_path / name)
    assert (result.exit_code, result.stderr) == (0, "")
    assert without_hashes((tmp_path / name).read_text()) == (GOLDEN / name).read_text()


def test_golden_proteins(planted, tmp_path):
    path = tmp_path / "proteins.fa"
    result = predict(planted.genome, "-m", planted.model, "-q", "--proteins", path)
    assert path.read_text() == (GOLDEN / "proteins.fa").read_text()
    assert without_hashes(result.stdout) == (GOLDEN / "genes.gff3").read_text()


def test_stdout_holds_only_the_result(planted):
    result = predict(planted.genome, "-m", planted.model)
    assert result.exit_code == 0
    assert result.stdout.startswith("##gff-version 3\n##sequence-region one 1 ")
    assert all(len(line.split("\t")) == 9 for line in genes(result.stdout))
    assert re.fullmatch(
        r"10 genes on 3 contigs \(0\.05 Mb\) in [\d.]+ s, model model\n"
        r"by their posteriors about 10 of them \(\d+%\) are right in every exon\n",
        result.stderr,
    )


def test_warns_where_most_genes_are_expected_to_be_wrong(planted, tmp_path):
    model = Model.load(planted.model)
    lowered = Calibration({"gene": Curve(0.01, 0.01, -2.0)})
    replace(model, calibration=lowered, min_posterior=0.0, sha256="").save(tmp_path / "unsure")
    summary = tmp_path / "summary.json"
    result = predict(planted.genome, "-m", tmp_path / "unsure", "--summary", summary)
    assert result.exit_code == 0
    assert re.search(
        r"\nWARNING: by their posteriors about 1 of them \(13%\) are right in every exon; "
        r"keep the surest \(--min-posterior\)",
        result.stderr,
    )
    totals = json.loads(summary.read_text())["totals"]
    found = [
        float(line.split("posterior=")[1].split(";")[0])
        for line in genes(result.stdout)
        if "\tgene\t" in line
    ]
    assert totals["expected_right"] == pytest.approx(sum(found), abs=0.06)


def test_header_tells_how_it_was_made(planted):
    result = predict(planted.genome, "-m", planted.model, "--min-posterior", "0.25", "-q")
    model_hash = Model.load(planted.model).sha256
    genome_hash = hashlib.sha256(planted.genome.read_bytes()).hexdigest()
    lines = result.stdout.splitlines()
    assert f"# tool: genefinder {__version__}" in lines
    assert f"# model: model sha256:{model_hash}" in lines
    assert f"# genome: genome.fa sha256:{genome_hash}" in lines
    assert (
        "# settings: genetic_code=1 min_intron=40 min_exon=9 min_coding=0 min_posterior=0.25 "
        "min_contig=0" in lines
    )


def test_headers_as_prodigal_writes_them(planted, tmp_path):
    proteins = tmp_path / "proteins.fa"
    options = "-m", planted.model, "--device", "cpu", "-o", tmp_path / "genes.gff"
    result = predict(
        planted.genome, *options, "--proteins", proteins, "--fasta-headers", "prodigal"
    )
    assert result.exit_code == 0
    headers = [line for line in proteins.read_text().splitlines() if line.startswith(">")]
    assert " # ID=1_1;partial=00;start_type=" in headers[0]
    assert len(headers) == len(planted.genes)


@pytest.mark.parametrize("threads", ["1", "2"])
@pytest.mark.parametrize("batch_size", ["1", "8"])
def test_same_bytes_for_any_threads_and_batches(planted, tmp_path, threads, batch_size):
    outputs = ["genes.gff", "proteins.fa", "cds.fa"]

    def run(folder: Path, *options: str) -> list[bytes]:
        folder.mkdir()
        places = [folder / name for name in outputs]
        options = (*options, "--device", "cpu", "-q", "-m", str(planted.model))
        result = predict(
            planted.genome, *options, "-o", places[0], "--proteins", places[1], "--cds", places[2]
        )
        assert result.exit_code == 0
        return [place.read_bytes() for place in places]

    options = "--threads", threads, "--batch-size", batch_size
    first = run(tmp_path / "first", *options)
    assert first == run(tmp_path / "again", *options)
    assert first == run(tmp_path / "plain")


@pytest.mark.parametrize(
    "kind", ["gzip", "bgzip", "stdin", "gzip on stdin", "CRLF", "lower", "all lower"]
)
def test_any_form_of_the_genome(planted, tmp_path, kind):
    data = planted.genome.read_bytes()
    if "gzip" in kind:
        from Bio import bgzf

        path = tmp_path / "genome"
        with bgzf.open(path, "wb") if kind == "bgzip" else gzip.open(path, "wb") as file:
            file.write(data)
        data = path.read_bytes()
    elif kind == "CRLF":
        data = data.replace(b"\n", b"\r\n")
    elif kind == "lower":
        data = data.replace(b"A", b"a").replace(b"G", b"g")
    elif kind == "all lower":
        data = data.lower()
    stdin = kind.endswith("stdin")
    (tmp_path / "genome").write_bytes(data)
    result = predict(
        "-" if stdin else tmp_path / "genome", "-m", planted.model, stdin=data if stdin else None
    )
    expected = (GOLDEN / "genes.gff3").read_text().replace("genome.fa", "-" if stdin else "genome")
    assert without_hashes(result.stdout) == expected


def test_gz_output_is_bgzip(planted, tmp_path):
    path = tmp_path / "genes.gff.gz"
    assert predict(planted.genome, "-m", planted.model, "-o", path).exit_code == 0
    data = path.read_bytes()
    assert without_hashes(gzip.decompress(data).decode()) == (GOLDEN / "genes.gff3").read_text()
    assert data[12:16] == b"BC\x02\x00"
    assert data.endswith(bytes.fromhex("1b0003000000000000000000"))
    assert names(tmp_path) == ["genes.gff.gz"]


def test_an_index_for_tabix(planted, tmp_path):
    path = tmp_path / "genes.gff3.gz"
    result = predict(planted.genome, "-m", planted.model, "-q", "-o", path, "--index")
    assert (result.exit_code, result.output) == (0, "")
    assert names(tmp_path) == ["genes.gff3.gz", "genes.gff3.gz.tbi"]
    with pysam.TabixFile(str(path)) as tabix:
        assert len(genes("\n".join(tabix.fetch("one")))) == 8


def test_an_index_of_no_genes(planted, tmp_path):
    (tmp_path / "genome.fa").write_text(">c\n" + "ACGT" * 500 + "\n")
    path = tmp_path / "genes.gtf.gz"
    result = predict(tmp_path / "genome.fa", "-m", planted.model, "-q", "-o", path, "--index")
    assert (result.exit_code, result.output) == (0, "")
    assert names(tmp_path) == ["genes.gtf.gz", "genes.gtf.gz.tbi", "genome.fa"]


def test_names_for_archives(planted):
    options = "--id-prefix", "x", "--locus-tag-prefix", "ABC", "--id-database", "lab"
    rows = genes(predict(planted.genome, "-m", planted.model, "-q", *options).stdout)
    assert [row.split("\t")[8].split(";")[:2] for row in rows[:2]] == [
        ["ID=x000001", "locus_tag=ABC_000001"],
        ["ID=x000002", "locus_tag=ABC_000002"],
    ]


def test_a_format_that_repeats_the_genome_takes_standard_input(planted, tmp_path):
    options = "-m", planted.model, "-q", "-f", "genbank", "--organism", "Planta clara"
    data = planted.genome.read_bytes()
    result = predict("-", *options, stdin=data)
    assert result.exit_code == 0
    assert result.stdout == predict(planted.genome, *options).stdout
    found = {record.id: record for record in SeqIO.parse(io.StringIO(result.stdout), "genbank")}
    assert {name: str(record.seq) for name, record in found.items()} == records(data.decode())
    translations = [
        feature.qualifiers["translation"][0]
        for record in found.values()
        for feature in record.features
        if feature.type == "CDS"
    ]
    assert translations == list(records((GOLDEN / "proteins.fa").read_text()).values())


def test_what_workflows_collect(planted, tmp_path):
    table, versions = tmp_path / "planted_mqc.json", tmp_path / "versions.yml"
    result = predict(
        planted.genome, "-m", planted.model, "-q", "--multiqc", table, "--versions", versions
    )
    assert result.exit_code == 0
    (row,) = json.loads(table.read_text())["data"].values()
    assert (row["contigs"], row["genes"], row["partial"], row["model"]) == (3, 10, 2, "model")
    assert f'    genefinder: "{__version__}"\n' in versions.read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--index"], "name an output that ends in .gz"),
        (["-f", "genbank", "-o", "x.gbk.gz", "--index"], "tabix indexes gff3 and gtf"),
        (["-o", "x.tbl"], "--locus-tag-prefix"),
        (["--locus-tag-prefix", "A_B"], "3 to 12 letters and digits"),
        (["--id-prefix", "a b"], "letters, digits and the signs"),
        (["--organism", "Homo sapiens"], "write genbank or embl"),
        (["-o", "x.gtf", "--id-database", "lab"], "write gff3, tbl or genbank"),
        (["--id-database", "a|b"], "database of IDs"),
        (["--multiqc", "x.json"], "one that ends in _mqc.json"),
    ],
)
def test_combinations_that_make_no_sense(planted, tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    result = predict(planted.genome, *options)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.replace("│", " ").split())
    assert names(tmp_path) == []


def test_summary(planted, tmp_path):
    path = tmp_path / "summary.json"
    result = predict(
        planted.genome, "-m", planted.model, "--min-contig", "4000", "--summary", path, "-q"
    )
    assert result.exit_code == 0
    account = json.loads(path.read_text())
    assert account["schema_version"] == 1
    assert account["version"] == __version__
    assert account["genome"] == {
        "name": "genome.fa",
        "sha256": hashlib.sha256(planted.genome.read_bytes()).hexdigest(),
    }
    assert account["model"]["name"] == "model"
    assert f"sha256:{account['model']['sha256']}\n" in result.stdout
    assert account["settings"]["min_contig"] == 4000
    assert account["totals"] == {
        "contigs": 3,
        "skipped": 1,
        "bases": 50971,
        "genes": 8,
        "expected_right": 8.0,
        "transposon_like": 0,
        "transposons_dropped": 0,
    }
    assert account["contigs"] == [
        {"name": "one", "bases": 42970, "genes": 8, "skipped": None},
        {"name": "two", "bases": 3001, "genes": 0, "skipped": "shorter than --min-contig 4000"},
        {"name": "none", "bases": 5000, "genes": 0, "skipped": None},
    ]
    assert set(account["stages"]) == {"choice", "input", "network", "decoder", "output"}
    assert account["choice"] is None
    assert 0 < account["stages"]["network"] < 60
    assert 0 < account["seconds"] < 60


def test_skipped_contigs_are_reported(planted, tmp_path):
    path = tmp_path / "genome.fa"
    path.write_text(planted.genome.read_text() + ">x\n>n\nNNNNNNNNNN\n>y\n")
    result = predict(path, "-m", planted.model, "--min-contig", "5", "-o", tmp_path / "genes.gff")
    assert result.stderr.endswith("\ncontigs skipped: empty record: 2; only N: 1\n")
    result = predict(path, "-m", planted.model, "-v", "-o", tmp_path / "genes.gff")
    assert result.stderr.startswith(
        "one: 42,970 bases, 8 genes\ntwo: 3,001 bases, 2 genes\nnone: 5,000 bases, 0 genes\n"
        "x: 0 bases, skipped: empty record\nn: 10 bases, skipped: only N\n"
    )


def test_min_posterior(planted):
    genome, model = planted.genome, planted.model
    assert len(genes(predict(genome, "-m", model, "--min-posterior", "0.9").stdout)) == 10
    config = json.loads((model / "config.json").read_text())
    assert config["min_posterior"] == 0.5
    assert "min_posterior=0.5 " in predict(genome, "-m", model).stdout
    assert predict(genome, "-m", model, "--min-posterior", "1.5").exit_code == 2


def test_no_genes_is_no_error(planted, tmp_path):
    (tmp_path / "genome.fa").write_text(">c\n" + "ACGT" * 500 + "\n")
    outputs = {name: tmp_path / name for name in ("genes.gff", "proteins.fa", "cds.fa")}
    result = predict(
        tmp_path / "genome.fa",
        *("-m", planted.model, "-o", outputs["genes.gff"]),
        *("--proteins", outputs["proteins.fa"], "--cds", outputs["cds.fa"]),
    )
    assert result.exit_code == 0
    lines = outputs["genes.gff"].read_text().splitlines()
    assert lines[:2] == ["##gff-version 3", "##sequence-region c 1 2000"]
    assert all(line.startswith("#") for line in lines)
    assert outputs["proteins.fa"].read_bytes() == outputs["cds.fa"].read_bytes() == b""


@pytest.fixture(scope="module")
def real(example, tmp_path_factory) -> Path:
    """What an installed model finds on half of the example."""
    folder: Path = tmp_path_factory.mktemp("real")
    header, *lines = gzip.decompress((example / "genome.fa.gz").read_bytes()).splitlines()
    record = b"\n".join([header, b"".join(lines)[:150_000], b""])
    (folder / "genome.fa").write_bytes(record)
    result = predict(
        folder / "genome.fa",
        *("-m", "plant", "-q", "--device", "cpu", "-o", folder / "genes.gff"),
        *("--proteins", folder / "proteins.fa", "--cds", folder / "cds.fa"),
    )
    assert result.exit_code == 0
    return folder


def test_same_bytes_from_another_process(real):
    """Whatever the weights of the installed model."""
    path = real / "genes.gff"
    options = "-m", "plant", "--device", "cpu", "--threads", "2", "--batch-size", "1"
    again = subprocess.run(command(real / "genome.fa", *options), capture_output=True, check=True)
    assert again.stdout == path.read_bytes()
    assert 25 < len(genes(path.read_text())) < 75  # the reference has 48


def referee(folder: Path, *words: str) -> str:
    if shutil.which(words[0]) is None:
        pytest.skip(f"needs {words[0]}")
    result = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_validator_is_content(real):
    assert "input is valid GFF3" in referee(real, "gt", "gff3validator", "genes.gff")


def test_gffread_keeps_every_complete_gene(real):
    rows = (real / "genes.gff").read_text().splitlines()
    complete = {mrna(row) for row in rows if "\tmRNA\t" in row and "partial=true" not in row}
    words = ["gffread", "-g", "genome.fa", "-V", "-J", "-o", "kept.gff", "genes.gff"]
    referee(real, *words)
    rows = (real / "kept.gff").read_text().splitlines()
    assert {mrna(row) for row in rows if "\tmRNA\t" in row} >= complete
    assert len(complete) > 20


def test_sequences_are_those_of_gffread(real):
    words = ["gffread", "-g", "genome.fa", "-y", "theirs.aa", "-x", "theirs.nt", "genes.gff"]
    referee(real, *words)
    ours = records((real / "proteins.fa").read_text())
    assert ours == records((real / "theirs.aa").read_text())
    assert records((real / "cds.fa").read_text()) == records((real / "theirs.nt").read_text())
    rows = (real / "genes.gff").read_text().splitlines()
    assert list(ours) == [mrna(row) for row in rows if "\tmRNA\t" in row]
    assert not any("*" in residues for residues in ours.values())


def test_validator_is_content_with_partial_genes(planted, tmp_path):
    assert predict(planted.genome, "-m", planted.model, "-o", tmp_path / "genes.gff").exit_code == 0
    assert "partial=true" in (tmp_path / "genes.gff").read_text()
    assert "valid GFF3" in referee(tmp_path, "gt", "gff3validator", "genes.gff")


@pytest.mark.parametrize(
    "options",
    [
        ("-o", "x.gff", "--cds", "x.gff"),
        ("--proteins", "-"),
        ("-o", "x.gff", "--summary", "./x.gff"),
        ("-o", "genome.fa"),
        ("--threads", "0"),
        ("--batch-size", "0"),
        ("--min-contig", "-1"),
        ("--nonsense",),
        ("another.fa",),
    ],
)
def test_wrong_usage(planted, tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    shutil.copy(planted.genome, "genome.fa")
    result = predict("genome.fa", "-m", planted.model, *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Usage: genefinder predict" in result.stderr
    assert names(tmp_path) == ["genome.fa"]
    assert (tmp_path / "genome.fa").read_bytes() == planted.genome.read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("-m", "oak"), "no model oak: give a model directory .* or one of the installed models"),
        (("--device", "cuda:99"), "device cuda:99 was asked for"),
        (("--device", "gpu"), "unknown device 'gpu'"),
        (("-o", "absent/genes.gff"), "absent/genes.gff: cannot be written: .*make the folder"),
        (("-o", "."), r"\.: is a folder"),
        (("--proteins", "/proc/proteins.fa"), "/proc/proteins.fa: cannot be written"),
    ],
)
def test_what_cannot_be_used(planted, tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    result = predict(
        planted.genome, *(("-m", planted.model) if "-m" not in options else ()), *options
    )
    assert (result.exit_code, result.stdout) == (1, "")
    assert re.fullmatch(f"genefinder: error: {message}.*\n", result.stderr)
    assert names(tmp_path) == []


@pytest.mark.parametrize(("key", "value"), [("min_intron", 1), ("nonsense", 1), ("min_exon", "x")])
def test_a_model_with_a_broken_grammar(planted, tmp_path, key, value):
    shutil.copytree(planted.model, tmp_path / "mine")
    config = json.loads((tmp_path / "mine" / "config.json").read_text())
    config["grammar"][key] = value
    (tmp_path / "mine" / "config.json").write_text(json.dumps(config))
    result = predict(planted.genome, "-m", tmp_path / "mine")
    assert result.exit_code == 1
    assert result.stderr.startswith("genefinder: error: model mine: its config.json has no usable")


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_an_interrupt_leaves_no_output(planted, tmp_path, sent, code):
    outputs = ["-o", tmp_path / "genes.gff.gz", "--proteins", tmp_path / "proteins.fa"]
    # Repeats are looked for in the whole of the genome, which is not there yet.
    words = command("-", "-m", planted.model, "--repeats", "none", *outputs)
    with subprocess.Popen(words, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(planted.genome.read_bytes())
        process.stdin.flush()
        give_up = time.monotonic() + 60
        while len(names(tmp_path)) < 2 and time.monotonic() < give_up:
            time.sleep(0.05)
        assert len(names(tmp_path)) == 2
        process.send_signal(sent)
        process.wait(timeout=60)
        stderr = process.stderr.read().decode() if process.stderr else ""
    assert process.returncode == code
    assert "Traceback" not in stderr
    assert names(tmp_path) == []


def test_a_closed_pipe_is_quiet(planted, tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    words = command(planted.genome, "-m", planted.model, "--cds", tmp_path / "cds.fa")
    with os.fdopen(writing, "wb") as stdout:
        result = subprocess.run(words, stdout=stdout, stderr=subprocess.PIPE, text=True)
    assert (result.returncode, result.stderr) == (READER_GONE, "")
    assert names(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_device(planted, tmp_path):
    words = command(planted.genome, "-m", planted.model, "--cds", tmp_path / "cds.fa")
    with open("/dev/full", "wb") as stdout:
        result = subprocess.run(words, stdout=stdout, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 1
    assert result.stderr.startswith("genefinder: error: standard output: cannot be written: No spa")
    assert names(tmp_path) == []


def test_a_full_disk(planted, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(small)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount a file system")
    try:
        result = predict(planted.genome, "-m", planted.model, "-o", small / "genes.gff")
        assert names(small) == []
    finally:
        subprocess.run(["umount", str(small)], check=True)
    assert result.exit_code == 1
    assert f"{small}/genes.gff: cannot be written: No space left on device" in result.stderr


@pytest.fixture
def masked(planted, tmp_path) -> Path:
    """Copies of the planted genome, the first gene of each in lower case."""
    contigs = records(planted.genome.read_text())
    start, end = planted.genes[0][2][0]
    one = contigs["one"][:start] + contigs["one"][start:end].lower() + contigs["one"][end:]
    path: Path = tmp_path / "masked.fa"
    path.write_text("".join(f">one{copy}\n{one}\n" for copy in range(6)))
    return path


def test_genes_in_repeats(planted, masked, tmp_path):
    result = predict(masked, "-m", planted.model, "--repeats", "auto", "--device", "cpu")
    flagged = [row for row in genes(result.stdout) if "transposon_like=true" in row]
    assert [row.split()[0] for row in flagged] == [f"one{copy}" for copy in range(6)]
    assert "look first at:\n  6 genes (12%) look like transposons" in result.stderr
    summary = tmp_path / "summary.json"
    dropped = predict(
        *(masked, "-m", planted.model, "--repeats", "auto", "--drop-transposons"),
        *("--device", "cpu", "--summary", summary),
    )
    assert [row.split("\t")[:8] for row in genes(dropped.stdout)] == [
        row.split("\t")[:8] for row in genes(result.stdout) if row not in flagged
    ]
    assert "6 genes that look like transposons were left out" in dropped.stderr
    told = json.loads(summary.read_text())
    assert (told["totals"]["transposons_dropped"], told["totals"]["transposon_like"]) == (6, 0)
    assert told["look_first"] == ["6 genes that look like transposons were left out"]


def test_a_penalty_is_told(planted, masked, tmp_path):
    lines = masked.read_text().upper().replace(">ONE", ">one").splitlines()
    genome = tmp_path / "between_genes.fa"
    genome.write_text("\n".join(row[:3000].lower() + row[3000:] for row in lines))
    result = predict(genome, "-m", planted.model, "--repeats", "auto", "--device", "cpu")
    told = "lower case; a penalty of 0.64 nats a base keeps 108 of 108 reliable exons of a sample"
    assert f"repeats by {told}\n" in result.stderr
    assert f"# repeats: {told}\n" in result.stdout
    assert " repeat_penalty=0.64\n" in result.stdout


def test_a_genome_without_repeats_has_the_same_bytes(planted):
    found = {
        predict(planted.genome, "-m", planted.model, "--repeats", marks).stdout
        for marks in ("auto", "case", "words", "none")
    }
    assert len(found) == 1
