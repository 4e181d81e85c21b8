import re
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

pytest.importorskip("importlinter")

LINT = [
    sys.executable,
    "-c",
    "from importlinter.cli import lint_imports_command; lint_imports_command()",
    "--no-cache",
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(LINT, cwd=folder, capture_output=True, text=True)


def test_imports_point_downward(root: Path) -> None:
    result = lint(root)
    assert result.returncode == 0, result.stdout


def test_an_upward_import_is_noticed(root: Path, tmp_path: Path) -> None:
    for source in (root / "genefinder").rglob("*.py"):
        copy = tmp_path / source.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(source.read_bytes())
    (tmp_path / "pyproject.toml").write_bytes((root / "pyproject.toml").read_bytes())
    with (tmp_path / "genefinder" / "dna.py").open("a") as stream:
        stream.write("\nimport genefinder.evaluation\n")
    result = lint(tmp_path)
    assert result.returncode == 1
    assert "genefinder.dna -> genefinder.evaluation" in result.stdout


def test_the_documentation_names_every_room(root: Path) -> None:
    """Above what they import, as the layers are."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    (contract,) = project["tool"]["importlinter"]["contracts"]
    layers = [set(re.findall(r"\w+", layer)) for layer in contract["layers"]]
    rows = re.findall(r"^\| (`.*?) \|", (root / "docs" / "developing.md").read_text(), re.MULTILINE)
    rooms = [set(re.findall(r"`(\w+)`", row)) for row in rows]
    rooms = [room for room in rooms if room & set.union(*layers)]
    levels = {name: level for level, layer in enumerate(layers) for name in layer}
    assert set.union(*rooms) == set(levels) - {"__main__"}
    assert sum(map(len, rooms)) == len(levels) - 1
    for upper, lower in pairwise(rooms):
        assert max(levels[name] for name in upper) <= min(levels[name] for name in lower)
