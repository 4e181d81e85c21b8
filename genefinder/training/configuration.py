"""The YAML file of a run: reading it, with mistakes named."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from genefinder.errors import InputError, ModelError
from genefinder.io.regions import parse_region
from genefinder.network.config import NetworkConfig


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


def common_settings(values: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return the settings that every kind of run has, as far as a file names them.

    Parameters
    ----------
    values
        Mapping of the file: ``output``, ``validation``, ``exclude``, ``network``, ``init``,
        ``threads``, ``device``.
    path
        The file; other paths are relative to it.

    Raises
    ------
    InputError
        If a value is not what it should be.
    """
    place, base = str(path), path.parent
    found: dict[str, Any] = {
        name: tuple(parse_region(str(region)) for region in items(values, name, place))
        for name in ("validation", "exclude")
    }
    try:
        found["network"] = NetworkConfig.from_dict(mapping(values, "network", place))
    except ModelError as error:
        raise InputError(f"{place}: {error}") from error
    if values.get("output") is not None:
        found["output"] = base / str(values["output"])
    if (init := values.get("init")) is not None:
        beside = base / str(init)
        found["init"] = str(beside if beside.is_dir() else init)
    if (threads := values.get("threads")) is not None:
        if not isinstance(threads, int) or threads < 1:
            raise InputError(f"{place}: threads must be a whole number of at least 1")
        found["threads"] = threads
    if values.get("device") is not None:
        found["device"] = str(values["device"])
    return found


def read_weight(entry: Mapping[str, Any], place: str) -> float | None:
    """Return a genome's share of the windows, ``None`` where it is to follow from its bases."""
    weight = entry.get("weight")
    if weight is None:
        return None
    if not isinstance(weight, int | float) or not 0 < weight < math.inf:
        raise InputError(f"{place}: weight must be a number above 0, not {weight!r}")
    return float(weight)


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
