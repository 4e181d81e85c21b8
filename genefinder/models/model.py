"""Models on disk: a directory of ``config.json``, ``model.safetensors`` and ``MODEL_CARD.md``.

There are two kinds: gene models, and encoders that were pretrained on raw sequence, which find no
genes yet but are what the training of a gene model can start from.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Generic, TypeVar

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from genefinder.errors import ModelError
from genefinder.network.config import NetworkConfig
from genefinder.network.network import GeneNetwork
from genefinder.network.next_base import NextBase

FORMAT = 1
_CONFIG, _WEIGHTS, CARD = "config.json", "model.safetensors", "MODEL_CARD.md"
_KIND, _PRETRAINED = "kind", "next-base"
"""Key of the configuration, and its value for pretrained encoders; gene models have none."""
_UNUSABLE = (
    KeyError,  # a setting that is missing
    ModelError,  # settings that no network has
    OSError,
    TypeError,  # JSON of another structure
    ValueError,  # no JSON
    RuntimeError,  # weights of another network
    SafetensorError,
)


Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True, slots=True)
class _Stored(Generic[Network]):
    """What models of both kinds have."""

    name: str
    network: Network
    sha256: str
    about: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PretrainedModel(_Stored[NextBase]):
    """A network that predicts the next base, with what is known of its making.

    Attributes
    ----------
    name
        Name of the directory it came from.
    network
        The network, in evaluation mode.
    sha256
        Hash of configuration and weights.
    about
        Free values about the training.
    """


@dataclass(frozen=True, slots=True)
class Model(_Stored[GeneNetwork]):
    """A network that finds genes, with what is needed to use it.

    Attributes
    ----------
    name
        Name of the directory it came from.
    network
        The network, in evaluation mode.
    sha256
        Hash of configuration and weights.
    about
        Free values about the training.
    grammar
        Values of the gene grammar, as ``genefinder.grammar`` writes them.
    min_posterior
        Default threshold of predicted genes.
    calibration
        Curves of the posteriors, as ``genefinder.grammar`` writes them; empty where there are
        none.
    profiles
        What the model sees in the genomes that it was trained on, as ``genefinder.selection``
        writes it; empty where that is not known.
    """

    grammar: dict[str, Any]
    min_posterior: float
    calibration: dict[str, Any]
    profiles: list[dict[str, Any]]


def installed_models() -> dict[str, Path]:
    """Return the models inside the package (in a source checkout, those of ``models/``)."""
    package = Path(str(resources.files("genefinder")))
    for folder in (package / "pretrained", package.parent / "models"):
        if folder.is_dir():
            return {
                path.name: path for path in sorted(folder.iterdir()) if (path / _CONFIG).is_file()
            }
    return {}


def find_model(name: str | Path) -> Path:
    """Return the directory of a model given by name or by path.

    Raises
    ------
    ModelError
        If there is no such model.
    """
    installed = installed_models()
    if str(name) in installed:
        return installed[str(name)]
    path = Path(name)
    if (path / _CONFIG).is_file():
        return path
    raise ModelError(
        f"no model {name}: give a model directory (with {_CONFIG}) or one of the installed models: "
        f"{', '.join(installed) or 'none'}"
    )


def save_model(
    folder: Path,
    config: NetworkConfig,
    weights: dict[str, Tensor],
    grammar: dict[str, Any],
    min_posterior: float,
    about: dict[str, Any],
    calibration: dict[str, Any] | None = None,
    profiles: list[dict[str, Any]] | None = None,
) -> None:
    """Write a gene model; each file is replaced in one step.

    Raises
    ------
    ModelError
        If the folder cannot be written.
    """
    values = {
        "format": FORMAT,
        "network": config.to_dict(),
        "grammar": grammar,
        "min_posterior": min_posterior,
        "calibration": calibration or {},
        "portraits": profiles or [],
        "about": about,
    }
    _write(folder, values, weights)


def save_calibration(
    folder: Path,
    min_posterior: float,
    calibration: dict[str, Any],
    profiles: list[dict[str, Any]],
    about: dict[str, Any],
) -> None:
    """Change what a gene model's configuration says of its posteriors, and nothing else.

    Values of ``about`` are added to those that the model has.

    Raises
    ------
    ModelError
        If there is no model in the folder, or it cannot be written.
    """
    values, _ = _read(folder)
    with _usable(folder):
        about = values.pop("about", {}) | about
        values |= {
            "min_posterior": min_posterior,
            "calibration": calibration,
            "portraits": profiles,
            "about": about,
        }
        _write_config(folder, values)


def save_pretrained(
    folder: Path, config: NetworkConfig, weights: dict[str, Tensor], about: dict[str, Any]
) -> None:
    """Write a pretrained encoder with its head; each file is replaced in one step.

    Raises
    ------
    ModelError
        If the folder cannot be written.
    """
    values = {
        "format": FORMAT,
        _KIND: _PRETRAINED,
        "network": config.to_dict(),
        "about": about,
    }
    _write(folder, values, weights)


def load_model(name: str | Path) -> Model:
    """Load a gene model given by name or by path.

    Raises
    ------
    ModelError
        If the model is missing, incomplete, of another format or no gene model.
    """
    folder = find_model(name)
    values, text = _read(folder)
    if values.get(_KIND) == _PRETRAINED:
        raise ModelError(
            f"{folder}: was pretrained on raw sequence only, and finds no genes; train it on an "
            f"annotation with `genefinder train --init {name}`"
        )
    with _usable(folder):
        return Model(
            **_stored(folder, values, text, GeneNetwork),
            grammar=values["grammar"],
            min_posterior=float(values["min_posterior"]),
            calibration=values.get("calibration", {}),
            profiles=values.get("portraits", []),
        )


def load_pretrained(name: str | Path) -> PretrainedModel:
    """Load an encoder that was pretrained on raw sequence, with its head, given by path.

    Raises
    ------
    ModelError
        If it is missing, incomplete, of another format or a gene model.
    """
    folder = find_model(name)
    values, text = _read(folder)
    if values.get(_KIND) != _PRETRAINED:
        raise ModelError(
            f"{folder}: is a gene model, which predicts no bases; give one that was pretrained "
            "with `genefinder pretrain`"
        )
    with _usable(folder):
        return PretrainedModel(**_stored(folder, values, text, NextBase))


def is_pretrained(name: str | Path) -> bool:
    """Tell whether a model, given by name or by path, is one pretrained on raw sequence alone.

    Raises
    ------
    ModelError
        If the model is missing, or its configuration unreadable or of another format.
    """
    return bool(_read(find_model(name))[0].get(_KIND) == _PRETRAINED)


def read_config(folder: Path) -> dict[str, Any]:
    """Return the configuration of a model of any kind as it is stored.

    Raises
    ------
    ModelError
        If it is missing, unreadable or of another format.
    """
    return _read(folder)[0]


def _read(folder: Path) -> tuple[dict[str, Any], bytes]:
    """Return the values of a configuration, and its text."""
    with _usable(folder):
        text = (folder / _CONFIG).read_bytes()
        values: dict[str, Any] = json.loads(text)
        if values["format"] != FORMAT:
            raise ModelError(
                f"model format {values['format']}, but this version reads {FORMAT}; "
                "train it again or install the matching version"
            )
    return values, text


def _stored(
    folder: Path,
    values: dict[str, Any],
    text: bytes,
    build: Callable[[NetworkConfig], nn.Module],
) -> dict[str, Any]:
    """Return what models of both kinds have, of a configuration and the weights beside it."""
    network = build(NetworkConfig.from_dict(values["network"]))
    network.load_state_dict(load_file(folder / _WEIGHTS))
    weights = (folder / _WEIGHTS).read_bytes()
    return {
        "name": folder.resolve().name,
        "network": network.eval(),
        "sha256": hashlib.sha256(text + weights).hexdigest(),
        "about": values.get("about", {}),
    }


@contextmanager
def _usable(folder: Path) -> Iterator[None]:
    """Turn what is wrong with a directory into one error that names it.

    Raises
    ------
    ModelError
        Instead of whatever is raised inside.
    """
    try:
        yield
    except _UNUSABLE as error:
        reason = f"{_CONFIG} has no {error}" if isinstance(error, KeyError) else error
        raise ModelError(f"{folder}: not a usable model directory: {reason}") from error


def _write(folder: Path, values: dict[str, Any], weights: dict[str, Tensor]) -> None:
    """Write configuration and weights."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f".{_WEIGHTS}.partial"
        tensors = {name: value.detach().cpu().contiguous() for name, value in weights.items()}
        partial.write_bytes(save(tensors))
        partial.replace(folder / _WEIGHTS)
        _write_config(folder, values)
    except OSError as error:
        raise ModelError(f"{folder}: cannot write the model: {error}") from error
    finally:
        with suppress(OSError):
            (folder / f".{_WEIGHTS}.partial").unlink()


def _write_config(folder: Path, values: dict[str, Any]) -> None:
    """Replace the configuration in one step."""
    partial = folder / f".{_CONFIG}.partial"
    try:
        partial.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
        partial.replace(folder / _CONFIG)
    finally:
        with suppress(OSError):
            partial.unlink()
