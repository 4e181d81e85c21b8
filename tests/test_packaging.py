"""What installs genefinder elsewhere agrees with the package, and its programs take it."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from genefinder import __version__
from genefinder.cli.main import SUMMARIES
from genefinder.cli.manual import manual_page

CONDA_NAMES = {"torch": "pytorch"}
"""Packages that conda-forge calls otherwise than PyPI."""


@pytest.fixture
def project(root: Path) -> dict[str, Any]:
    described: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    return described


@pytest.fixture
def recipe(root: Path) -> dict[str, Any]:
    """The recipe as conda reads it."""
    jinja2 = pytest.importorskip("jinja2")
    template = jinja2.Template(
        (root / "packaging" / "conda" / "meta.yaml").read_text(), undefined=jinja2.StrictUndefined
    )
    text = template.render(PYTHON="python", pin_subpackage=lambda name, max_pin: f"{name} >=0")
    filled: dict[str, Any] = yaml.safe_load(text)
    return filled


def test_the_recipe_requires_what_the_package_does(recipe, project) -> None:
    needed = [f"python {project['requires-python']}"]
    for requirement in project["dependencies"]:
        ((name, bound),) = re.findall(r"^([\w-]+)(\S+)$", requirement)
        needed.append(f"{CONDA_NAMES.get(name, name)} {bound}")
    assert sorted(recipe["requirements"]["run"]) == sorted(needed)
    assert recipe["package"] == {"name": project["name"], "version": __version__}
    assert recipe["about"]["license"] == project["license"]
    (entry,) = recipe["build"]["entry_points"]
    ((name, target),) = project["scripts"].items()
    assert entry == f"{name} = {target}"


def test_the_recipe_has_what_bioconda_asks_for(recipe, root: Path) -> None:
    assert recipe["build"]["number"] == 0
    assert recipe["build"]["run_exports"]
    assert recipe["test"]["commands"]
    assert recipe["about"]["summary"]
    source = root / "packaging" / "conda" / recipe["source"]["path"]
    assert (source / "pyproject.toml").is_file()
    assert (source / recipe["about"]["license_file"]).is_file()


def test_the_image_is_made_of_files_that_exist(root: Path) -> None:
    folder = root / "packaging" / "docker"
    ignored, *kept = [
        line
        for line in (folder / "Dockerfile.dockerignore").read_text().splitlines()
        if not line.startswith("#")
    ]
    assert ignored == "*"
    for line in kept:
        assert (root / line.removeprefix("!")).exists(), line
    dockerfile = (folder / "Dockerfile").read_text()
    assert "USER 1000" in dockerfile
    versions = re.findall(r"FROM python:(\S+)-slim", dockerfile)
    assert set(versions) == {"3.11"}
    needed = {"genefinder", "models", "pyproject.toml", "README.md", "LICENSE", "constraints.txt"}
    assert needed <= {line.removeprefix("!") for line in kept}


def test_the_dockerfile_is_linted(root: Path) -> None:
    if shutil.which("hadolint") is None:
        pytest.skip("needs hadolint")
    dockerfile = root / "packaging" / "docker" / "Dockerfile"
    verdict = subprocess.run(["hadolint", str(dockerfile)], capture_output=True, text=True)
    assert verdict.returncode == 0, verdict.stdout


def test_the_manual_tells_every_command_and_option() -> None:
    page = manual_page()
    for name in SUMMARIES:
        assert f"\n.SS genefinder {name}\n" in page
    for option in ("output", "locus\\-tag\\-prefix", "min\\-posterior", "calibration"):
        assert f"\\-\\-{option}" in page
    assert f'"genefinder {__version__}"' in page.splitlines()[0]


def test_man_takes_the_manual(tmp_path: Path) -> None:
    if shutil.which("groff") is None:
        pytest.skip("needs groff")
    words = [sys.executable, "-m", "genefinder.cli.manual"]
    page = subprocess.run(words, check=True, capture_output=True).stdout
    shown = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww"], input=page, check=True, capture_output=True
    )
    assert shown.stderr == b""
    text = re.sub(r"\x1b\[[0-9;]*m|.\x08", "", shown.stdout.decode())
    assert "genefinder predict [OPTIONS] GENOME" in " ".join(text.split())
