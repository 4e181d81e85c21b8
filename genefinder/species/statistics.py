"""What tells one species' genes from another's: log-odds of words by state, and site models.

A classical gene finder is little more than these numbers. Here the network owns none of them: it
reads those of the species at hand, so that the same network serves a genome whose statistics were
counted on its annotation, and one whose statistics were learnt from its sequence alone.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self, get_args

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.numpy import load, save

from genefinder.data.counts import CountedTables, TableShape
from genefinder.data.start_motifs import SPACERS, WIDTH, StartMotifs
from genefinder.errors import InputError, ModelError
from genefinder.grammar import Grammar
from genefinder.grammar.grammar import INTRON_FLOOR
from genefinder.io.output import open_output
from genefinder.species.adjustment import Adjustment
from genefinder.species.structure import Structure

SUFFIX = ".safetensors"
Origin = Literal["annotation", "genome", "training"]
"""Counted on an annotation; learnt from the genome alone; counted, then trained with a network."""
_ORIGINS: Mapping[Origin, str] = {
    "annotation": "counted on an annotation",
    "genome": "learnt from a genome alone",
    "training": "counted on an annotation and trained",
}
_FORMAT = "genefinder statistics 2"
_PROKARYOTIC_CODES = (4, 11, 25)
_METADATA = "statistics"


@dataclass(frozen=True, slots=True, eq=False)
class Statistics:
    """Statistics of one genome.

    Attributes
    ----------
    name
        Of the species, or of the file that they were learnt from.
    tables
        Log-odds of words and sites.
    genetic_code
        NCBI translation table.
    origin
        What they come from.
    structure
        Figures of the genes that were counted.
    min_intron
        Shortest intron, in bases; ``None`` where too few are known to tell, and that of the model
        holds.
    min_coding
        Fewest coding bases of a gene, stop codon included; ``None`` likewise.
    adjustment
        What is added to the scores of a network that reads them.
    """

    name: str
    tables: CountedTables
    genetic_code: int = 1
    origin: Origin = "annotation"
    structure: Structure = field(default_factory=Structure)
    min_intron: int | None = None
    min_coding: int | None = None
    adjustment: Adjustment = field(default_factory=Adjustment)

    def __post_init__(self) -> None:
        """Refuse shapes that do not fit each other.

        Raises
        ------
        InputError
            If an array has another shape than it should have, or a value cannot be.
        """
        words, weights, bias = self.tables.words, self.tables.weights, self.tables.bias
        whole = np.log2(max(1, len(words) - 1)) / 2
        if words.shape[1:] != (4,) or not whole.is_integer() or whole < 1:
            raise InputError(f"statistics {self.name}: words have shape {words.shape}")
        if weights.shape[:3] != (4, 4, 4) or weights.ndim != 4 or bias.shape != (4,):
            raise InputError(
                f"statistics {self.name}: sites have shapes {weights.shape} and {bias.shape}"
            )
        if not 0 <= self.tables.before < weights.shape[3]:
            raise InputError(
                f"statistics {self.name}: a site lies at {self.tables.before} of "
                f"{weights.shape[3]} columns"
            )
        arrays = [words, weights, bias]
        if (motifs := self.tables.motifs) is not None:
            arrays += [motifs.weights, motifs.spacers]
            if (
                motifs.weights.shape[1:] != (4, WIDTH)
                or motifs.spacers.shape != (len(motifs), SPACERS)
                or not (motifs.spacers >= 0).all()
                or not motifs.spacers.sum() < 1.0
            ):
                raise InputError(
                    f"statistics {self.name}: motifs have shapes {motifs.weights.shape} and "
                    f"{motifs.spacers.shape}, or probabilities that are none"
                )
        if not all(np.isfinite(array).all() for array in arrays):
            raise InputError(f"statistics {self.name}: hold values that are no numbers")
        if self.origin not in get_args(Origin):
            raise InputError(f"statistics {self.name}: unknown origin {self.origin!r}")
        if self.min_intron is not None and self.min_intron < INTRON_FLOOR:
            raise InputError(
                f"statistics {self.name}: introns of {self.min_intron} bases are too short"
            )
        if self.min_coding is not None and self.min_coding < 1:
            raise InputError(f"statistics {self.name}: genes of {self.min_coding} bases are none")

    @property
    def order(self) -> int:
        """Bases of context of the words."""
        return (len(self.tables.words) - 1).bit_length() // 2 - 1

    @property
    def shape(self) -> TableShape:
        """The shape of the tables."""
        before = self.tables.before
        return TableShape(self.order, before, self.tables.weights.shape[3] - 1 - before)

    @property
    def is_prokaryotic(self) -> bool:
        """Whether they are of a bacterium or archaeon: of genes without introns and their code."""
        return self.genetic_code in _PROKARYOTIC_CODES and self.structure.introns_per_gene == 0

    @property
    def slug(self) -> str:
        """The name as part of a file's name: lower case, letters, digits and underscores."""
        return slug(self.name)

    @property
    def sha256(self) -> str:
        """Hash of :meth:`to_bytes`, hexadecimal."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @property
    def origin_text(self) -> str:
        """What they come from, in words."""
        return _ORIGINS[self.origin]

    def identity(self) -> dict[str, str]:
        """Return name, origin and hash as JSON has them."""
        return {"name": self.name, "origin": self.origin, "sha256": self.sha256}

    def describe(self) -> str:
        """Return name, origin and hash, in a few words."""
        return f"{self.name}, {self.origin_text}, sha256:{self.sha256}"

    def grammar(self, usual: Grammar) -> Grammar:
        """Return the grammar of the species: another one with its code and minimum lengths."""
        return replace(
            usual,
            genetic_code=self.genetic_code,
            min_intron=self.min_intron or usual.min_intron,
            min_coding=self.min_coding or usual.min_coding,
        )

    def to_bytes(self) -> bytes:
        """Return the content of a file."""
        about: dict[str, Any] = {
            "format": _FORMAT,
            "name": self.name,
            "genetic_code": self.genetic_code,
            "origin": self.origin,
            "before": self.tables.before,
            "structure": asdict(self.structure),
        }
        if self.min_intron is not None:
            about["min_intron"] = self.min_intron
        if self.min_coding is not None:
            about["min_coding"] = self.min_coding
        if self.adjustment:
            about["adjustment"] = self.adjustment.to_list()
        arrays = {
            "words": self.tables.words,
            "weights": self.tables.weights,
            "bias": self.tables.bias,
        }
        if self.tables.motifs is not None:
            arrays["motif_weights"] = self.tables.motifs.weights
            arrays["motif_spacers"] = self.tables.motifs.spacers
        return save(
            {
                name: np.ascontiguousarray(values, dtype=np.float32)
                for name, values in arrays.items()
            },
            metadata={_METADATA: json.dumps(about, sort_keys=True)},
        )

    def save(self, path: str | Path) -> None:
        """Write a file, which is complete or absent; ``-`` is standard output.

        Raises
        ------
        InputError
            If it cannot be written, or its name asks for compression.
        """
        if str(path).endswith(".gz"):
            raise InputError(f"{path}: statistics are not compressed; give a name without .gz")
        with open_output(path) as stream:
            stream.buffer.write(self.to_bytes())

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a file of :meth:`to_bytes`.

        Raises
        ------
        ModelError
            If it cannot be read or holds something else.
        """
        try:
            data = Path(path).read_bytes()  # at once: it may be a pipe
            found = load(data)
            header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
            about: dict[str, Any] = json.loads(header["__metadata__"][_METADATA])
            arrays = {name: found[name] for name in ("words", "weights", "bias")}
            if about["format"] != _FORMAT:
                raise ModelError(
                    f"{path}: statistics of format {about['format']!r}, but this version reads "
                    f"{_FORMAT!r}"
                )
            return cls(
                name=about["name"],
                tables=CountedTables(**arrays, before=about["before"], motifs=_motifs(found)),
                genetic_code=about["genetic_code"],
                origin=about["origin"],
                structure=Structure(**about["structure"]),
                min_intron=about.get("min_intron"),
                min_coding=about.get("min_coding"),
                adjustment=Adjustment.from_list(about.get("adjustment", ())),
            )
        except OSError as error:
            raise ModelError(f"{path}: cannot be read: {error.strerror or error}") from error
        except InputError as error:
            raise _unusable(path, str(error)) from error
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise _unusable(path, "damaged, cut short, or something else") from error

    def likeness(self, other: "Statistics") -> Mapping[str, float]:
        """Compare with the statistics of another genome.

        Returns
        -------
        mapping
            ``coding``, ``introns`` and ``sites``: correlation of the log-odds of coding words, of
            words in introns, and of bases around sites, from -1 to 1.
        """
        own, its = self.tables, other.tables
        if own.words.shape != its.words.shape or own.weights.shape != its.weights.shape:
            raise InputError(f"{self.name} and {other.name} have statistics of other shapes")
        pairs = {
            "coding": (own.words[:-1, :3], its.words[:-1, :3]),
            "introns": (own.words[:-1, 3], its.words[:-1, 3]),
            "sites": (own.weights, its.weights),
        }
        return {name: _correlation(a, b) for name, (a, b) in pairs.items()}


def _motifs(arrays: Mapping[str, npt.NDArray[np.float32]]) -> StartMotifs | None:
    """Return the motifs before starts that a file holds, if any."""
    if "motif_weights" not in arrays:
        return None
    return StartMotifs(arrays["motif_weights"], arrays["motif_spacers"])


def _unusable(path: str | Path, reason: str) -> ModelError:
    """Return the error of a file that holds no statistics."""
    return ModelError(
        f"{path}: not usable as the statistics of a genome ({reason}); copy the file again, or "
        "make it anew with `genefinder learn`"
    )


def slug(name: str) -> str:
    """Return a name of a species as part of a file's name."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _correlation(first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]) -> float:
    """Return the correlation of two arrays; 0 where one of them says nothing."""
    a, b = first.ravel().astype(np.float64), second.ravel().astype(np.float64)
    if not a.std() or not b.std():
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])
