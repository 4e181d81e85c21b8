"""The CSV log of a run: one row a report, appended as the run goes."""

import csv
from collections.abc import Sequence
from pathlib import Path

COLUMNS = ("step", "seconds", "cpu_seconds", "bases", "rate", "loss")
"""What every run logs, besides the figures of its validations."""


class Log:
    """Append rows to ``log.csv``.

    Parameters
    ----------
    folder
        Where the file lies.
    figures
        Columns after those that every run has.
    resume_at
        Keep the rows up to this step of an earlier run; ``None`` starts a new file.
    """

    def __init__(self, folder: Path, figures: Sequence[str], resume_at: int | None) -> None:
        """Open the file."""
        self._columns = (*COLUMNS, *figures)
        self._path = folder / "log.csv"
        rows: list[list[str]] = []
        if resume_at is not None and self._path.exists():
            with self._path.open(newline="", encoding="utf-8") as file:
                rows = [row for row in list(csv.reader(file))[1:] if int(row[0]) <= resume_at]
        with self._path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([self._columns, *rows])

    def write(self, **values: float | int) -> None:
        """Append one row; columns without a value stay empty."""
        row = [_format(values.get(name)) for name in self._columns]
        with self._path.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow(row)


def _format(value: float | int | None) -> str:
    """Write a number briefly."""
    if value is None:
        return ""
    return str(value) if isinstance(value, int) else f"{value:.6g}"
