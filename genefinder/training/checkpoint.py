"""Everything that a run needs to go on as if it had never stopped."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from genefinder.errors import InputError, ModelError

NAME = "checkpoint.pt"


def save_checkpoint(folder: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint, replacing the last one in one step.

    Raises
    ------
    ModelError
        If the folder cannot be written.
    """
    partial = folder / f".{NAME}.partial"
    try:
        torch.save(state, partial)
        partial.replace(folder / NAME)
    except (OSError, RuntimeError) as error:
        partial.unlink(missing_ok=True)
        raise ModelError(f"{folder}: cannot write the checkpoint: {error}") from error


def load_checkpoint(folder: Path, kind: str | None = None) -> dict[str, Any]:
    """Read the checkpoint of a run; only tensors and plain values are accepted.

    Parameters
    ----------
    folder
        Where it lies.
    kind
        Kind of the run that is to go on; ``None`` takes any.

    Raises
    ------
    InputError
        If there is none, it cannot be read or is of another kind of run.
    """
    path = folder / NAME
    if not path.is_file():
        raise InputError(f"{path}: no checkpoint to resume from; start without --resume")
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise InputError(f"{path}: not a readable checkpoint: {error}") from error
    found = state.get("kind", kind)
    if kind is not None and found != kind:
        raise InputError(f"{path}: is of a run that learns {found}, not {kind}; check the folder")
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
