"""README and docs/ name commands, options and files that exist, and leave no option out."""

import gzip
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import click
import pytest

from genefinder.cli.main import SUMMARIES, genefinder
from genefinder.io.bed import read_bed
from genefinder.training.config_file import read_settings
from genefinder.training.recipe import Recipe
from genefinder.training.settings import PretrainSettings, RunSettings, TrainSettings

PAGES = {
    "predict": ("predict.md",),
    "shard": ("shards.md", "predict.md"),
    "merge": ("shards.md", "predict.md"),
    "train": ("train.md",),
    "pretrain": ("pretrain.md", "train.md"),
    "evaluate": ("evaluate.md",),
    "convert": ("convert.md",),
    "calibrate": ("calibrate.md",),
    "learn": ("learn.md",),
    "species list": ("species.md",),
    "species show": ("species.md",),
    "species compare": ("species.md",),
    "models": ("models.md",),
    "inspect motifs": ("inspect.md",),
    "inspect probe": ("inspect.md",),
    "inspect novelty": ("inspect.md",),
    "inspect gates": ("inspect.md",),
    "inspect periodicity": ("inspect.md",),
}
"""The pages that explain each command."""

_PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
_YAML = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
_TESTED = re.compile(r"^<!-- tested -->\n```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_REFEREES = "gt", "gffread", "tabix"
"""Programs of others, which need not be installed."""
_FENCED = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^ {4}.*$", re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")
_COMMAND = re.compile(r"(?:^|[\s/])genefinder ((?:inspect |species )?[a-z]+)\b([^>|]*)")
_OPTION = re.compile(r"(?<![\w-])(--?[a-z][a-z-]*)")
_FILE = re.compile(r"(?:benches|config|data|docs|genefinder|packaging|tests|workflow)/[\w./*-]+")
_MODULE = re.compile(r"python -m (benches\.\w+)")


@pytest.fixture
def small_example(example: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first 60 kb of the example, where the pages' code looks for it."""
    folder = tmp_path / "data" / "example"
    folder.mkdir(parents=True)
    header, *lines = gzip.decompress((example / "genome.fa.gz").read_bytes()).splitlines()
    record = b"\n".join([header, b"".join(lines)[:60_000], b""])
    (folder / "genome.fa.gz").write_bytes(gzip.compress(record))
    shutil.copy(example / "genes.gff3.gz", folder)
    monkeypatch.chdir(tmp_path)


def documents(root: Path) -> dict[str, str]:
    """Every page's text by its name."""
    paths = [root / "README.md", *sorted((root / "docs").glob("*.md"))]
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


def find_command(name: str) -> click.Command | None:
    """The command of one or two words."""
    command: click.Command | None = genefinder
    for word in name.split():
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word)
    return command


def options(command: click.Command) -> set[str]:
    """Every spelling of every option."""
    return {spelling for parameter in command.params for spelling in parameter.opts}


def code(text: str) -> Iterator[str]:
    """Yield the lines of code blocks, continuations joined, and the inline code."""
    for block in _FENCED.findall(text):
        yield from block.replace("\\\n", " ").splitlines()
    rest = _FENCED.sub("", text)
    yield from (line.strip() for line in _INDENTED.findall(rest))
    yield from _SPAN.findall(rest)


@pytest.fixture
def run_shown(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Run the commands of a page that are marked as tested, by the models in a folder alone."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "genefinder").write_text(f'#!/bin/sh\nexec {sys.executable} -m genefinder "$@"\n')
    (programs / "genefinder").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    absent = tuple(f"{program} " for program in _REFEREES if shutil.which(program) is None)

    def run_page(page: str, folder: Path, models: Path) -> None:
        monkeypatch.setenv("GENEFINDER_MODELS", str(models))
        blocks = _TESTED.findall(documents(root)[page])
        assert blocks
        lines = "".join(blocks).splitlines()
        script = "\n".join(line for line in lines if not line.startswith(absent))
        words = ["bash", "-euo", "pipefail", "-c", script]
        run = subprocess.run(words, cwd=folder, capture_output=True, text=True)
        assert run.returncode == 0, f"{page}: {run.stderr}"

    return run_page


def shown_commands(root: Path) -> list[tuple[str, str, str]]:
    """Every command that a page shows: the page, the command's name, the rest of its line."""
    return [
        (page, match[1], match[2])
        for page, text in documents(root).items()
        for line in code(text)
        for match in _COMMAND.finditer(line)
    ]


def test_every_command_has_a_page() -> None:
    assert {name.split()[0] for name in PAGES} == set(SUMMARIES)


def test_commands_name_options_that_exist(root: Path) -> None:
    shown = shown_commands(root)
    assert {name for _, name, _ in shown} >= set(PAGES)
    for page, name, arguments in shown:
        command = find_command(name)
        assert command is not None, f"{page}: genefinder {name}"
        unknown = set(_OPTION.findall(arguments)) - options(command)
        assert not unknown, f"{page}: genefinder {name} has no {unknown}"


@pytest.mark.parametrize("name", PAGES)
def test_every_option_is_explained(root: Path, name: str) -> None:
    command = find_command(name)
    assert command is not None
    texts = documents(root)
    explained = {
        option
        for page in PAGES[name]
        for line in code(texts[page])
        for option in _OPTION.findall(line)
    }
    for parameter in command.params:
        if isinstance(parameter, click.Option) and "--help" not in parameter.opts:
            assert explained & set(parameter.opts), f"genefinder {name} {parameter.opts}"


def test_files_that_are_named_exist(root: Path) -> None:
    named = [
        (page, path)
        for page, text in documents(root).items()
        for line in code(text)
        for path in _FILE.findall(line)
    ]
    assert len(named) > 20
    for page, path in named:
        assert any(root.glob(path.rstrip("/."))), f"{page}: {path}"


def test_benchmarks_that_are_named_exist(root: Path) -> None:
    named = [
        (page, module) for page, text in documents(root).items() for module in _MODULE.findall(text)
    ]
    assert len(named) > 10
    for page, module in named:
        assert (root / module.replace(".", "/")).with_suffix(".py").is_file(), f"{page}: {module}"


@pytest.mark.usefixtures("small_example")
@pytest.mark.parametrize("page", ["README.md", "python-api.md"])
def test_python_examples_run(root: Path, tmp_path: Path, page: str) -> None:
    blocks = _PYTHON.findall(documents(root)[page])
    assert blocks
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, page, "exec"), names)
    assert (tmp_path / "genes.gff3").read_text().startswith("##gff-version 3\n")
    assert (tmp_path / "proteins.fa").stat().st_size


def test_configuration_file_is_read(root: Path, tmp_path: Path) -> None:
    (block,) = _YAML.findall(documents(root)["train.md"])
    path = tmp_path / "train.yaml"
    path.write_text(block)
    (tmp_path / "tested.bed").touch()
    settings = read_settings(TrainSettings, path)
    assert len(settings.genomes) == 2
    assert settings.recipe.seed == 2


def test_recipes_are_read(root: Path) -> None:
    recipes = sorted((root / "workflow" / "recipes").glob("*.yaml"))
    assert recipes
    for path in recipes:
        settings: TrainSettings | PretrainSettings
        if path.name.startswith("pretrain"):
            settings = read_settings(PretrainSettings, path)
        else:
            settings = read_settings(TrainSettings, path)
        assert settings.genomes
        for regions in (settings, *settings.genomes):
            for bed in (regions.validation, regions.exclude):
                if isinstance(bed, Path):
                    assert read_bed(bed)


@pytest.mark.parametrize(
    ("kind", "page"),
    [(TrainSettings, "train.md"), (PretrainSettings, "pretrain.md")],
)
def test_every_key_of_a_configuration_file_is_explained(
    root: Path, kind: type[RunSettings], page: str
) -> None:
    assert set(kind.names()) <= set(code(documents(root)[page]))


def test_every_key_of_a_recipe_is_explained(root: Path) -> None:
    assert {field.name for field in fields(Recipe)} <= set(code(documents(root)["train.md"]))


def test_commands_of_the_tutorial_run(
    run_shown, root: Path, tmp_path: Path, small_example: None
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / "plant").symlink_to(root / "models" / "plant")
    run_shown("tutorial.md", tmp_path, models)
    made = tmp_path / "tutorial"
    assert (made / "first.html").stat().st_size
    assert "product=carbonic anhydrase" in (made / "named.gff3").read_text()
    table = (made / "genome.tbl").read_text()
    assert table.startswith(">Feature ctg1\n")
    assert table.count("\tcarbonic anhydrase\n") == 2  # of the mRNA and of the CDS
    flat = gzip.decompress((made / "genome.embl.gz").read_bytes()).decode()
    assert "ABC_000001" in flat


def test_commands_of_a_submission_run(run_shown, tmp_path: Path, planted) -> None:
    """On a made-up genome, by the programs that are installed here."""
    models = tmp_path / "models"
    models.mkdir()
    (models / "plant").symlink_to(planted.model)
    work = tmp_path / "work"
    work.mkdir()
    (work / "genome.fa").write_text(planted.genome.read_text().replace(">one", ">chr1"))
    run_shown("submission.md", work, models)
    assert (work / "genome.tbl").read_text().startswith(">Feature chr1\n")
    assert "gnl|ABC|ABC_000001.t1" in (work / "genes.ncbi.gff3").read_text()
    flat = gzip.decompress((work / "genome.embl.gz").read_bytes()).decode()
    assert flat.count("\nAC * _") == 3


def test_commands_of_shards_run(run_shown, tmp_path: Path, planted) -> None:
    shutil.copy(planted.genome, tmp_path / "genome.fa")
    run_shown("shards.md", tmp_path, planted.model.parent)
    genes = gzip.decompress((tmp_path / "genes.gff3.gz").read_bytes()).decode()
    assert genes.count("\tgene\t") == (tmp_path / "proteins.fa").read_text().count(">") > 0
