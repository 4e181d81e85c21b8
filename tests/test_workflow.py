import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from genefinder.cli.main import genefinder

from .toy_genomes import Planted

pytest.importorskip("snakemake", reason="needs the extra workflow")


@pytest.fixture
def config(root: Path) -> dict[str, Any]:
    """The default configuration, with absolute paths, and few steps instead of a minute."""
    config: dict[str, Any] = yaml.safe_load((root / "config" / "config.yaml").read_text())
    config["threads"] = 1
    model, genome = config["models"]["example"], config["genomes"]["example"]
    for pair in model["annotations"]:
        pair.update({key: str(root / path) for key, path in pair.items()})
    genome["genome"] = str(root / genome["genome"])
    genome["reference"] = str(root / genome["reference"])
    del model["max_minutes"]
    model["max_steps"] = 10
    return config


def snakemake(
    root: Path,
    folder: Path,
    config: dict[str, Any],
    *options: str,
    programs: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the workflow in a folder of its own, with the genefinder of this environment."""
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(root / "Snakefile")]
    command += ["--directory", str(folder), "--configfile", str(path), "--cores", "2", *options]
    places = [str(programs or ""), str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    search = os.pathsep.join(filter(None, places))
    environment = {**os.environ, "PATH": search, "XDG_CACHE_HOME": str(folder / "cache")}
    return subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_lint_is_clean(root: Path, tmp_path: Path, config: dict[str, Any]) -> None:
    result = snakemake(root, tmp_path, config, "--lint")
    assert result.returncode == 0, result.stdout


def test_trains_predicts_and_evaluates(root: Path, tmp_path: Path, config: dict[str, Any]) -> None:
    result = snakemake(root, tmp_path, config)
    logs = "".join(path.read_text() for path in sorted(tmp_path.glob("results/logs/*/*.log")))
    assert result.returncode == 0, result.stdout + logs

    model = tmp_path / "results" / "models" / "example"
    assert {"config.json", "model.safetensors", "MODEL_CARD.md"} <= {
        p.name for p in model.iterdir()
    }

    found = tmp_path / "results" / "example"
    with gzip.open(found / "genes.gff3.gz", "rt") as lines:
        assert next(lines) == "##gff-version 3\n"
        genes = sum("\tgene\t" in line for line in lines)
    proteins = (found / "proteins.fa").read_text().count(">")
    assert genes == proteins == (found / "cds.fa").read_text().count(">")
    assert 30 <= genes <= 200  # the reference has 76
    assert json.loads((found / "summary.json").read_text())

    levels = json.loads((found / "evaluation.json").read_text())["levels"]
    assert levels["base"]["f1"] > 0.75
    assert levels["exon"]["f1"] > 0.35

    again = snakemake(root, tmp_path, config, "--dry-run")
    assert "Nothing to be done" in again.stdout


def test_any_list_of_genomes(root: Path, tmp_path: Path) -> None:
    for name in ("one.fa", "two.fa", "two.gff"):
        (tmp_path / name).touch()
    genomes = {
        "one": {"genome": "one.fa", "model": "plant"},
        "two": {"genome": "two.fa", "model": "mine", "reference": "two.gff", "regions": ["chr1"]},
        "three": {"genome": "one.fa", "model": "other"},
    }
    mine = {"annotations": [{"genome": "two.fa", "genes": "two.gff"}], "init": "plant", "seed": 7}
    raw = {"genomes": ["two.fa", "one.fa"], "skip_soft_masked": True, "max_steps": 3}
    config = {
        "genomes": genomes,
        "models": {"mine": mine, "other": mine | {"init": "raw"}},
        "pretrained": {"raw": raw},
    }
    result = snakemake(root, tmp_path, config, "--dry-run", "--printshellcmds")
    assert result.returncode == 0, result.stdout
    commands = {
        " ".join(line.split()[2:]).split(" 2>")[0]
        for line in result.stdout.splitlines()
        if line.lower().startswith("shell command: genefinder")
    }
    outputs = (
        "--output results/{0}/genes.gff3.gz --proteins results/{0}/proteins.fa "
        "--cds results/{0}/cds.fa --summary results/{0}/summary.json {1}.fa"
    )
    assert commands == {
        "genefinder train --threads 2 --seed 7 --init plant --output results/models/mine "
        "two.fa two.gff",
        "genefinder pretrain --threads 2 --seed 1 --max-steps 3 --skip-soft-masked "
        "--output results/pretrained/raw two.fa one.fa",
        "genefinder train --threads 2 --seed 7 --init results/pretrained/raw "
        "--output results/models/other two.fa two.gff",
        "genefinder predict --threads 2 --model results/models/other "
        + outputs.format("three", "one"),
        "genefinder predict --threads 2 --model plant " + outputs.format("one", "one"),
        "genefinder predict --threads 2 --model results/models/mine "
        + outputs.format("two", "two"),
        "genefinder evaluate --region chr1 --json two.gff results/two/genes.gff3.gz "
        "> results/two/evaluation.json",
    }


def test_a_genome_in_shards_goes_on_after_a_killed_job(
    root: Path, tmp_path: Path, planted: Planted
) -> None:
    """The result has the bytes of one command, though one shard was killed."""
    gap = "N" * 12_000
    one = planted.genome.read_text().split("\n")[1]
    (tmp_path / "genome.fa").write_text(f">big\n{one}{gap}{one}\n>small\n{one[:9000]}\n")
    # A genefinder that is killed the first time that it is given the second shard.
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "genefinder").write_text(
        "#!/bin/sh\n"
        f'echo "$1" >> {tmp_path}/run\n'
        f'case "$*" in *0002.fa) [ -e {tmp_path}/killed ] || '
        f"{{ touch {tmp_path}/killed; kill -9 $$; }};; esac\n"
        f'exec {sys.executable} -m genefinder "$@"\n'
    )
    (programs / "genefinder").chmod(0o755)
    genome = {"genome": "genome.fa", "model": str(planted.model), "shard_bases": 50_000}
    config = {"threads": 1, "genomes": {"cut": genome}}
    failed = snakemake(root, tmp_path, config, "--keep-going", programs=programs)
    assert failed.returncode != 0
    assert (tmp_path / "killed").exists()
    assert not (tmp_path / "results" / "cut" / "genes.gff3.gz").exists()
    (tmp_path / "run").unlink()
    result = snakemake(root, tmp_path, config, "--rerun-incomplete", programs=programs)
    logs = "".join(path.read_text() for path in sorted(tmp_path.glob("results/logs/*/*.log")))
    assert result.returncode == 0, result.stdout + logs
    assert (tmp_path / "run").read_text().split() == ["predict", "merge"]
    whole = tmp_path / "whole"
    whole.mkdir()
    words = ["predict", "-m", planted.model, "-o", whole / "genes.gff3.gz", tmp_path / "genome.fa"]
    words += ["--proteins", whole / "proteins.fa", "--cds", whole / "cds.fa"]
    assert CliRunner().invoke(genefinder, list(map(str, words))).exit_code == 0
    for path in whole.iterdir():
        assert (tmp_path / "results" / "cut" / path.name).read_bytes() == path.read_bytes()
    assert len(list(whole.iterdir())) == 3


@pytest.mark.parametrize("name", ["slurm", "kubernetes"])
def test_profiles_name_options_and_rules_that_exist(root: Path, name: str) -> None:
    from snakemake.cli import get_argument_parser

    path = root / "workflow" / "profiles" / name / "config.yaml"
    profile = yaml.safe_load(path.read_text())
    known = {
        option.removeprefix("--")
        for action in get_argument_parser()._actions
        for option in action.option_strings
    }
    assert {key for key in profile if not key.startswith(f"{name}-")} <= known
    rules = "".join(path.read_text() for path in root.glob("workflow/rules/*.smk"))
    for rule in profile["set-resources"]:
        assert re.search(rf"^(rule|checkpoint) {rule}:$", rules, re.MULTILINE), rule


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"threads": 0}, "minimum"),
        ({"genomes": {}}, "non-empty"),
        ({"genomes": {"logs": {"genome": "a.fa", "model": "plant"}}}, "logs"),
        ({"genomes": {"a/b": {"genome": "a.fa", "model": "plant"}}}, "a/b"),
        ({"genomes": {"a": {"genome": "a.fa", "model": "m", "shard_bases": 0}}}, "minimum"),
        ({"genomes": {"a": {"genome": "a.fa"}}}, "'model' is a required property"),
        ({"models": {"a": {"annotations": []}}}, "non-empty"),
        ({"pretrained": {"a": {"genomes": []}}}, "non-empty"),
        ({"genomes": {"pretrained": {"genome": "a.fa", "model": "plant"}}}, "pretrained"),
        ({"model": {}}, "'model' was unexpected"),
    ],
)
def test_a_wrong_configuration_is_refused(
    root: Path, config: dict[str, Any], change: dict[str, Any], complaint: str
) -> None:
    from snakemake.exceptions import WorkflowError
    from snakemake.utils import validate

    schema = str(root / "workflow" / "schemas" / "config.schema.yaml")
    validate(config, schema)
    with pytest.raises(WorkflowError, match=complaint):
        validate({**config, **change}, schema)
