import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from genefinder.cli.evaluate import evaluate
from genefinder.errors import InputError

EXAMPLE = Path(__file__).parents[2] / "data" / "example" / "genes.gff3.gz"

GENE = """\
{contig}\t.\tgene\t{start}\t{end}\t.\t+\t.\tID={id}
{contig}\t.\tmRNA\t{start}\t{end}\t.\t+\t.\tID={id}.t;Parent={id}
{contig}\t.\tCDS\t{start}\t{end}\t.\t+\t0\tID={id}.c;Parent={id}.t
"""


def write(path: Path, *genes: tuple[int, int], contig: str = "c") -> str:
    rows = [
        GENE.format(contig=contig, start=start, end=end, id=f"g{n}")
        for n, (start, end) in enumerate(genes)
    ]
    path.write_text("##gff-version 3\n" + "".join(rows))
    return str(path)


def run(*arguments: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(evaluate, [str(argument) for argument in arguments], input=stdin)


@pytest.fixture
def reference(tmp_path: Path) -> str:
    return write(tmp_path / "reference.gff3", (1, 30), (101, 160))


@pytest.fixture
def predicted(tmp_path: Path) -> str:
    return write(tmp_path / "predicted.gff3", (1, 30), (101, 157), (301, 330))


def test_table_alone_on_stdout(reference: str, predicted: str) -> None:
    result = run(reference, predicted)
    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout == (
        "level       reference  found  predicted  right   Sn %   Pr %   F1 %\n"
        "base               90     87        117     87  96.67  74.36  84.06\n"
        "exon                2      1          3      1  50.00  33.33  40.00\n"
        "transcript          2      1          3      1  50.00  33.33  40.00\n"
        "gene                2      1          3      1  50.00  33.33  40.00\n"
    )


def test_json(reference: str, predicted: str) -> None:
    result = run(reference, predicted, "--json", "--region", "c:1-100", "--region", "c:90-200")
    document = json.loads(result.stdout)
    assert document["schema_version"] == 1
    assert (document["reference"], document["predicted"]) == (reference, predicted)
    assert document["regions"] == ["c:1-100", "c:90-200"]
    assert document["levels"]["gene"]["n_predicted"] == 2


def test_region_coordinates_are_one_based_and_closed(reference: str, predicted: str) -> None:
    def genes(region: str) -> int:
        result = run(reference, predicted, "--json", "--region", region)
        return int(json.loads(result.stdout)["levels"]["gene"]["n_reference"])

    assert genes("c:1-30") == 1
    assert genes("c:1-29") == 0
    assert genes("c:2-30") == 0


def test_prediction_from_stdin(reference: str) -> None:
    result = run(reference, "-", "--json", stdin=Path(reference).read_text())
    assert json.loads(result.stdout)["levels"]["gene"]["f1"] == 1


def test_both_from_stdin_is_wrong_usage() -> None:
    assert run("-", "-").exit_code == 2


def test_prediction_without_genes_scores_zero(reference: str, tmp_path: Path) -> None:
    result = run(reference, write(tmp_path / "none.gff3"), "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["levels"]["gene"]["sensitivity"] == 0


def test_region_on_an_unknown_contig(reference: str, predicted: str) -> None:
    result = run(reference, predicted, "--region", "chr7:1-100")
    assert isinstance(result.exception, InputError)
    assert "chr7:1-100" in str(result.exception)
    assert "has c" in str(result.exception)


def test_malformed_region(reference: str, predicted: str) -> None:
    result = run(reference, predicted, "--region", "c:10")
    assert isinstance(result.exception, InputError)


def test_missing_file_is_named(reference: str, tmp_path: Path) -> None:
    result = run(reference, tmp_path / "absent.gff3")
    assert isinstance(result.exception, InputError)
    assert "absent.gff3" in str(result.exception)


def test_warns_of_contigs_named_otherwise(reference: str, tmp_path: Path) -> None:
    result = run(reference, write(tmp_path / "other.gff3", (1, 30), contig="chr1"))
    assert result.exit_code == 0
    assert "share no contig" in result.stderr
    assert result.stdout.startswith("level")


def test_tells_what_was_left_out(reference: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.gff3"
    write(path, (1, 30))
    with path.open("a") as file:
        for n in range(7):
            file.write(f"c\t.\tmRNA\t201\t260\t.\t+\t.\tID=m{n}\n")
            file.write(f"c\t.\tCDS\t201\t230\t.\t+\t0\tID=x{n};Parent=m{n}\n")
            file.write(f"c\t.\tCDS\t221\t260\t.\t+\t0\tID=x{n};Parent=m{n}\n")
    result = run(reference, path, "--json")
    assert "m0 left out" in result.stderr
    assert "2 more" in result.stderr
    document = json.loads(result.stdout)
    assert document["left_out"] == {"reference": 0, "predicted": 7}
    assert document["levels"]["gene"]["n_predicted"] == 1


def test_example_annotation_equals_itself() -> None:
    result = run(EXAMPLE, EXAMPLE, "--json")
    levels = json.loads(result.stdout)["levels"]
    assert result.stderr == ""
    assert levels["gene"]["n_reference"] == 76
    assert all(level["f1"] == 1 for level in levels.values())


def test_example_contig_carries_its_origin() -> None:
    with gzip.open(EXAMPLE, "rt") as lines:
        rows = [line.split("\t") for line in lines if not line.startswith("#")]
    assert {row[0] for row in rows} == {"NC_003070.9_26003001-26303000"}
    assert all(1 <= int(row[3]) <= int(row[4]) <= 300_000 for row in rows)


def without_cds(path: str) -> str:
    Path(path).write_text(Path(path).read_text().replace("\tCDS\t", "\texon\t"))
    return path


@pytest.mark.parametrize("side", [0, 1])
def test_transcripts_without_coding_sequence_are_refused(
    reference: str, predicted: str, side: int
) -> None:
    files = [reference, predicted]
    result = run(*files[:side], without_cds(files[side]), *files[side + 1 :])
    assert isinstance(result.exception, InputError)
    assert str(result.exception).startswith(
        f"no coding sequence in {files[side]}; {2 + side} transcripts without CDS"
    )


@pytest.mark.parametrize("side", [0, 1])
def test_a_file_without_genes_is_told(reference: str, tmp_path: Path, side: int) -> None:
    files = [reference, reference]
    files[side] = write(tmp_path / "none.gff3")
    result = run(*files)
    assert result.exit_code == 0
    assert result.stderr == f"warning: no coding sequence in {files[side]}\n"
