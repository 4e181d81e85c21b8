"""What a run writes while it goes: its log, and the checkpoint that it can go on from."""

import csv
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from genefinder.errors import InputError, ModelError

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


NAME = "checkpoint.pt"
FORMAT = 2
"""Of what a checkpoint holds; those of genefinder 0.1.0 bear no number."""


def save_checkpoint(folder: Path, kind: str, state: Mapping[str, Any]) -> None:
    """Write a checkpoint, replacing the last one in one step.

    Parameters
    ----------
    folder
        Where to.
    kind
        Kind of the run.
    state
        Tensors and plain values.

    Raises
    ------
    ModelError
        If the folder cannot be written.
    """
    partial = folder / f".{NAME}.partial"
    try:
        torch.save({"format": FORMAT, "kind": kind, **state}, partial)
        partial.replace(folder / NAME)
    except (OSError, RuntimeError) as error:
        raise ModelError(f"{folder}: cannot write the checkpoint: {error}") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def load_checkpoint(folder: Path, kind: str) -> dict[str, Any]:
    """Read the checkpoint of a run; only tensors and plain values are accepted.

    Parameters
    ----------
    folder
        Where it lies.
    kind
        Kind of the run that is to go on.

    Raises
    ------
    InputError
        If there is none, it cannot be read, or is of another version or another kind of run.
    """
    path = folder / NAME
    if not path.is_file():
        raise InputError(f"{path}: no checkpoint to resume from; start without --resume")
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise InputError(f"{path}: not a readable checkpoint: {error}") from error
    if state.get("format") != FORMAT:
        raise InputError(
            f"{path}: was written by another version of genefinder, whose runs cannot go on here; "
            "start without --resume, or go on from its weights with --init"
        )
    if state["kind"] != kind:
        raise InputError(
            f"{path}: is of a run that learns {state['kind']}, not {kind}; check the folder"
        )
    return state


def random_state(device: torch.device) -> list[Tensor]:
    """Return the state of the random numbers that dropout draws, on the CPU and on a GPU."""
    states = [torch.get_rng_state()]
    if device.type == "cuda":
        states.append(torch.cuda.get_rng_state(device))
    return states


def restore_random(states: list[Tensor], device: torch.device) -> None:
    """Go on from a state returned by :func:`random_state`."""
    torch.set_rng_state(states[0])
    if device.type == "cuda" and len(states) > 1:
        torch.cuda.set_rng_state(states[1], device)
