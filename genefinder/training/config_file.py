"""The YAML file of a run: reading it, with mistakes named."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from genefinder.errors import InputError


def read_mapping(path: Path, known: Sequence[str]) -> Mapping[str, Any]:
    """Read a YAML file that holds a mapping.

    Parameters
    ----------
    path
        The file.
    known
        Keys that it may have.

    Raises
    ------
    InputError
        If the file cannot be read, or holds something else.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot read it: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(values, dict):
        raise InputError(f"{path}: expected a mapping with genomes, output, recipe, ...")
    reject_unknown(values, known, str(path))
    return values


def items(values: Mapping[str, Any], name: str, place: str) -> Sequence[Any]:
    """Return a list from a mapping."""
    found = values.get(name) or []
    if not isinstance(found, list):
        raise InputError(f"{place}: {name} must be a list")
    return found


def mapping(values: Mapping[str, Any], name: str, place: str) -> Mapping[str, Any]:
    """Return a mapping from a mapping."""
    found = values.get(name) or {}
    if not isinstance(found, dict):
        raise InputError(f"{place}: {name} must be a mapping of settings")
    return found


def reject_unknown(values: Mapping[str, Any], known: Sequence[str], place: str) -> None:
    """Refuse misspelt names, which would otherwise change a run silently."""
    if unknown := sorted(str(name) for name in values if name not in known):
        raise InputError(
            f"{place}: unknown setting {', '.join(unknown)}; known are {', '.join(known)}"
        )
