"""Models on disk: a directory of ``config.json``, ``model.safetensors`` and ``MODEL_CARD.md``."""

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from genefinder.errors import ModelError
from genefinder.network.config import NetworkConfig
from genefinder.network.model import GeneNetwork

FORMAT = 1
DEFAULT_MODEL = "plant"
_CONFIG, _WEIGHTS, CARD = "config.json", "model.safetensors", "MODEL_CARD.md"
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
    """Write a model directory; each file is replaced in one step.

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


def load_model(name: str | Path) -> Model:
    """Load a model given by name or by path.

    Raises
    ------
    ModelError
        If the model is missing, incomplete or of another format.
    """
    folder = find_model(name)
    try:
        text = (folder / _CONFIG).read_bytes()
        values = json.loads(text)
        if values["format"] != FORMAT:
            raise ModelError(
                f"model format {values['format']}, but this version reads {FORMAT}; "
                "train it again or install the matching version"
            )
        network = GeneNetwork(NetworkConfig.from_dict(values["network"]))
        network.load_state_dict(load_file(folder / _WEIGHTS))
        digest = hashlib.sha256(text + (folder / _WEIGHTS).read_bytes()).hexdigest()
        return Model(
            name=folder.resolve().name,
            network=network.eval(),
            grammar=values["grammar"],
            min_posterior=float(values["min_posterior"]),
            sha256=digest,
            about=values.get("about", {}),
        )
    except KeyError as error:
        raise ModelError(
            f"{folder}: not a usable model directory: {_CONFIG} has no {error}"
        ) from error
    except _UNUSABLE as error:
        raise ModelError(f"{folder}: not a usable model directory: {error}") from error
