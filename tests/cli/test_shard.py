import gzip
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from genefinder.cli.main import genefinder
from genefinder.models.model import Model

GAP = "N" * 12_000


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(genefinder, list(map(str, arguments)))


def done(*arguments: str | Path) -> Result:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def genome(planted, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The planted genome, whose first contig is there three times, between gaps, in part in lower
    case; an empty record, one of N, a name that GFF3 escapes, and a circle."""
    letters = {
        record.split()[0]: record.split("\n")[1]
        for record in planted.genome.read_text().split(">")[1:]
    }
    one = letters["one"]
    big = GAP.join([one, one[:30_000] + one[30_000:].lower(), one[500:]])
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    records = {"two": letters["two"], "big": big, "none": letters["none"], "empty": ""}
    records |= {"gap": "N" * 100, "one%2": one}
    records["circle [topology=circular]"] = one[4200:] + GAP + one[:4200]
    path.write_text("".join(f">{name}\n{text}\n" for name, text in records.items()))
    return path


@pytest.fixture(scope="module")
def shards(genome: Path, planted, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shards") / "shards"
    done("shard", genome, "-o", folder, "--bases", "50000", "-m", planted.model, "-q")
    return folder


def predict_shard(folder: Path, fasta: Path, output: Path, *options: str | Path) -> Path:
    genes = output / f"{fasta.stem}.gff3"
    choice = folder / "choice.json"
    done("predict", fasta, "--choice", choice, "-o", genes, "-q", "--id-prefix", "x", *options)
    return genes


@pytest.fixture(scope="module")
def found(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Sequence[Path]:
    """The genes of every shard."""
    output = tmp_path_factory.mktemp("found")
    return [predict_shard(shards, fasta, output) for fasta in sorted(shards.glob("*.fa"))]


def outputs(folder: Path) -> list[str | Path]:
    options: list[str | Path] = []
    for option, name in (
        ("--output", "genes.gff3"),
        ("--proteins", "proteins.fa"),
        ("--cds", "cds.fa"),
        ("--summary", "summary.json"),
        ("--multiqc", "genes_mqc.json"),
        ("--versions", "versions.yml"),
    ):
        options += [option, folder / name]
    return options


def test_merged_shards_have_the_bytes_of_one_run(
    planted, genome: Path, shards: Path, found: Sequence[Path], tmp_path: Path
) -> None:
    assert len(found) == 5
    whole, merged = tmp_path / "whole", tmp_path / "merged"
    whole.mkdir()
    merged.mkdir()
    done("predict", genome, "-m", planted.model, "-q", *outputs(whole))
    # In any order, and one of them made again.
    again = predict_shard(shards, shards / "0002.fa", tmp_path, "--threads", "2")
    given = [*reversed(found[2:]), again, found[0]]
    told = done("merge", shards, *given, *outputs(merged))
    assert "of 5 shards" in told.stderr
    text = (whole / "genes.gff3").read_text()
    assert text.count("\tgene\t") > 30
    assert "partial=true" in text
    assert "Is_circular=true" in text
    (length,) = (
        int(line.split()[3])
        for line in text.splitlines()
        if line.startswith("##") and "circle" in line
    )
    rows = [line.split("\t") for line in text.splitlines() if line.startswith("circle\t")]
    assert any(int(row[4]) > length for row in rows)
    for name in ("genes.gff3", "proteins.fa", "cds.fa", "genes_mqc.json", "versions.yml"):
        assert (merged / name).read_bytes() == (whole / name).read_bytes()
    one, other = (json.loads((folder / "summary.json").read_text()) for folder in (whole, merged))
    for summary in (one, other):
        del summary["seconds"], summary["stages"]
    assert other == one


def test_other_formats_and_names(
    planted, genome: Path, shards: Path, found: Sequence[Path], tmp_path: Path
) -> None:
    options = ["--locus-tag-prefix", "ABC", "--id-prefix", "gene", "--id-database", "LAB", "-q"]
    done("predict", genome, "-m", planted.model, "-o", tmp_path / "whole.gff3.gz", *options)
    done("merge", shards, *found, "-o", tmp_path / "merged.gff3.gz", "--index", *options)
    read = [
        gzip.decompress((tmp_path / f"{name}.gff3.gz").read_bytes()) for name in ("whole", "merged")
    ]
    assert read[0] == read[1]
    assert (tmp_path / "merged.gff3.gz.tbi").is_file()
    result = run("merge", shards, *found, "-f", "genbank")
    assert (result.exit_code, "genefinder convert" in result.output) == (2, True)


def test_a_network_sees_the_same_windows(example: Path, root: Path, tmp_path: Path) -> None:
    """On real sequence, by a network whose every base depends on its window."""
    _, *lines = gzip.decompress((example / "genome.fa.gz").read_bytes()).decode().splitlines()
    letters = "".join(lines)
    text = GAP.join([letters[:40_000], letters[40_000:70_000], letters[70_000:100_000]])
    (tmp_path / "genome.fa").write_text(f">chr1\n{text}\n")
    folder = tmp_path / "shards"
    model = root / "models" / "plant"
    done("predict", tmp_path / "genome.fa", "-m", model, "-q", "-o", tmp_path / "whole.gff3")
    done("shard", tmp_path / "genome.fa", "-o", folder, "--bases", "42000", "-m", model, "-q")
    found = [predict_shard(folder, fasta, tmp_path) for fasta in sorted(folder.glob("*.fa"))]
    assert len(found) == 3
    done("merge", folder, *found, "-q", "-o", tmp_path / "merged.gff3")
    whole = (tmp_path / "whole.gff3").read_text()
    assert whole.count("\tgene\t") > 10
    assert (tmp_path / "merged.gff3").read_text() == whole


def test_the_choice_names_its_model(planted, shards: Path, found: Sequence[Path], tmp_path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(planted.model, tmp_path / "model")
    shutil.copytree(shards, copy)
    content = json.loads((copy / "choice.json").read_text())
    content["model"]["place"] = "/nowhere"
    (copy / "choice.json").write_text(json.dumps(content))
    assert run("merge", copy, *found).exit_code == 1
    done("merge", copy, *found, "-m", tmp_path / "model", "-q", "-o", tmp_path / "genes.gff3")
    other = Model.load(planted.model)
    values = json.loads((tmp_path / "model" / "config.json").read_text())
    values["min_posterior"] = other.min_posterior / 2
    (tmp_path / "model" / "config.json").write_text(json.dumps(values))
    result = run("merge", copy, *found, "-m", tmp_path / "model")
    assert "was made with another model" in result.output


def test_what_does_not_belong_together(
    planted, genome: Path, shards: Path, found: Sequence[Path], tmp_path: Path
) -> None:
    def complaint(*given: Path, folder: Path = shards) -> str:
        result = run("merge", folder, *given, "-o", tmp_path / "genes.gff3")
        assert result.exit_code == 1, result.output
        assert not (tmp_path / "genes.gff3").exists()
        return result.output

    assert "no file has the genes of 0002.fa" in complaint(found[0], *found[2:])
    assert "both hold the genes of 0001.fa" in complaint(found[0], *found)
    assert "give the folder that genefinder shard wrote" in complaint(*found, folder=tmp_path)
    done("predict", genome, "-m", planted.model, "-q", "-o", tmp_path / "other.gff3")
    assert "holds the genes of none of the shards" in complaint(tmp_path / "other.gff3", *found[1:])
    assert "is no GFF3 of genefinder predict" in complaint(planted.annotation, *found[1:])
    strict = predict_shard(shards, shards / "0001.fa", tmp_path, "--min-posterior", "0.9")
    assert "min_posterior=0.9" in complaint(*found[1:], strict)
    text = found[0].read_text()
    (tmp_path / "version.gff3").write_text(
        text.replace("# tool: genefinder ", "# tool: genefinder 0")
    )
    assert "use one version for all" in complaint(tmp_path / "version.gff3", *found[1:])
    model = text.replace("# model: model sha256:", "# model: other sha256:")
    (tmp_path / "model.gff3").write_text(model)
    assert "was not predicted as the others" in complaint(tmp_path / "model.gff3", *found[1:])
    (tmp_path / "row.gff3").write_text(text.replace("\tgene\t", "\tgene\tx", 1))
    assert "is no row of genefinder predict" in complaint(tmp_path / "row.gff3", *found[1:])
    changed = tmp_path / "changed"
    shutil.copytree(shards, changed)
    (changed / "0001.fa").write_text((shards / "0001.fa").read_text().replace("A", "C", 1))
    assert "has changed since it was cut" in complaint(*found, folder=changed)


def test_parts_are_longer_than_a_limit(shards: Path, tmp_path: Path) -> None:
    least = ["--min-contig", "150000"]
    found = [predict_shard(shards, fasta, tmp_path, *least) for fasta in shards.glob("*.fa")]
    result = run("merge", shards, *found)
    assert (result.exit_code, "cut the genome into larger shards" in result.output) == (1, True)


def test_wrong_usage(planted, genome: Path, shards: Path, found: Sequence[Path]) -> None:
    choice = shards / "choice.json"
    result = run("predict", genome, "--choice", choice, "--species", "self")
    assert (result.exit_code, "--choice brings species" in result.output) == (2, True)
    result = run("predict", genome, "--choice", planted.genome)
    assert (result.exit_code, "holds no choice of a model" in result.output) == (1, True)
    result = run("merge", shards, *found, "-o", found[0])
    assert (result.exit_code, "is an input or another output" in result.output) == (2, True)
    result = run("merge", shards, *found, "--multiqc", "genes.json")
    assert (result.exit_code, "one that ends in _mqc.json" in result.output) == (2, True)
    result = run("shard", genome, "-o", shards)
    assert (result.exit_code, "is not empty" in result.output) == (1, True)
