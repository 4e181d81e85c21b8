"""Results that are written run by run, so that an interrupted benchmark goes on where it was."""

import json
import sys
from pathlib import Path
from typing import Any

from benches.measure import commit, machine

Row = dict[str, Any]


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
        self._path.parent.mkdir(parents=True, exist_ok=True)
        document = self._head | {"machine": machine(), "rows": self.rows}
        partial = self._path.with_name(f".{self._path.name}.partial")
        partial.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        partial.replace(self._path)
        print(json.dumps(row), file=sys.stderr, flush=True)
