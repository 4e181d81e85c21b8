"""What a pretraining is asked to do."""

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

RECIPE = Recipe(rate=2e-2, clip=1.0, noise=0.0, validation_bases=500_000)
"""How to pretrain, unless something else is asked for.

The gradient of a base that is all but impossible to predict is mostly noise, and small steps drown
in it: after one minute of S. pombe, rates of 3e-3, 1e-2 and 2e-2 had come to 1.922, 1.903 and 1.900
bits a held-out base.
"""


@dataclass(frozen=True, slots=True)
class RawGenome:
    """A genome without annotation.

    Attributes
    ----------
    genome
        FASTA.
    weight
        Share of the training windows; ``None`` weighs a genome by its bases.
    """

    genome: Path
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class PretrainSettings:
    """A whole run.

    Attributes
    ----------
    genomes
        What to learn from.
    output
        Model directory to write.
    validation, exclude
        Regions to validate on, and to keep out of the training altogether.
    skip_soft_masked
        Do not predict lower-case bases, by which repeats are marked; they are read as context.
    network
        Shape of the network (ignored with ``init``).
    recipe
        How to train.
    init
        Model to start from: a pretrained one, or a gene model, whose encoder is taken.
    resume
        Go on from the checkpoint in ``output``.
    threads, device
        What to compute with.
    """

    genomes: tuple[RawGenome, ...]
    output: Path
    validation: tuple[Region, ...] = ()
    exclude: tuple[Region, ...] = ()
    skip_soft_masked: bool = False
    network: NetworkConfig = field(default_factory=NetworkConfig)
    recipe: Recipe = RECIPE
    init: str | None = None
    resume: bool = False
    threads: int = 1
    device: str = "auto"

    def to_dict(self) -> dict[str, Any]:
        """Return the values that shape the result, as JSON types."""
        return {
            "genomes": [{"genome": one.genome.name, "weight": one.weight} for one in self.genomes],
            "validation": [format_region(region) for region in self.validation],
            "exclude": [format_region(region) for region in self.exclude],
            "skip_soft_masked": self.skip_soft_masked,
            "recipe": asdict(self.recipe),
            "init": None if self.init is None else Path(self.init).name,
        }


def read_settings(path: Path, **overrides: Any) -> PretrainSettings:
    """Read a run from YAML.

    Parameters
    ----------
    path
        The file: keys ``genomes`` (list of ``genome`` and ``weight``), ``output``, ``validation``,
        ``exclude``, ``skip_soft_masked``, ``network``, ``recipe``, ``init``, ``threads`` and
        ``device``. Paths are relative to the file.
    **overrides
        Fields of :class:`PretrainSettings` that win over the file's.

    Raises
    ------
    InputError
        If the file cannot be read or says something unknown.
    """
    known = [one.name for one in fields(PretrainSettings) if one.name != "resume"]
    values = read_mapping(path, known)
    place = str(path)
    skip = values.get("skip_soft_masked", False)
    if not isinstance(skip, bool):
        raise InputError(f"{place}: skip_soft_masked must be true or false, not {skip!r}")
    built: dict[str, Any] = {
        "genomes": tuple(
            _read_genome(entry, path.parent, f"{place}: genomes[{number}]")
            for number, entry in enumerate(items(values, "genomes", place))
        ),
        "skip_soft_masked": skip,
        "recipe": update_recipe(RECIPE, mapping(values, "recipe", place), place),
        **common_settings(values, path),
        **overrides,
    }
    if "output" not in built:
        raise InputError(f"{path}: no output directory: add `output:` or give -o")
    return PretrainSettings(**built)


def _read_genome(entry: Any, base: Path, place: str) -> RawGenome:
    """Build one genome from its entry: a path, or a mapping."""
    if isinstance(entry, str):
        entry = {"genome": entry}
    if not isinstance(entry, dict) or "genome" not in entry:
        raise InputError(f"{place}: needs at least `genome:`")
    reject_unknown(entry, [one.name for one in fields(RawGenome)], place)
    return RawGenome(base / str(entry["genome"]), read_weight(entry, place))
