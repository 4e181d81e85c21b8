"""What a training run is asked to do."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import yaml

from genefinder.errors import InputError, ModelError
from genefinder.genes import Region
from genefinder.io.regions import format_region, parse_region
from genefinder.network.config import NetworkConfig

# What a recipe may hold: the least of each whole number, the ends of each other number.
_LEAST_WHOLE = {
    "window": 1,
    "batch": 1,
    "max_steps": 0,
    "validations": 1,
    "patience": 0,
    "validation_bases": 1,
    "seed": 0,
}
_TINY = 1e-12
_BETWEEN = {
    "rate": (_TINY, 1.0),
    "weight_decay": (0.0, 1.0),
    "noise": (0.0, 1.0),
    "averaging": (0.0, 1.0),
    "constant": (0.0, 1.0),
    "max_minutes": (_TINY, math.inf),
    "max_cpu_minutes": (_TINY, math.inf),
    "clip": (_TINY, math.inf),
}
STANDARD_CODE = 1
"""NCBI translation table of most nuclear genomes."""
_OPTIONAL = ("max_steps", "max_minutes", "max_cpu_minutes")


@dataclass(frozen=True, slots=True)
class LabelledGenome:
    """A genome and its annotation.

    Attributes
    ----------
    genome, annotation
        FASTA and GFF3 or GTF.
    weight
        Share of the training windows; ``None`` weighs a genome by its bases.
    mask
        BED of stretches to leave out of the loss.
    genetic_code
        NCBI translation table.
    """

    genome: Path
    annotation: Path
    weight: float | None = None
    mask: Path | None = None
    genetic_code: int = STANDARD_CODE


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train: everything that shapes the resulting weights, besides the data.

    Attributes
    ----------
    window
        Bases a window; a multiple of the network's stride.
    batch
        Windows an update (of each process).
    rate
        Peak learning rate.
    weight_decay
        Decay of the weight matrices.
    noise
        Share of the bases that the network, but not the grammar, sees replaced at random.
    averaging
        Decay of the running average of the weights that is evaluated and saved.
    constant
        Share of the budget at the full learning rate.
    max_steps, max_minutes
        Budget in updates and in minutes of training and validation; whichever ends first.
    max_cpu_minutes
        Budget in minutes of processor time, instead of ``max_minutes``.
    validations
        Validations over the budget.
    patience
        Validations in a row without improvement that are put up with; one more ends the run early.
    validation_bases
        Bases of the validation regions decoded during training, at most; all of them at the end.
    clip
        Largest gradient norm.
    seed
        Seed of weights and windows.
    """

    window: int = 4_995
    batch: int = 4
    rate: float = 2e-3
    weight_decay: float = 0.1
    noise: float = 0.0
    averaging: float = 0.998
    constant: float = 0.2
    max_steps: int | None = None
    max_minutes: float | None = None
    max_cpu_minutes: float | None = None
    validations: int = 10
    patience: int = 6
    validation_bases: int = 2_000_000
    clip: float = 100.0
    seed: int = 1

    def __post_init__(self) -> None:
        """Reject values that nothing can be trained with.

        Raises
        ------
        InputError
            If a value is of the wrong type or out of range.
        """
        for name, least in _LEAST_WHOLE.items():
            value = getattr(self, name)
            if value is None and name in _OPTIONAL:
                continue
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise InputError(
                    f"{name} must be a whole number of at least {least}, not {value!r}"
                )
        for name, (low, high) in _BETWEEN.items():
            value = getattr(self, name)
            if value is None and name in _OPTIONAL:
                continue
            if not isinstance(value, int | float) or not low <= value <= high:
                raise InputError(f"{name} must be a number from {low:g} to {high:g}, not {value!r}")


@dataclass(frozen=True, slots=True)
class TrainSettings:
    """A whole run.

    Attributes
    ----------
    genomes
        What to learn from.
    output
        Model directory to write.
    validation, exclude
        Regions to validate on, and to keep out of the training altogether.
    network
        Shape of the network (ignored with ``init``).
    recipe
        How to train.
    init
        Model to start from.
    resume
        Go on from the checkpoint in ``output``.
    threads, device
        What to compute with.
    """

    genomes: tuple[LabelledGenome, ...]
    output: Path
    validation: tuple[Region, ...] = ()
    exclude: tuple[Region, ...] = ()
    network: NetworkConfig = field(default_factory=NetworkConfig)
    recipe: Recipe = field(default_factory=Recipe)
    init: str | None = None
    resume: bool = False
    threads: int = 1
    device: str = "auto"

    def to_dict(self) -> dict[str, Any]:
        """Return the values that shape the result, as JSON types."""
        return {
            "genomes": [
                {
                    "genome": one.genome.name,
                    "annotation": one.annotation.name,
                    "weight": one.weight,
                    "mask": one.mask.name if one.mask else None,
                    "genetic_code": one.genetic_code,
                }
                for one in self.genomes
            ],
            "validation": [format_region(region) for region in self.validation],
            "exclude": [format_region(region) for region in self.exclude],
            "recipe": asdict(self.recipe),
            "init": None if self.init is None else Path(self.init).name,
        }


def read_settings(path: Path, **overrides: Any) -> TrainSettings:
    """Read a run from YAML.

    Parameters
    ----------
    path
        The file: keys ``genomes`` (list of ``genome``, ``annotation``, ``weight``, ``mask``,
        ``genetic_code``), ``output``, ``validation``, ``exclude``, ``network``, ``recipe``,
        ``init``, ``threads`` and ``device``. Paths are relative to the file.
    **overrides
        Fields of :class:`TrainSettings` that win over the file's.

    Raises
    ------
    InputError
        If the file cannot be read or says something unknown.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot read it: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(values, dict):
        raise InputError(f"{path}: expected a mapping with genomes, output, recipe, ...")
    place = str(path)
    known = [one.name for one in fields(TrainSettings) if one.name != "resume"]
    _reject_unknown(values, known, place)
    base = path.parent
    genomes = [
        _read_genome(entry, base, f"{place}: genomes[{number}]")
        for number, entry in enumerate(_items(values, "genomes", place))
    ]
    built: dict[str, Any] = {
        "genomes": tuple(genomes),
        "validation": tuple(parse_region(str(r)) for r in _items(values, "validation", place)),
        "exclude": tuple(parse_region(str(r)) for r in _items(values, "exclude", place)),
        "recipe": update_recipe(Recipe(), _mapping(values, "recipe", place), place),
    }
    try:
        built["network"] = NetworkConfig.from_dict(_mapping(values, "network", place))
    except ModelError as error:
        raise InputError(f"{place}: {error}") from error
    if values.get("output") is not None:
        built["output"] = base / str(values["output"])
    if (init := values.get("init")) is not None:
        beside = base / str(init)
        built["init"] = str(beside if beside.is_dir() else init)
    if (threads := values.get("threads")) is not None:
        if not isinstance(threads, int) or threads < 1:
            raise InputError(f"{place}: threads must be a whole number of at least 1")
        built["threads"] = threads
    if values.get("device") is not None:
        built["device"] = str(values["device"])
    built.update(overrides)
    if "output" not in built:
        raise InputError(f"{path}: no output directory: add `output:` or give -o")
    return TrainSettings(**built)


def update_recipe(recipe: Recipe, values: Mapping[str, Any], place: str) -> Recipe:
    """Return a recipe with some values replaced.

    Raises
    ------
    InputError
        If a name is unknown, or a value of the wrong type or out of range.
    """
    _reject_unknown(values, [one.name for one in fields(Recipe)], f"{place}: recipe")
    try:
        return replace(recipe, **values)
    except InputError as error:
        dotless = any(isinstance(value, str) and "e" in value.lower() for value in values.values())
        hint = "; YAML reads 1.0e-3 as a number, but not 1e-3" if dotless else ""
        raise InputError(f"{place}: recipe: {error}{hint}") from error


def _read_genome(entry: Any, base: Path, place: str) -> LabelledGenome:
    """Build one genome from its entry."""
    if not isinstance(entry, dict) or not {"genome", "annotation"} <= set(entry):
        raise InputError(f"{place}: needs at least `genome:` and `annotation:`")
    _reject_unknown(entry, [one.name for one in fields(LabelledGenome)], place)
    weight, code = entry.get("weight"), entry.get("genetic_code", STANDARD_CODE)
    if weight is not None and (not isinstance(weight, int | float) or not 0 < weight < math.inf):
        raise InputError(f"{place}: weight must be a number above 0, not {weight!r}")
    if not isinstance(code, int):
        raise InputError(f"{place}: genetic_code must be the number of an NCBI table, not {code!r}")
    return LabelledGenome(
        genome=base / str(entry["genome"]),
        annotation=base / str(entry["annotation"]),
        weight=None if weight is None else float(weight),
        mask=base / str(entry["mask"]) if entry.get("mask") else None,
        genetic_code=code,
    )


def _items(values: Mapping[str, Any], name: str, place: str) -> Sequence[Any]:
    """Return a list from a mapping."""
    items = values.get(name) or []
    if not isinstance(items, list):
        raise InputError(f"{place}: {name} must be a list")
    return items


def _mapping(values: Mapping[str, Any], name: str, place: str) -> Mapping[str, Any]:
    """Return a mapping from a mapping."""
    items = values.get(name) or {}
    if not isinstance(items, dict):
        raise InputError(f"{place}: {name} must be a mapping of settings")
    return items


def _reject_unknown(values: Mapping[str, Any], known: Sequence[str], place: str) -> None:
    """Refuse misspelt names, which would otherwise change a run silently."""
    if unknown := sorted(str(name) for name in values if name not in known):
        raise InputError(
            f"{place}: unknown setting {', '.join(unknown)}; known are {', '.join(known)}"
        )
