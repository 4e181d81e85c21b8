"""The YAML file of a run: reading it, with mistakes named."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import yaml

from genefinder.errors import InputError, ModelError
from genefinder.io.regions import parse_region
from genefinder.network.config import NetworkConfig
from genefinder.training.recipe import Recipe, reject_unknown, update_recipe
from genefinder.training.settings import (
    STANDARD_CODE,
    GivenRegions,
    LabelledGenome,
    PretrainSettings,
    RawGenome,
    RunSettings,
)

Settings = TypeVar("Settings", bound=RunSettings)
Entry = TypeVar("Entry")


def read_settings(kind: type[Settings], path: Path, **overrides: Any) -> Settings:
    """Read the settings of a run from YAML.

    Parameters
    ----------
    kind
        What to build.
    path
        The file: keys as the fields of ``kind``. A genome is a mapping with the fields of
        :class:`~genefinder.training.settings.LabelledGenome` or
        :class:`~genefinder.training.settings.RawGenome`; one without annotation may be its path
        alone. Paths are relative to the file.
    **overrides
        Fields that win over the file's, or that it cannot set.

    Raises
    ------
    InputError
        If the file cannot be read, or says something unknown or something that a run of this kind
        does not use.
    """
    values = _read_mapping(path)
    reject_unknown(values, kind.names(), str(path))
    if values.get("network") and (values.get("init") or overrides.get("init")):
        raise InputError(
            f"{path}: network: is for new networks; a model to start from brings its own shape"
        )
    file = _ConfigFile(path, kind)
    # A key without a value is as one that is not there.
    given = {name: value for name, value in values.items() if value is not None}
    built = {name: file.read(name, value) for name, value in given.items()} | overrides
    built.setdefault("recipe", kind.usual_recipe())
    built.setdefault("genomes", ())
    if "output" not in built:
        raise InputError(f"{path}: no output directory: add `output:` or give -o")
    return kind(**built)


def _read_mapping(path: Path) -> Mapping[str, Any]:
    """Read a YAML file that holds a mapping."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot read it: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(values, dict):
        raise InputError(f"{path}: expected a mapping with genomes, output, recipe, ...")
    return values


@dataclass(frozen=True, slots=True)
class _ConfigFile:
    """Turns the values of a file into fields of settings.

    Attributes
    ----------
    path
        The file; paths in it are relative to it.
    kind
        What its settings are for.
    """

    path: Path
    kind: type[RunSettings]

    def read(self, name: str, value: Any) -> Any:
        """Return the field of a name from what the file says of it."""
        readers: dict[str, Callable[[str, Any], Any]] = {
            "genomes": self._raw if issubclass(self.kind, PretrainSettings) else self._labelled,
            "output": self._path,
            "validation": self._regions,
            "exclude": self._regions,
            "network": self._network,
            "recipe": self._recipe,
            "init": self._model,
            "threads": self._whole,
            "skip_soft_masked": self._flag,
            "prokaryotic": self._flag,
            "device": lambda _, value: str(value),
            "next_base": lambda _, value: value,
            "imperfect": lambda _, value: value,
            "hidden_words": lambda _, value: value,
        }
        return readers[name](name, value)

    def _path(self, _: str, value: Any) -> Path:
        return self.path.parent / str(value)

    def _model(self, _: str, value: Any) -> str:
        """Return a model directory beside the file, or else the name itself."""
        beside = self.path.parent / str(value)
        return str(beside if beside.is_dir() else value)

    def _regions(self, name: str, value: Any) -> GivenRegions:
        return self._region_set(value, f"{self.path}: {name}")

    def _region_set(self, value: Any, place: str) -> GivenRegions:
        """Return regions from a list of them; or the path of a BED file, which is read later."""
        if isinstance(value, str):
            path = self.path.parent / value
            if not path.is_file():
                raise InputError(f"{place}: there is no BED file {path}; regions come in a list")
            return path
        if not isinstance(value, list):
            raise InputError(f"{place} must be a list of regions, or the path of a BED file")
        try:
            return tuple(parse_region(str(region)) for region in value)
        except InputError as error:
            raise InputError(f"{place}: {error}") from error

    def _whole(self, name: str, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise InputError(f"{self.path}: {name} must be a whole number of at least 1")
        return value

    def _flag(self, name: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise InputError(f"{self.path}: {name} must be true or false, not {value!r}")
        return value

    def _network(self, name: str, value: Any) -> NetworkConfig:
        try:
            return NetworkConfig.from_dict(self._mapping(name, value))
        except ModelError as error:
            raise InputError(f"{self.path}: {error}") from error

    def _recipe(self, name: str, value: Any) -> Recipe:
        values = self._mapping(name, value)
        return update_recipe(self.kind.usual_recipe(), values, str(self.path))

    def _labelled(self, name: str, value: Any) -> tuple[LabelledGenome, ...]:
        return self._genomes(name, value, self._labelled_genome)

    def _raw(self, name: str, value: Any) -> tuple[RawGenome, ...]:
        return self._genomes(name, value, self._raw_genome)

    def _genomes(
        self, name: str, value: Any, read: Callable[[Any, str], Entry]
    ) -> tuple[Entry, ...]:
        return tuple(
            read(entry, f"{self.path}: {name}[{number}]")
            for number, entry in enumerate(self._list(name, value))
        )

    def _labelled_genome(self, entry: Any, place: str) -> LabelledGenome:
        """Build a genome with its annotation from its entry, a mapping."""
        if not isinstance(entry, dict) or not {"genome", "annotation"} <= set(entry):
            raise InputError(f"{place}: needs at least `genome:` and `annotation:`")
        reject_unknown(entry, [field.name for field in fields(LabelledGenome)], place)
        code = entry.get("genetic_code", STANDARD_CODE)
        if not isinstance(code, int):
            raise InputError(
                f"{place}: genetic_code must be the number of an NCBI table, not {code!r}"
            )
        base = self.path.parent
        return LabelledGenome(
            genome=base / str(entry["genome"]),
            annotation=base / str(entry["annotation"]),
            weight=_weight(entry, place),
            mask=base / str(entry["mask"]) if entry.get("mask") else None,
            genetic_code=code,
            species=str(entry["species"]) if entry.get("species") else None,
            **self._own_regions(entry, place),
        )

    def _raw_genome(self, entry: Any, place: str) -> RawGenome:
        """Build a genome without annotation from its entry: a path, or a mapping."""
        if isinstance(entry, str):
            entry = {"genome": entry}
        if not isinstance(entry, dict) or "genome" not in entry:
            raise InputError(f"{place}: needs at least `genome:`")
        reject_unknown(entry, [field.name for field in fields(RawGenome)], place)
        return RawGenome(
            self.path.parent / str(entry["genome"]),
            _weight(entry, place),
            **self._own_regions(entry, place),
        )

    def _own_regions(self, entry: Mapping[str, Any], place: str) -> dict[str, GivenRegions]:
        """Return the regions of a genome's entry that are not learnt from."""
        return {
            name: self._region_set(entry[name], f"{place}: {name}")
            for name in ("validation", "exclude")
            if entry.get(name) is not None
        }

    def _list(self, name: str, value: Any) -> Sequence[Any]:
        if not isinstance(value, list):
            raise InputError(f"{self.path}: {name} must be a list")
        return value

    def _mapping(self, name: str, value: Any) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise InputError(f"{self.path}: {name} must be a mapping of settings")
        return value


def _weight(entry: Mapping[str, Any], place: str) -> float | None:
    """Return a genome's share of the windows, ``None`` where it is to follow from its bases."""
    weight = entry.get("weight")
    if weight is None:
        return None
    if not isinstance(weight, int | float) or not 0 < weight < math.inf:
        raise InputError(f"{place}: weight must be a number above 0, not {weight!r}")
    return float(weight)
