"""The files that a run learns from, and how a YAML names them."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Protocol, TypeVar

from genefinder.errors import InputError
from genefinder.training.config_file import items, reject_unknown

STANDARD_CODE = 1
"""NCBI translation table of most nuclear genomes."""


class Source(Protocol):
    """A genome of any kind, as a run of any kind needs to know it."""

    @property
    def genome(self) -> Path:
        """FASTA."""

    @property
    def weight(self) -> float | None:
        """Share of the training windows."""


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

    def to_dict(self) -> dict[str, Any]:
        """Return the values that shape the result, as JSON types."""
        return {"genome": self.genome.name, "weight": self.weight}


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
        BED of regions to leave out of the loss.
    genetic_code
        NCBI translation table.
    species
        Its name, which the model remembers.
    """

    genome: Path
    annotation: Path
    weight: float | None = None
    mask: Path | None = None
    genetic_code: int = STANDARD_CODE
    species: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the values that shape the result, as JSON types."""
        return {
            "genome": self.genome.name,
            "annotation": self.annotation.name,
            "weight": self.weight,
            "mask": self.mask.name if self.mask else None,
            "genetic_code": self.genetic_code,
            "species": self.species,
        }


Read = TypeVar("Read")


def read_sources(
    values: Mapping[str, Any], name: str, path: Path, read: Callable[[Any, Path, str], Read]
) -> tuple[Read, ...]:
    """Read a list of genomes from a YAML.

    Parameters
    ----------
    values, name
        Mapping of the file, and the key of the list.
    path
        The file; paths in it are relative to it.
    read
        :func:`read_labelled` or :func:`read_raw`.

    Raises
    ------
    InputError
        If there is no list, or an entry is not what it should be.
    """
    return tuple(
        read(entry, path.parent, f"{path}: {name}[{number}]")
        for number, entry in enumerate(items(values, name, str(path)))
    )


def read_labelled(entry: Any, base: Path, place: str) -> LabelledGenome:
    """Build one genome with its annotation from its entry, a mapping.

    Raises
    ------
    InputError
        If the entry is not what it should be.
    """
    if not isinstance(entry, dict) or not {"genome", "annotation"} <= set(entry):
        raise InputError(f"{place}: needs at least `genome:` and `annotation:`")
    reject_unknown(entry, [field.name for field in fields(LabelledGenome)], place)
    code = entry.get("genetic_code", STANDARD_CODE)
    if not isinstance(code, int):
        raise InputError(f"{place}: genetic_code must be the number of an NCBI table, not {code!r}")
    return LabelledGenome(
        genome=base / str(entry["genome"]),
        annotation=base / str(entry["annotation"]),
        weight=_read_weight(entry, place),
        mask=base / str(entry["mask"]) if entry.get("mask") else None,
        genetic_code=code,
        species=str(entry["species"]) if entry.get("species") else None,
    )


def read_raw(entry: Any, base: Path, place: str) -> RawGenome:
    """Build one genome without annotation from its entry: a path, or a mapping.

    Raises
    ------
    InputError
        If the entry is not what it should be.
    """
    if isinstance(entry, str):
        entry = {"genome": entry}
    if not isinstance(entry, dict) or "genome" not in entry:
        raise InputError(f"{place}: needs at least `genome:`")
    reject_unknown(entry, [field.name for field in fields(RawGenome)], place)
    return RawGenome(base / str(entry["genome"]), _read_weight(entry, place))


def _read_weight(entry: Mapping[str, Any], place: str) -> float | None:
    """Return a genome's share of the windows, ``None`` where it is to follow from its bases."""
    weight = entry.get("weight")
    if weight is None:
        return None
    if not isinstance(weight, int | float) or not 0 < weight < math.inf:
        raise InputError(f"{place}: weight must be a number above 0, not {weight!r}")
    return float(weight)
