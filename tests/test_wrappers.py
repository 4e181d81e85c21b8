"""Wrappers for workflow managers name what the command has, and work as far as one can see here."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from genefinder import __version__
from genefinder.cli.predict import predict
from genefinder.models.model import installed_models

NEXTFLOW = "nextflow/genefinder/predict"
SNAKEMAKE = "snakemake/genefinder/predict"
WRAPPERS = {
    "Nextflow": (f"{NEXTFLOW}/main.nf",),
    "Snakemake": (f"{SNAKEMAKE}/wrapper.py", f"{SNAKEMAKE}/test/Snakefile"),
    "Galaxy": ("galaxy/genefinder.xml", "galaxy/macros.xml"),
}
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
_OF_THE_GROUP = "--version"


@pytest.fixture
def packaging(root: Path) -> Path:
    return root / "packaging"


@pytest.fixture
def genome(packaging: Path) -> Path:
    """20 kb of the example."""
    return packaging / "galaxy" / "test-data" / "genome.fa"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Variables with which the genefinder under test is found."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "genefinder").write_text(f'#!/bin/sh\nexec {sys.executable} -m genefinder "$@"\n')
    (programs / "genefinder").chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "XDG_CACHE_HOME": str(tmp_path / "cache")}


def choices(option: str) -> set[str]:
    """The values that an option of the command takes."""
    (parameter,) = (part for part in predict.params if option in part.opts)
    assert isinstance(parameter.type, click.Choice)
    return set(parameter.type.choices)


@pytest.mark.parametrize("name", WRAPPERS)
def test_options_exist(packaging: Path, name: str) -> None:
    text = "".join((packaging / file).read_text() for file in WRAPPERS[name])
    named = set(_OPTION.findall(text)) - {_OF_THE_GROUP}
    assert len(named) > 8
    assert named <= {spelling for parameter in predict.params for spelling in parameter.opts}


def test_wrappers_ask_for_this_version(packaging: Path) -> None:
    named = {
        f"{NEXTFLOW}/environment.yml": rf"genefinder={__version__}\b",
        f"{NEXTFLOW}/main.nf": rf"(?:/genefinder:{__version__}--.*\n.*){{2}}",
        f"{SNAKEMAKE}/environment.yaml": rf"genefinder ={__version__}\b",
        "galaxy/macros.xml": rf'"@TOOL_VERSION@">{__version__}<',
    }
    for file, version in named.items():
        assert re.search(version, (packaging / file).read_text()), file


def script_of(module: str, block: str, fasta: Path) -> str:
    """A block of a module as Nextflow fills it in, for a sample called yeast."""
    text = module.split(f"    {block}:\n")[1].split('"""')[1]
    values = {"args": "--model plant", "own_model": "", "prefix": "yeast", "task.cpus": "1"}
    for name, value in {**values, "fasta": str(fasta)}.items():
        text = re.sub(rf"\$(?:{re.escape(name)}\b|\{{{re.escape(name)}\}})", value, text)
    assert "$" not in text.replace("\\$", "")
    return text.replace("\\\\", "\\").replace("\\$", "$")


@pytest.mark.parametrize("block", ["script", "stub"])
def test_the_nextflow_module_makes_what_it_emits(
    packaging: Path, genome: Path, tmp_path: Path, environment: dict[str, str], block: str
) -> None:
    module = (packaging / NEXTFLOW / "main.nf").read_text()
    work = tmp_path / "work"
    work.mkdir()
    words = ["bash", "-euo", "pipefail", "-c", script_of(module, block, genome)]
    run = subprocess.run(words, cwd=work, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    emitted = re.findall(r'path\("\$\{prefix\}(\S+)"\)\s*, emit: (\w+)', module)
    for pattern, name in emitted:
        suffixes = [pattern.replace("{tbi,csi}", kind) for kind in ("tbi", "csi")]
        assert any((work / f"yeast{suffix}").is_file() for suffix in suffixes), name
    with gzip.open(work / "yeast.gff3.gz", "rt") as lines:
        assert next(lines) == ("##gff-version 3\n" if block == "script" else "\n")


def test_the_version_of_the_nextflow_module(packaging: Path, environment: dict[str, str]) -> None:
    module = (packaging / NEXTFLOW / "main.nf").read_text()
    (command,) = re.findall(r'eval\("(.+?)"\), topic: versions', module)
    run = subprocess.run(command, shell=True, env=environment, capture_output=True, text=True)
    assert run.stdout == f"{__version__}\n"


def test_the_nextflow_module_is_described(packaging: Path) -> None:
    module = (packaging / NEXTFLOW / "main.nf").read_text()
    meta: dict[str, Any] = yaml.safe_load((packaging / NEXTFLOW / "meta.yml").read_text())
    emitted = re.findall(r"emit: (\w+)", module)
    assert list(meta["output"]) == emitted
    for name, pattern in re.findall(r'path\("(.+?)"\)\s*, emit: (\w+)', module):
        assert name in meta["output"][pattern][0][1]
    inputs = module.split("    input:\n")[1].split("    output:\n")[0]
    assert re.findall(r"(?:val|path)[( ](\w+)", inputs) == ["meta", "fasta", "model"]
    (sample, model) = meta["input"]
    assert [name for element in sample for name in element] == ["meta", "fasta"]
    assert list(model) == ["model"]


def test_the_snakemake_wrapper_runs(
    packaging: Path, genome: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    pytest.importorskip("snakemake", reason="needs the extra workflow")
    shutil.copytree(packaging / "snakemake", tmp_path / "wrappers" / "master" / "bio")
    work = tmp_path / "work"
    work.mkdir()
    (work / "yeast.fa.gz").write_bytes(gzip.compress(genome.read_bytes()))
    targets = ["yeast.gff3.gz", "yeast.genes.gtf"]
    words = [sys.executable, "-m", "snakemake", *targets, "--cores", "1", "--directory", str(work)]
    words += ["--snakefile", str(packaging / SNAKEMAKE / "test" / "Snakefile")]
    words += ["--wrapper-prefix", f"file://{tmp_path}/wrappers/"]
    run = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    made = {path.name for path in work.iterdir()}
    suffixes = ("gff3.gz", "gff3.gz.tbi", "faa", "fna", "json", "html", "genes.gtf")
    assert made >= {f"yeast.{suffix}" for suffix in suffixes}
    assert json.loads((work / "yeast_mqc.json").read_text())["id"] == "genefinder"
    assert (work / "yeast_versions.yml").read_text().startswith("genefinder:\n")
    assert "model plant" in (work / "logs" / "yeast.log").read_text()
    assert (work / "yeast.genes.gtf").read_text().count("\tstart_codon\t")


def test_the_snakemake_wrapper_is_described(packaging: Path) -> None:
    meta: dict[str, Any] = yaml.safe_load((packaging / SNAKEMAKE / "meta.yaml").read_text())
    source = (packaging / SNAKEMAKE / "wrapper.py").read_text()
    for kind in ("input", "output", "params"):
        described = {name for element in meta[kind] for name in element}
        assert described == set(re.findall(rf'job\.{kind}\.get\("(\w+)"', source))


def test_the_galaxy_tool_offers_what_there_is(packaging: Path) -> None:
    tool = ElementTree.parse(packaging / "galaxy" / "genefinder.xml")
    macros = ElementTree.parse(packaging / "galaxy" / "macros.xml")

    def offered(element: ElementTree.Element | None) -> set[str | None]:
        assert element is not None
        return {option.get("value") for option in element.iter("option")}

    for option in ("--format", "--repeats"):
        assert offered(tool.find(f".//param[@argument='{option}']")) == choices(option)
    models = offered(macros.find("xml[@name='models']"))
    assert models == {"auto", *installed_models()}


@pytest.mark.parametrize("task", ["lint", "test"])
def test_the_galaxy_tool_is_valid_and_works(
    packaging: Path, environment: dict[str, str], task: str
) -> None:
    if find_spec("galaxy") is None:
        pytest.skip("needs galaxy-tool-util and edam-ontology")
    pytest.importorskip("pyBigWig")
    script = Path(__file__).with_name("galaxy_tool.py")
    words = [sys.executable, str(script), task, str(packaging / "galaxy" / "genefinder.xml")]
    run = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert task == "lint" or run.stdout == "3\n"
