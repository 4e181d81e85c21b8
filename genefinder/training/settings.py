"""What the training of a gene model is asked to do."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from genefinder.errors import InputError
from genefinder.training.config_file import items
from genefinder.training.recipe import Recipe, update_recipe
from genefinder.training.run_settings import RunSettings, model_beside, read_run
from genefinder.training.sources import (
    LabelledGenome,
    RawGenome,
    read_labelled,
    read_raw,
    read_sources,
)

__all__ = ["LabelledGenome", "Recipe", "TrainSettings", "read_settings", "update_recipe"]


@dataclass(frozen=True, slots=True)
class TrainSettings(RunSettings):
    """A whole run; see :class:`RunSettings` for what every run is told.

    Attributes
    ----------
    genomes
        What to learn from.
    taught
        Genomes without annotation, to learn on from teachers.
    teachers
        Models whose posteriors label them.
    next_base
        Share of the budget, from 0 to less than 1, in which the encoder of a new network predicts
        the next base of the same sequence, before genes are learnt.
    """

    genomes: tuple[LabelledGenome, ...]
    taught: tuple[RawGenome, ...] = ()
    teachers: tuple[str, ...] = ()
    next_base: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what does not go together.

        Raises
        ------
        InputError
            If teachers come without sequence, or sequence without teachers; if ``next_base`` is out
            of range, or an encoder is to predict bases that another run has trained.
        """
        if not isinstance(self.next_base, int | float) or not 0 <= self.next_base < 1:
            raise InputError(f"next_base must be from 0 to less than 1, not {self.next_base!r}")
        if self.next_base and self.init:
            raise InputError(
                "next_base is for new networks: leave it out, or `init:`, the model to start from"
            )
        if bool(self.taught) != bool(self.teachers):
            raise InputError("`taught:` genomes need `teachers:`, and teachers something to teach")

    def to_dict(self) -> dict[str, Any]:
        """Return the values that shape the result, as JSON types."""
        return {
            "genomes": [genome.to_dict() for genome in self.genomes],
            **self.regions(),
            "recipe": asdict(self.recipe),
            "taught": [genome.to_dict() for genome in self.taught],
            "teachers": [Path(teacher).name for teacher in self.teachers],
            "init": self.begun_from,
            "next_base": self.next_base,
        }


def read_settings(path: Path, **overrides: Any) -> TrainSettings:
    """Read a run from YAML.

    Parameters
    ----------
    path
        The file: keys ``genomes`` (list of ``genome``, ``annotation``, ``weight``, ``mask``,
        ``genetic_code``, ``species``), ``output``, ``validation``, ``exclude``, ``network``,
        ``recipe``, ``taught`` (list of ``genome``, ``weight``), ``teachers``, ``next_base``,
        ``init``, ``threads`` and ``device``. Paths are relative to the file.
    **overrides
        Fields of :class:`TrainSettings` that win over the file's.

    Raises
    ------
    InputError
        If the file cannot be read or says something unknown.
    """
    return read_run(TrainSettings, path, _read_own, Recipe(), overrides)


def _read_own(values: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Read what only the training of a gene model is told."""
    share = {"next_base": values["next_base"]} if values.get("next_base") is not None else {}
    return {
        **share,
        "genomes": read_sources(values, "genomes", path, read_labelled),
        "taught": read_sources(values, "taught", path, read_raw),
        "teachers": tuple(
            model_beside(path, str(name)) for name in items(values, "teachers", str(path))
        ),
    }
