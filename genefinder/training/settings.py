"""What a training run is asked to do."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

import yaml

from genefinder.errors import InputError
from genefinder.genes import Region
from genefinder.io.regions import format_region, parse_region
from genefinder.network.config import NetworkConfig


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
    genetic_code: int = 1


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
        Validations without improvement after which a run stops early.
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
    weight_decay: float = 0.01
    averaging: float = 0.998
    constant: float = 0.5
    max_steps: int | None = None
    max_minutes: float | None = None
    max_cpu_minutes: float | None = None
    validations: int = 10
    patience: int = 6
    validation_bases: int = 2_000_000
    clip: float = 100.0
    seed: int = 1


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
            "init": self.init,
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
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(values, dict):
        raise InputError(f"{path}: expected a mapping with genomes, output, recipe, ...")
    place = str(path)
    _reject_unknown(values, [one.name for one in fields(TrainSettings)], place)
    base = path.parent
    genomes = [
        _read_genome(entry, base, f"{place}: genomes[{number}]")
        for number, entry in enumerate(_items(values, "genomes", place))
    ]
    built: dict[str, Any] = {
        "genomes": tuple(genomes),
        "validation": tuple(parse_region(str(r)) for r in _items(values, "validation", place)),
        "exclude": tuple(parse_region(str(r)) for r in _items(values, "exclude", place)),
        "network": NetworkConfig.from_dict(values.get("network") or {}),
        "recipe": update_recipe(Recipe(), values.get("recipe") or {}, place),
    }
    if "output" in values:
        built["output"] = base / str(values["output"])
    for name in ("init", "threads", "device"):
        if values.get(name) is not None:
            built[name] = values[name]
    if built.get("init") and (base / str(built["init"])).is_dir():
        built["init"] = str(base / str(built["init"]))
    built.update(overrides)
    if "output" not in built:
        raise InputError(f"{path}: no output directory: add `output:` or give -o")
    return TrainSettings(**built)


def update_recipe(recipe: Recipe, values: Mapping[str, Any], place: str) -> Recipe:
    """Return a recipe with some values replaced.

    Raises
    ------
    InputError
        If a name is unknown or a value is not a number.
    """
    _reject_unknown(values, [one.name for one in fields(Recipe)], f"{place}: recipe")
    for name, value in values.items():
        if value is not None and not isinstance(value, int | float):
            raise InputError(f"{place}: recipe: {name} must be a number, not {value!r}")
    return replace(recipe, **values)


def _read_genome(entry: Any, base: Path, place: str) -> LabelledGenome:
    """Build one genome from its entry."""
    if not isinstance(entry, dict) or not {"genome", "annotation"} <= set(entry):
        raise InputError(f"{place}: needs at least `genome:` and `annotation:`")
    _reject_unknown(entry, [one.name for one in fields(LabelledGenome)], place)
    return LabelledGenome(
        genome=base / str(entry["genome"]),
        annotation=base / str(entry["annotation"]),
        weight=None if entry.get("weight") is None else float(entry["weight"]),
        mask=base / str(entry["mask"]) if entry.get("mask") else None,
        genetic_code=int(entry.get("genetic_code", 1)),
    )


def _items(values: Mapping[str, Any], name: str, place: str) -> Sequence[Any]:
    """Return a list from a mapping."""
    items = values.get(name) or []
    if not isinstance(items, list):
        raise InputError(f"{place}: {name} must be a list")
    return items


def _reject_unknown(values: Mapping[str, Any], known: Sequence[str], place: str) -> None:
    """Refuse misspelt names, which would otherwise change a run silently."""
    if unknown := sorted(set(values) - set(known)):
        raise InputError(
            f"{place}: unknown setting {', '.join(unknown)}; known are {', '.join(known)}"
        )
