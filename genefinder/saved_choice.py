"""What is decided once for a genome, saved for those who find the genes of its shards.

Model, statistics, genetic code and the penalty of repeats come from samples of the whole genome; a
shard alone would lead to others.
"""

import base64
import binascii
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from genefinder.data.repeats import Repeats
from genefinder.errors import ModelError
from genefinder.io.output import open_output
from genefinder.models.model import Model
from genefinder.species.statistics import Statistics

_FORMAT = "genefinder choice 1"
_REPEATS = "share", "least", "weight", "kept", "reliable"
_BY_WORDS = "frequent words"


@dataclass(frozen=True, slots=True)
class SavedChoice:
    """The model for a genome, what it reads, and what repeats cost.

    Attributes
    ----------
    model
        To predict with.
    place
        Name of an installed model, or its directory.
    repeats
        What is repeated; ``None`` where nothing is to be known of it.
    reasons
        Why the model was chosen, in lines for people.
    remarks
        What the header of a GFF3 tells about it.
    selection, species
        The same as JSON has it; ``None`` where there is nothing to tell.
    seconds
        Processor time that the choice took.
    """

    model: Model
    place: str
    repeats: Repeats | None = None
    reasons: tuple[str, ...] = ()
    remarks: tuple[tuple[str, str], ...] = ()
    selection: Mapping[str, Any] | None = None
    species: Mapping[str, Any] | None = None
    seconds: float = 0.0

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a file, which is complete or absent, for shards whose lower case marks repeats.

        Raises
        ------
        InputError
            It cannot be written.
        """
        reads = self.model.reads
        content = {
            "format": _FORMAT,
            "model": {"place": _lasting(self.place), "sha256": self.model.sha256},
            "reads": None if reads is None else base64.b64encode(reads.to_bytes()).decode(),
            "repeats": None
            if self.repeats is None
            else {name: getattr(self.repeats, name) for name in _REPEATS}
            | {"source": self.repeats.source},
            "reasons": self.reasons,
            "remarks": self.remarks,
            "selection": self.selection,
            "species": self.species,
            "seconds": self.seconds,
        }
        with open_output(path) as stream:
            json.dump(content, stream, indent=1)
            stream.write("\n")

    @classmethod
    def load(cls, path: str | os.PathLike[str], place: str | None = None) -> Self:
        """Read a file of :meth:`save`.

        Parameters
        ----------
        path
            The file.
        place
            Where the model is, if elsewhere.

        Raises
        ------
        ModelError
            The file cannot be read or holds something else, or the model is missing or another.
        """
        try:
            content = json.loads(Path(path).read_bytes())
            if content["format"] != _FORMAT:
                raise ModelError(
                    f"{path}: a choice of format {content['format']!r}, but this version reads "
                    f"{_FORMAT!r}; cut the genome again"
                )
            reads = content["reads"]
            data = None if reads is None else base64.b64decode(reads, validate=True)
            place = place or str(content["model"]["place"])
            sha256 = content["model"]["sha256"]
            repeats = content["repeats"] and _repeats(content["repeats"])
            told = (
                tuple(content["reasons"]),
                tuple((key, value) for key, value in content["remarks"]),
            )
            selection, species = content["selection"], content["species"]
            seconds = float(content["seconds"])
        except OSError as error:
            raise ModelError(f"{path}: cannot be read: {error.strerror or error}") from error
        except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
            raise ModelError(
                f"{path}: holds no choice of a model; give the choice.json of genefinder shard"
            ) from error
        model = Model.load(place)
        if model.sha256 != sha256:
            raise ModelError(
                f"{path}: was made with another model than {place}, of sha256 {sha256[:12]} and "
                f"not {model.sha256[:12]}; say where that is with --model, or cut the genome again"
            )
        if data is not None:
            model = _reading(model, data)
        return cls(model, place, repeats, *told, selection, species, seconds)


def _lasting(place: str) -> str:
    """Return the name of a model, or the absolute path of its directory."""
    return os.path.abspath(place) if os.path.isdir(place) else place


def _repeats(content: Mapping[str, Any]) -> Repeats:
    """Return repeats that lower case marks now, whatever told them."""
    found_by = _BY_WORDS if content["source"] == _BY_WORDS else ""
    return Repeats(**{name: content[name] for name in _REPEATS}, found_by=found_by)


def _reading(model: Model, data: bytes) -> Model:
    """Return a model as it reads statistics, given as the content of their file."""
    with tempfile.NamedTemporaryFile(prefix="genefinder.") as file:
        file.write(data)
        file.flush()
        statistics = Statistics.load(file.name)
    same = model.reads is not None and model.reads.sha256 == statistics.sha256
    return model if same else model.reading(statistics)
