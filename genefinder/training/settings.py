"""What a run of each kind is told."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar

from genefinder.errors import InputError
from genefinder.genes import Region
from genefinder.io.regions import format_region
from genefinder.models.model import CONFIG
from genefinder.network.config import NetworkConfig
from genefinder.training.recipe import Recipe

GivenRegions = Sequence[Region] | Path
"""Regions as a run is told them: themselves, or a BED file of them."""

STANDARD_CODE = 1
"""NCBI translation table of most nuclear genomes."""
NEXT_BASE = 0.25
"""Usual share of the budget in which the encoder of a new network predicts the next base first."""
IMPERFECT = 0.2
"""Usual share of the windows that are read beside imperfect statistics."""
PRETRAINING = Recipe(rate=2e-2, clip=1.0, noise=0.0, validation_bases=500_000)
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
    validation, exclude
        Regions of it to validate on, and others that are not learnt from.
    """

    genome: Path
    weight: float | None = None
    validation: GivenRegions = ()
    exclude: GivenRegions = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the values that shape the result, as JSON types."""
        return {
            "genome": self.genome.name,
            "weight": self.weight,
            "validation": listed(self.validation),
            "exclude": listed(self.exclude),
        }


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
    validation, exclude
        Regions of it to validate on, and others that are not learnt from.
    """

    genome: Path
    annotation: Path
    weight: float | None = None
    mask: Path | None = None
    genetic_code: int = STANDARD_CODE
    species: str | None = None
    validation: GivenRegions = ()
    exclude: GivenRegions = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the values that shape the result, as JSON types."""
        return {
            "genome": self.genome.name,
            "annotation": self.annotation.name,
            "weight": self.weight,
            "mask": self.mask.name if self.mask else None,
            "genetic_code": self.genetic_code,
            "species": self.species,
            "validation": listed(self.validation),
            "exclude": listed(self.exclude),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """What a run of either kind is told.

    Attributes
    ----------
    output
        Model directory to write.
    validation, exclude
        Regions to validate on, and others that are not learnt from, in whatever genome has such a
        contig. A genome may have more of its own.
    init
        Model to start from, which brings the shape of the network.
    network
        Shape of a new network.
    recipe
        How to train.
    threads, device
        What to compute with.
    resume
        Go on from the checkpoint in ``output``.
    overwrite
        Replace a model in ``output``, which is refused otherwise.
    """

    own_options: ClassVar[tuple[str, ...]] = ("resume", "overwrite")
    """Fields that belong to one call and not to a configuration file."""

    output: Path
    validation: GivenRegions = ()
    exclude: GivenRegions = ()
    init: str | None = None
    network: NetworkConfig = field(default_factory=NetworkConfig)
    recipe: Recipe = field(default_factory=Recipe)
    threads: int = 1
    device: str = "auto"
    resume: bool = False
    overwrite: bool = False

    @classmethod
    def names(cls) -> list[str]:
        """Return what a configuration file may set."""
        return [known.name for known in fields(cls) if known.name not in cls.own_options]

    @classmethod
    def usual_recipe(cls) -> Recipe:
        """Return the recipe where nobody gives another."""
        return Recipe()

    def check_output(self) -> None:
        """Refuse to replace a model that nobody asked to replace.

        Raises
        ------
        InputError
            If there is one, or what is to be replaced is to be gone on with.
        """
        if self.resume and self.overwrite:
            raise InputError("resume goes on with what overwrite would replace; give one of them")
        if not (self.resume or self.overwrite) and (self.output / CONFIG).exists():
            raise InputError(
                f"{self.output}: holds a model already; give another directory, resume to go on "
                "with its training, or overwrite to replace it"
            )

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

    @property
    def begun_from(self) -> str | None:
        """Name of the model to start from."""
        return None if self.init is None else Path(self.init).name

    def regions(self) -> dict[str, list[str]]:
        """Return the regions that are not learnt from, as JSON types."""
        return {"validation": listed(self.validation), "exclude": listed(self.exclude)}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSettings(RunSettings):
    """What the training of a gene model is told.

    Attributes
    ----------
    genomes
        What to learn from.
    next_base
        Share of the budget, from 0 to less than 1, in which the encoder of a new network predicts
        the next base of the same sequence, before genes are learnt; ``None`` is the usual one, and
        none where the run starts from a model.
    imperfect
        Share of the windows, from 0 to 1, that the network is given worse statistics for: those of
        a tenth of the genome alone, or of its long open reading frames. It learns from them how far
        to trust the statistics of a genome that nobody annotated.
    hidden_words
        Share of the windows, from 0 to 1, whose words the network does not read. Of these it learns
        what statistics alone tell, which holds for species that it will never see; words are those
        of the species that it is trained on.
    prokaryotic
        The genomes are those of bacteria and archaea: a new network gets a grammar without introns,
        in which genes may overlap.
    """

    genomes: tuple[LabelledGenome, ...]
    next_base: float | None = None
    imperfect: float = IMPERFECT
    hidden_words: float = 0.0
    prokaryotic: bool = False

    def __post_init__(self) -> None:
        """Refuse what does not go together.

        Raises
        ------
        InputError
            If ``next_base``, ``imperfect`` or ``hidden_words`` is out of range, or an encoder is to
            predict bases that another run has trained.
        """
        check_next_base(self.next_base)
        for name in ("imperfect", "hidden_words"):
            share = getattr(self, name)
            if not isinstance(share, int | float) or not 0 <= share <= 1:
                raise InputError(f"{name} must be a number from 0 to 1, not {share!r}")
        if self.next_base and self.init:
            raise InputError(
                "next_base is for new networks: leave it out, or `init:`, the model to start from"
            )

    @property
    def next_base_share(self) -> float:
        """Share of the budget for the next base, the usual one where nobody says."""
        if self.next_base is None:
            return 0.0 if self.init else NEXT_BASE
        return self.next_base

    def to_dict(self) -> dict[str, Any]:
        """Return the values that shape the result, as JSON types."""
        return {
            "genomes": [genome.to_dict() for genome in self.genomes],
            **self.regions(),
            "recipe": asdict(self.recipe),
            "init": self.begun_from,
            "imperfect": self.imperfect,
            "hidden_words": self.hidden_words,
            "next_base": self.next_base_share,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrainSettings(RunSettings):
    """What the pretraining of an encoder is told.

    ``init`` may name a pretrained model, or a gene model, whose encoder is taken.

    Attributes
    ----------
    genomes
        What to learn from.
    skip_soft_masked
        Do not predict lower-case bases, by which repeats are marked; they are read as context.
    """

    genomes: tuple[RawGenome, ...]
    recipe: Recipe = PRETRAINING
    skip_soft_masked: bool = False

    @classmethod
    def usual_recipe(cls) -> Recipe:
        """Return the recipe where nobody gives another."""
        return PRETRAINING

    def to_dict(self) -> dict[str, Any]:
        """Return the values that shape the result, as JSON types."""
        return {
            "genomes": [genome.to_dict() for genome in self.genomes],
            **self.regions(),
            "skip_soft_masked": self.skip_soft_masked,
            "recipe": asdict(self.recipe),
            "init": self.begun_from,
        }


def listed(regions: GivenRegions) -> list[str]:
    """Write regions for people; of a BED file, its name."""
    if isinstance(regions, Path):
        return [regions.name]
    return [format_region(region) for region in regions]


def check_next_base(share: object) -> None:
    """Refuse a share of the budget that leaves nothing for genes.

    Raises
    ------
    InputError
        If it is neither ``None`` nor a number from 0 to less than 1.
    """
    if share is not None and (not isinstance(share, int | float) or not 0 <= share < 1):
        raise InputError(f"next_base must be from 0 to less than 1, not {share!r}")
