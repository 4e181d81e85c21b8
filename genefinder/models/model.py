"""Models: networks with all that is needed to use them, in memory and on disk.

On disk a model is a directory of ``config.json``, ``model.safetensors`` and ``MODEL_CARD.md``, and
of ``species/``, the statistics of the species that it knows by name.
There are two kinds: gene models, and encoders that were pretrained on raw sequence, which find no
genes yet but are what the training of a gene model can start from.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any, Self, TypeVar

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from genefinder.errors import InputError, ModelError
from genefinder.grammar import Grammar
from genefinder.models.calibration import Calibration
from genefinder.models.profile import SpeciesProfile
from genefinder.network.config import NetworkConfig
from genefinder.network.network import GeneNetwork
from genefinder.network.next_base import NextBase
from genefinder.species.statistics import SUFFIX, Statistics, slug

FORMAT = 2
CARD = "MODEL_CARD.md"
CONFIG, _WEIGHTS, _SPECIES = "config.json", "model.safetensors", "species"
_KIND, _PRETRAINED = "kind", "next-base"
"""Key of the configuration, and its value for pretrained encoders; gene models have none."""
_PROFILES, _PROVENANCE, _UNSEEN = "profiles", "provenance", "calibration_unseen"
_NONE: Mapping[str, bytes] = {}
Network = TypeVar("Network", bound=nn.Module)

_UNUSABLE = (
    KeyError,  # a setting that is missing
    ModelError,  # settings that no network has
    OSError,
    TypeError,  # JSON of another structure
    ValueError,  # no JSON
    RuntimeError,  # weights of another network
    SafetensorError,
)


@dataclass(frozen=True, slots=True)
class Model:
    """A network that finds genes, with all that is needed to use it.

    A change makes another model: ``replace(model, min_posterior=0.5, sha256="")``.

    Attributes
    ----------
    name
        Name of the directory it came from, or that it is to have.
    network
        The network, in evaluation mode.
    grammar
        What a gene may look like.
    calibration
        Curves of the posteriors, for the species that it knows; without any these stay as they are.
    profiles
        What the model sees in the species that it was trained on; empty where that is not known.
    min_posterior
        Default threshold of predicted genes, 0 to 1.
    provenance
        What is known of its making, in types of JSON.
    calibration_unseen
        Curves for species that it does not know, of which it is surer than its record allows;
        without any, those of the known ones.
    statistics
        Of the species that it knows by name, in the order of their files.
    reads
        The statistics that its network reads now, see :meth:`reading`; those of the only species
        that it knows, if it knows one alone. No part of what is saved.
    usual_minimum_lengths
        Fewest bases of an intron and of a coding sequence that the grammar had before the model
        read statistics that tell their own; ``None`` where it read none. No part of what is saved.
    sha256
        Hash of configuration, weights and known statistics as they are stored, hexadecimal; where
        it is not given, that of the files that :meth:`save` would write.

    Raises
    ------
    ModelError
        If there are statistics of a shape that the network does not read, or two of one name.
    """

    name: str
    network: GeneNetwork
    grammar: Grammar
    calibration: Calibration = field(default_factory=Calibration)
    profiles: tuple[SpeciesProfile, ...] = ()
    min_posterior: float = 0.0
    provenance: Mapping[str, Any] = field(default_factory=dict)
    calibration_unseen: Calibration = field(default_factory=Calibration)
    statistics: tuple[Statistics, ...] = ()
    reads: Statistics | None = None
    usual_minimum_lengths: tuple[int, int] | None = None
    sha256: str = ""

    def __post_init__(self) -> None:
        """Check the statistics, and compute the hash where it is not known."""
        ordered = tuple(sorted(self.statistics, key=lambda known: known.slug))
        object.__setattr__(self, "statistics", ordered)
        for known in ordered:
            self._check(known)
        for known, following in pairwise(ordered):
            if known.slug == following.slug:
                raise ModelError(
                    f"model {self.name}: knows two species of one name: {known.name} and "
                    f"{following.name}"
                )
        if self.reads is None and len(ordered) == 1:
            object.__setattr__(self, "network", self.network.reading(ordered[0]))
            object.__setattr__(self, "reads", ordered[0])
            usual = self.usual_grammar
            object.__setattr__(self, "usual_minimum_lengths", (usual.min_intron, usual.min_coding))
            object.__setattr__(self, "grammar", ordered[0].grammar(usual))
        if not self.sha256:
            sha256 = _hash(self._config(), _weights(self.network), self._species_files())
            object.__setattr__(self, "sha256", sha256)

    @classmethod
    def load(cls, name: str | Path) -> Self:
        """Load a model given by the name of an installed one or by its directory.

        Raises
        ------
        ModelError
            If the model is missing, incomplete, of another format or no gene model.
        """
        folder = find_model(name)
        values, text = _read(folder)
        if values.get(_KIND) == _PRETRAINED:
            raise ModelError(
                f"{folder}: was pretrained on raw sequence only, and finds no genes; train it on "
                f"an annotation with `genefinder train --init {name}`"
            )
        return cls._read(folder, values, text)

    @classmethod
    def _read(cls, folder: Path, values: dict[str, Any], text: bytes) -> Self:
        """Make a model of a configuration, its text and the weights beside it."""
        with _usable(folder):
            model_name = folder.resolve().name
            min_posterior = float(values["min_posterior"])
            words, curves = values["grammar"], values.get("calibration", {})
            unseen = values.get(_UNSEEN, {})
            profiles = tuple(map(SpeciesProfile.from_dict, values.get(_PROFILES, ())))
        try:
            grammar = Grammar.from_dict(words)
            calibration = Calibration.from_dict(curves)
            calibration_unseen = Calibration.from_dict(unseen)
        except (InputError, TypeError, AttributeError) as error:
            raise ModelError(f"model {model_name}: its {CONFIG} has no usable {error}") from error
        with _usable(folder):
            network, weights = _load_network(
                folder, values, lambda config: GeneNetwork(config, grammar)
            )
            paths = sorted((folder / _SPECIES).glob(f"[!.]*{SUFFIX}"))
            stored = {path.name: path.read_bytes() for path in paths}
        return cls(
            name=model_name,
            network=network,
            grammar=grammar,
            calibration=calibration,
            calibration_unseen=calibration_unseen,
            profiles=profiles,
            min_posterior=min_posterior,
            provenance=values.get(_PROVENANCE, {}),
            statistics=tuple(map(Statistics.load, paths)),
            sha256=_hash(text, weights, stored),
        )

    def save(self, folder: str | Path) -> Self:
        """Write the model; each file is replaced in one step.

        Returns
        -------
        Model
            The same under the name and with the hash that it has on disk.

        Raises
        ------
        ModelError
            If the folder cannot be written, or the model reads statistics that it does not know by
            name, which would be lost.
        """
        if self.reads is not None and self.reads not in self.statistics:
            raise ModelError(
                f"model {self.name} reads the statistics of {self.reads.name}, which are none of "
                "those that it knows and would not be saved; genefinder.adapt makes a model that "
                "knows them"
            )
        text, weights, species = self._config(), _weights(self.network), self._species_files()
        _write(Path(folder), text, weights, species)
        return replace(self, name=Path(folder).resolve().name, sha256=_hash(text, weights, species))

    @property
    def known_species(self) -> tuple[str, ...]:
        """Names of the species whose statistics it has."""
        return tuple(known.name for known in self.statistics)

    def species_statistics(self, name: str) -> Statistics:
        """Return the statistics of a species that it knows.

        Parameters
        ----------
        name
            As in :attr:`known_species`; lower and upper case are alike, spaces and underscores too.

        Raises
        ------
        ModelError
            If it knows no such species.
        """
        if not isinstance(name, str):
            raise ModelError(
                f"model {self.name}: give the name of a species, not {type(name).__name__}"
            )
        for known in self.statistics:
            if known.slug == slug(name):
                return known
        raise ModelError(
            f"model {self.name} knows no species {name}; it knows "
            f"{', '.join(self.known_species) or 'none'}"
        )

    def reading(self, statistics: Statistics) -> Self:
        """Return the model as it reads the statistics of a species.

        Its grammar gets the genetic code, and the shortest intron and gene of the species.

        Raises
        ------
        ModelError
            If its network reads statistics of another shape.
        """
        if not isinstance(statistics, Statistics):
            raise ModelError(
                f"model {self.name}: give statistics to read, as species_statistics(name) or "
                f"Statistics.load(file) return them, not {type(statistics).__name__}"
            )
        self._check(statistics)
        usual = self.usual_grammar
        grammar = statistics.grammar(usual)
        network = self.network.reading(statistics)
        network.candidates.look_for(grammar)
        return replace(
            self,
            network=network,
            grammar=grammar,
            reads=statistics,
            usual_minimum_lengths=(usual.min_intron, usual.min_coding),
        )

    @property
    def own_calibration(self) -> Calibration:
        """Curves of what it reads: those of unseen species where it does not know them by name."""
        known = self.reads is None or any(
            species.sha256 == self.reads.sha256 for species in self.statistics
        )
        unseen = self.calibration_unseen
        return unseen if unseen.curves and not known else self.calibration

    @property
    def usual_grammar(self) -> Grammar:
        """The grammar where statistics tell no shortest intron and gene."""
        if self.usual_minimum_lengths is None:
            return self.grammar
        intron, coding = self.usual_minimum_lengths
        return replace(self.grammar, min_intron=intron, min_coding=coding)

    @property
    def species(self) -> tuple[str, ...]:
        """Names of the species that it was trained on, the most relevant first; may be empty."""
        genomes = self.provenance.get("genomes", ())
        return tuple(genome["species"] for genome in genomes if genome.get("species"))

    def describe(self) -> str:
        """Return a line on what it is: species, grammar, calibration, hash."""
        grammar = self.grammar
        species = ""
        if self.reads is not None:
            species = f"reads the statistics of {self.reads.describe()}; "
        else:
            species = f"knows the statistics of {', '.join(self.known_species) or 'no species'}; "
        return (
            f"{self.name}: trained on {', '.join(self.species) or 'unnamed species'}; genetic code "
            f"{grammar.genetic_code}, {_introns(grammar)}; {species}"
            f"{'calibrated' if self.calibration.curves else 'not calibrated'}, default threshold "
            f"{self.min_posterior:g}; sha256 {self.sha256[:12]}"
        )

    def _config(self) -> bytes:
        """Return what ``config.json`` holds."""
        unseen = self.calibration_unseen
        return _json(
            {
                "format": FORMAT,
                "network": self.network.config.to_dict(),
                "grammar": self.usual_grammar.to_dict(),
                "min_posterior": self.min_posterior,
                "calibration": self.calibration.to_dict(),
                **({_UNSEEN: unseen.to_dict()} if unseen.curves else {}),
                _PROFILES: [profile.to_dict() for profile in self.profiles],
                _PROVENANCE: dict(self.provenance),
            }
        )

    def _species_files(self) -> dict[str, bytes]:
        """Return what ``species/`` holds, by name of the file."""
        return {f"{known.slug}{SUFFIX}": known.to_bytes() for known in self.statistics}

    def _check(self, statistics: Statistics) -> None:
        """Refuse statistics that the network cannot read."""
        own = self.network.config.table_shape
        if statistics.shape != own:
            raise ModelError(
                f"the statistics of {statistics.name} are of {statistics.shape.describe()}, but "
                f"the model {self.name} reads {own.describe()}; learn them with this model"
            )


def _introns(grammar: Grammar) -> str:
    """Say what introns there are."""
    if not grammar.spliced:
        return "no introns, genes may overlap"
    return f"introns of at least {grammar.min_intron} bases"


@dataclass(frozen=True, slots=True)
class PretrainedModel:
    """A network that predicts the next base, with what is known of its making.

    Attributes
    ----------
    name
        Name of the directory it came from, or that it is to have.
    network
        The network, in evaluation mode.
    provenance
        What is known of its making, in types of JSON.
    sha256
        Hash of configuration and weights as they are stored, hexadecimal; where it is not given,
        that of the files that :meth:`save` would write.
    """

    name: str
    network: NextBase
    provenance: Mapping[str, Any] = field(default_factory=dict)
    sha256: str = ""

    def __post_init__(self) -> None:
        """Compute the hash where it is not known."""
        if not self.sha256:
            object.__setattr__(self, "sha256", _hash(self._config(), _weights(self.network)))

    @classmethod
    def load(cls, name: str | Path) -> Self:
        """Load an encoder that was pretrained on raw sequence, with its head.

        Raises
        ------
        ModelError
            If it is missing, incomplete, of another format or a gene model.
        """
        folder = find_model(name)
        values, text = _read(folder)
        if values.get(_KIND) != _PRETRAINED:
            raise ModelError(
                f"{folder}: is a gene model, which predicts no bases; give one that was "
                "pretrained with `genefinder pretrain`"
            )
        return cls._read(folder, values, text)

    @classmethod
    def _read(cls, folder: Path, values: dict[str, Any], text: bytes) -> Self:
        """Make a model of a configuration, its text and the weights beside it."""
        with _usable(folder):
            network, weights = _load_network(folder, values, NextBase)
        sha256 = _hash(text, weights)
        return cls(folder.resolve().name, network, values.get(_PROVENANCE, {}), sha256)

    def save(self, folder: str | Path) -> Self:
        """Write the model; each file is replaced in one step.

        Returns
        -------
        PretrainedModel
            The same under the name and with the hash that it has on disk.

        Raises
        ------
        ModelError
            If the folder cannot be written.
        """
        text, weights = self._config(), _weights(self.network)
        _write(Path(folder), text, weights)
        return replace(self, name=Path(folder).resolve().name, sha256=_hash(text, weights))

    def describe(self) -> str:
        """Return a line on what it is."""
        return f"{self.name}: pretrained on raw sequence; sha256 {self.sha256[:12]}"

    def _config(self) -> bytes:
        """Return what ``config.json`` holds."""
        return _json(
            {
                "format": FORMAT,
                _KIND: _PRETRAINED,
                "network": self.network.config.to_dict(),
                _PROVENANCE: dict(self.provenance),
            }
        )


def load_any(name: str | Path) -> Model | PretrainedModel:
    """Load a model of either kind, given by the name of an installed one or by its directory.

    Raises
    ------
    ModelError
        If the model is missing, incomplete or of another format.
    """
    folder = find_model(name)
    values, text = _read(folder)
    kind = PretrainedModel if values.get(_KIND) == _PRETRAINED else Model
    return kind._read(folder, values, text)


def installed_models() -> dict[str, Path]:
    """Return the directories of the models that come with the package, by name.

    In a source checkout they are those of ``models/``. If the environment variable
    ``GENEFINDER_MODELS`` names a folder, they are the model directories in it instead.

    Raises
    ------
    ModelError
        If there is no such folder.
    """
    package = Path(str(resources.files("genefinder")))
    folders = [package / "pretrained", package.parent / "models"]
    if own := os.environ.get("GENEFINDER_MODELS"):
        folders = [Path(own)]
        if not folders[0].is_dir():
            raise ModelError(f"GENEFINDER_MODELS: there is no folder {own}")
    for folder in folders:
        if folder.is_dir():
            return {
                path.name: path for path in sorted(folder.iterdir()) if (path / CONFIG).is_file()
            }
    return {}


def installed_gene_models() -> list[Model]:
    """Load all installed models that find genes.

    Raises
    ------
    ModelError
        If one of the installed models is not usable.
    """
    models = map(load_any, installed_models().values())
    return [model for model in models if isinstance(model, Model)]


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
    if (path / CONFIG).is_file():
        return path
    raise ModelError(
        f"no model {name}: give a model directory (with {CONFIG}) or one of the installed models: "
        f"{', '.join(installed) or 'none'}"
    )


def _read(folder: Path) -> tuple[dict[str, Any], bytes]:
    """Return the values of a configuration, and its text."""
    with _usable(folder):
        text = (folder / CONFIG).read_bytes()
        values: dict[str, Any] = json.loads(text)
        if values["format"] != FORMAT:
            raise ModelError(
                f"model format {values['format']}, but this version reads {FORMAT}; "
                "train it again or install the matching version"
            )
    return values, text


def _load_network(
    folder: Path, values: dict[str, Any], build: Callable[[NetworkConfig], Network]
) -> tuple[Network, bytes]:
    """Return the network of a configuration and the weights beside it, and their bytes."""
    weights = (folder / _WEIGHTS).read_bytes()
    network = build(NetworkConfig.from_dict(values["network"]))
    network.load_state_dict(load(weights))
    return network.eval(), weights


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
        reason = f"{CONFIG} has no {error}" if isinstance(error, KeyError) else error
        raise ModelError(f"{folder}: not a usable model directory: {reason}") from error


def _json(values: dict[str, Any]) -> bytes:
    """Return the text of a configuration."""
    return (json.dumps(values, indent=2) + "\n").encode()


def _weights(network: nn.Module) -> bytes:
    """Return the weights as safetensors."""
    tensors: dict[str, Tensor] = {
        name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()
    }
    return save(tensors)


def _hash(text: bytes, weights: bytes, species: Mapping[str, bytes] = _NONE) -> str:
    """Return the SHA-256 of configuration, weights and statistics, hexadecimal."""
    digest = hashlib.sha256(text + weights)
    for name, data in species.items():
        digest.update(name.encode() + data)
    return digest.hexdigest()


def _write(folder: Path, text: bytes, weights: bytes, species: Mapping[str, bytes] = _NONE) -> None:
    """Write configuration, weights and statistics, each in one step; others' statistics go."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if species:
            (folder / _SPECIES).mkdir(exist_ok=True)
        for path in (folder / _SPECIES).glob(f"*{SUFFIX}"):
            if path.name not in species:
                path.unlink()
        for name, data in species.items():
            _replace(folder / _SPECIES / name, data)
        _replace(folder / _WEIGHTS, weights)
        _replace(folder / CONFIG, text)
    except OSError as error:
        raise ModelError(f"{folder}: cannot write the model: {error}") from error


def _replace(path: Path, data: bytes) -> None:
    """Write a file in one step, whoever else writes it."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    finally:
        with suppress(OSError):
            partial.unlink()
