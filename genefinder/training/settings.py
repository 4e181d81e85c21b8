"""What the training of a gene model is asked to do."""

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from genefinder.errors import InputError
from genefinder.genes import Region
from genefinder.io.regions import format_region
from genefinder.network.config import NetworkConfig
from genefinder.training.configuration import (
    common_settings,
    items,
    mapping,
    read_mapping,
    read_weight,
    reject_unknown,
)
from genefinder.training.recipe import Recipe, update_recipe

__all__ = ["LabelledGenome", "Recipe", "TrainSettings", "read_settings", "update_recipe"]

STANDARD_CODE = 1
"""NCBI translation table of most nuclear genomes."""


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
    values = read_mapping(path, [one.name for one in fields(TrainSettings) if one.name != "resume"])
    place = str(path)
    built: dict[str, Any] = {
        "genomes": tuple(
            _read_genome(entry, path.parent, f"{place}: genomes[{number}]")
            for number, entry in enumerate(items(values, "genomes", place))
        ),
        "recipe": update_recipe(Recipe(), mapping(values, "recipe", place), place),
        **common_settings(values, path),
        **overrides,
    }
    if "output" not in built:
        raise InputError(f"{path}: no output directory: add `output:` or give -o")
    return TrainSettings(**built)


def _read_genome(entry: Any, base: Path, place: str) -> LabelledGenome:
    """Build one genome from its entry."""
    if not isinstance(entry, dict) or not {"genome", "annotation"} <= set(entry):
        raise InputError(f"{place}: needs at least `genome:` and `annotation:`")
    reject_unknown(entry, [one.name for one in fields(LabelledGenome)], place)
    code = entry.get("genetic_code", STANDARD_CODE)
    if not isinstance(code, int):
        raise InputError(f"{place}: genetic_code must be the number of an NCBI table, not {code!r}")
    return LabelledGenome(
        genome=base / str(entry["genome"]),
        annotation=base / str(entry["annotation"]),
        weight=read_weight(entry, place),
        mask=base / str(entry["mask"]) if entry.get("mask") else None,
        genetic_code=code,
    )
