"""What a pretraining is asked to do."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from genefinder.errors import InputError
from genefinder.training.recipe import Recipe
from genefinder.training.run_settings import RunSettings, read_run
from genefinder.training.sources import RawGenome, read_raw, read_sources

__all__ = ["RECIPE", "PretrainSettings", "RawGenome", "read_settings"]

RECIPE = Recipe(rate=2e-2, clip=1.0, noise=0.0, validation_bases=500_000)
"""How to pretrain, unless something else is asked for.

The gradient of a base that is all but impossible to predict is mostly noise, and small steps drown
in it: after one minute of S. pombe, rates of 3e-3, 1e-2 and 2e-2 had come to 1.922, 1.903 and 1.900
bits a held-out base.
"""


@dataclass(frozen=True, slots=True)
class PretrainSettings(RunSettings):
    """A whole run; see :class:`RunSettings` for what every run is told.

    ``init`` may name a pretrained model, or a gene model, whose encoder is taken.

    Attributes
    ----------
    genomes
        What to learn from.
    recipe
        How to train.
    skip_soft_masked
        Do not predict lower-case bases, by which repeats are marked; they are read as context.
    """

    genomes: tuple[RawGenome, ...]
    recipe: Recipe = RECIPE
    skip_soft_masked: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the values that shape the result, as JSON types."""
        return {
            "genomes": [genome.to_dict() for genome in self.genomes],
            **self.regions(),
            "skip_soft_masked": self.skip_soft_masked,
            "recipe": asdict(self.recipe),
            "init": self.begun_from,
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
    return read_run(PretrainSettings, path, _read_own, RECIPE, overrides)


def _read_own(values: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Read what only a pretraining is told."""
    skip = values.get("skip_soft_masked", False)
    if not isinstance(skip, bool):
        raise InputError(f"{path}: skip_soft_masked must be true or false, not {skip!r}")
    return {
        "genomes": read_sources(values, "genomes", path, read_raw),
        "skip_soft_masked": skip,
    }
