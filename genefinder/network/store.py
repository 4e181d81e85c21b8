"""Models on disk: a directory of ``config.json``, ``model.safetensors`` and ``MODEL_CARD.md``.

There are two kinds: gene models, and encoders that were pretrained on raw sequence, which find no
genes yet but are what the training of a gene model can start from.
"""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from genefinder.errors import ModelError
from genefinder.network.config import NetworkConfig
from genefinder.network.model import GeneNetwork
from genefinder.network.nextbase import NextBase

FORMAT = 1
DEFAULT_MODEL = "plant"
_CONFIG, _WEIGHTS, CARD = "config.json", "model.safetensors", "MODEL_CARD.md"
_KIND, _PRETRAINED = "kind", "next-base"
"""Key of the configuration, and its value for pretrained encoders; gene models have none."""
_UNUSABLE = (
    ModelError,  # settings that no network has
    OSError,
    TypeError,  # JSON of another structure
    ValueError,  # no JSON
    RuntimeError,  # weights of another network
    SafetensorError,
)


@dataclass(frozen=True, slots=True)
class Model:
    """A network with what is needed to use it.

    Attributes
    ----------
    name
        Name of the directory it came from.
    network
        The network, in evaluation mode.
    grammar
        Values of the gene grammar, as ``genefinder.decoding`` writes them.
    min_posterior
        Default threshold of predicted genes.
    sha256
        Hash of configuration and weights.
    about
        Free values about the training.
    """

    name: str
    network: GeneNetwork
    grammar: dict[str, Any]
    min_posterior: float
    sha256: str
    about: dict[str, Any] = field(default_factory=dict)


Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True, slots=True)
class PretrainedModel:
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

    name: str
    network: NextBase
    sha256: str
    about: dict[str, Any] = field(default_factory=dict)


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
        "about": about,
    }
    _write(folder, values, weights)


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
    try:
        network = _fill(GeneNetwork(NetworkConfig.from_dict(values["network"])), folder)
        return Model(
            name=folder.resolve().name,
            network=network,
            grammar=values["grammar"],
            min_posterior=float(values["min_posterior"]),
            sha256=_hash(folder, text),
            about=values.get("about", {}),
        )
    except (KeyError, *_UNUSABLE) as error:
        raise _unusable(folder, error) from error


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
    try:
        network = _fill(NextBase(NetworkConfig.from_dict(values["network"])), folder)
        return PretrainedModel(
            name=folder.resolve().name,
            network=network,
            sha256=_hash(folder, text),
            about=values.get("about", {}),
        )
    except (KeyError, *_UNUSABLE) as error:
        raise _unusable(folder, error) from error


def is_pretrained(name: str | Path) -> bool:
    """Tell whether a model, given by name or by path, is one pretrained on raw sequence alone.

    Raises
    ------
    ModelError
        If the model is missing, or its configuration unreadable or of another format.
    """
    return bool(_read(find_model(name))[0].get(_KIND) == _PRETRAINED)


def _read(folder: Path) -> tuple[dict[str, Any], bytes]:
    """Return the values of a configuration, and its text."""
    try:
        text = (folder / _CONFIG).read_bytes()
        values: dict[str, Any] = json.loads(text)
        if values["format"] != FORMAT:
            raise ModelError(
                f"model format {values['format']}, but this version reads {FORMAT}; "
                "train it again or install the matching version"
            )
    except (KeyError, *_UNUSABLE) as error:
        raise _unusable(folder, error) from error
    return values, text


def _fill(network: Network, folder: Path) -> Network:
    """Return a network with the weights of a directory, in evaluation mode."""
    network.load_state_dict(load_file(folder / _WEIGHTS))
    return network.eval()


def _hash(folder: Path, text: bytes) -> str:
    """Return the hash of a configuration and the weights beside it."""
    return hashlib.sha256(text + (folder / _WEIGHTS).read_bytes()).hexdigest()


def _unusable(folder: Path, error: Exception) -> ModelError:
    """Say that a directory cannot be used, and why."""
    reason = f"{_CONFIG} has no {error}" if isinstance(error, KeyError) else error
    return ModelError(f"{folder}: not a usable model directory: {reason}")


def _write(folder: Path, values: dict[str, Any], weights: dict[str, Tensor]) -> None:
    """Write configuration and weights."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f".{_WEIGHTS}.partial"
        tensors = {name: value.detach().cpu().contiguous() for name, value in weights.items()}
        partial.write_bytes(save(tensors))
        partial.replace(folder / _WEIGHTS)
        partial = folder / f".{_CONFIG}.partial"
        partial.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
        partial.replace(folder / _CONFIG)
    except OSError as error:
        raise ModelError(f"{folder}: cannot write the model: {error}") from error
    finally:
        for name in (_WEIGHTS, _CONFIG):
            with suppress(OSError):
                (folder / f".{name}.partial").unlink()
