"""What a run of any kind is asked to do, and how a YAML says it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from genefinder.errors import InputError, ModelError
from genefinder.genes import Region
from genefinder.io.regions import format_region, parse_region
from genefinder.network.config import NetworkConfig
from genefinder.training.config_file import items, mapping, read_mapping
from genefinder.training.recipe import Recipe, update_recipe
from genefinder.training.sources import Source


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What every run is told; those of a kind add what is theirs.

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

    genomes: tuple[Source, ...]
    output: Path
    validation: tuple[Region, ...] = ()
    exclude: tuple[Region, ...] = ()
    network: NetworkConfig = field(default_factory=NetworkConfig)
    recipe: Recipe = field(default_factory=Recipe)
    init: str | None = None
    resume: bool = False
    threads: int = 1
    device: str = "auto"

    @property
    def begun_from(self) -> str | None:
        """Name of the model to start from."""
        return None if self.init is None else Path(self.init).name

    def check_windows(self, stride: int) -> None:
        """Refuse windows that the network cannot cut into blocks.

        Parameters
        ----------
        stride
            Bases of the network's blocks.

        Raises
        ------
        InputError
            If the windows are no multiple of it.
        """
        if self.recipe.window % stride:
            raise InputError(
                f"recipe: window {self.recipe.window} is not a multiple of the network's stride "
                f"{stride}"
            )

    def regions(self) -> dict[str, list[str]]:
        """Return the regions that are not learnt from, as JSON types."""
        return {
            "validation": [format_region(region) for region in self.validation],
            "exclude": [format_region(region) for region in self.exclude],
        }


Settings = TypeVar("Settings", bound=RunSettings)


def read_run(
    kind: type[Settings],
    path: Path,
    own: Callable[[Mapping[str, Any], Path], dict[str, Any]],
    recipe: Recipe,
    overrides: Mapping[str, Any],
) -> Settings:
    """Read the settings of a run from YAML.

    Parameters
    ----------
    kind
        What to build.
    path
        The file: keys as the fields of ``kind``, save for ``resume``. Paths are relative to it.
    own
        Reads what only this kind has, and the genomes, from the mapping of the file.
    recipe
        What the file's recipe changes.
    overrides
        Fields that win over the file's.

    Raises
    ------
    InputError
        If the file cannot be read or says something unknown.
    """
    values = read_mapping(path, [one.name for one in fields(kind) if one.name != "resume"])
    built = {
        **own(values, path),
        "recipe": update_recipe(recipe, mapping(values, "recipe", str(path)), str(path)),
        **_read_common(values, path),
        **overrides,
    }
    if "output" not in built:
        raise InputError(f"{path}: no output directory: add `output:` or give -o")
    return kind(**built)


def _read_common(values: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return the settings that every kind of run has, as far as a file names them."""
    place, base = str(path), path.parent
    found: dict[str, Any] = {
        name: tuple(parse_region(str(region)) for region in items(values, name, place))
        for name in ("validation", "exclude")
    }
    try:
        found["network"] = NetworkConfig.from_dict(mapping(values, "network", place))
    except ModelError as error:
        raise InputError(f"{place}: {error}") from error
    if values.get("output") is not None:
        found["output"] = base / str(values["output"])
    if (init := values.get("init")) is not None:
        found["init"] = model_beside(path, str(init))
    if (threads := values.get("threads")) is not None:
        if not isinstance(threads, int) or threads < 1:
            raise InputError(f"{place}: threads must be a whole number of at least 1")
        found["threads"] = threads
    if values.get("device") is not None:
        found["device"] = str(values["device"])
    return found


def model_beside(path: Path, name: str) -> str:
    """Return a model directory named relative to a YAML file, or else the name itself."""
    beside = path.parent / name
    return str(beside if beside.is_dir() else name)
