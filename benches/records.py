"""Results on disk: with the commit and the machine that made them, complete or absent.

:class:`Records` are written run by run, so that an interrupted benchmark goes on where it was.
"""

import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"
"""Annotated genomes, a folder each, beside the checkout."""
RESULTS = ROOT / "benches" / "results"

Row = dict[str, Any]
_NUMBERS = re.compile(r"\[\s+(-?[\d.e+-]+(?:,\s+-?[\d.e+-]+)*)\s+\]")


class Records:
    """Rows of a JSON file, each with values that name it.

    Parameters
    ----------
    path
        The file; its rows are kept if they were measured with the same settings.
    benchmark
        Name of the benchmark.
    settings
        What all rows have in common.
    keys
        Columns that name a row.
    """

    def __init__(self, path: Path, benchmark: str, settings: Row, keys: tuple[str, ...]) -> None:
        """Read what is there."""
        self._path = path
        self._keys = keys
        self._head = {"schema_version": 1, "benchmark": benchmark, "settings": settings}
        self.rows: list[Row] = []
        if path.exists():
            old = json.loads(path.read_text(encoding="utf-8"))
            if {name: old.get(name) for name in self._head} != self._head:
                sys.exit(f"{path} holds results of other settings; move it away or name another")
            self.rows = old["rows"]

    def has(self, **names: object) -> bool:
        """Tell whether a row is there."""
        wanted = [names[key] for key in self._keys]
        return any([row[key] for key in self._keys] == wanted for row in self.rows)

    def add(self, **row: object) -> None:
        """Add a row and write the file."""
        self.rows.append(row | {"commit": commit()})
        write_json(self._path, self._head | {"machine": machine(), "rows": self.rows})
        print(json.dumps(row), file=sys.stderr, flush=True)


def _in_a_row(numbers: re.Match[str]) -> str:
    """Write a list of numbers on one line."""
    return f"[{', '.join(numbers[1].replace(',', ' ').split())}]"


def write_json(path: Path, document: Row) -> None:
    """Write a document in one step, into a folder that need not exist."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(
        _NUMBERS.sub(_in_a_row, json.dumps(document, indent=2)) + "\n", encoding="utf-8"
    )
    partial.replace(path)


def short(path: Path) -> str:
    """Name a file without the folders of this machine."""
    return str(Path(*path.resolve().parts[-2:]))


def machine() -> dict[str, str | int]:
    """Describe the machine and the interpreter, without names that would tell whose it is."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    return {
        "cpu": model,
        "cores": os.cpu_count() or 0,
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def commit() -> str:
    """Return the checkout's commit, with ``+changes`` where files differ from it."""
    described = subprocess.run(
        ["git", "describe", "--always", "--abbrev=12", "--dirty=+changes", "--exclude=*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or "unknown"
