"""The option that says whose statistics a model reads, as several commands take it."""

from typing import TYPE_CHECKING

import click

from genefinder.cli.display import Display

if TYPE_CHECKING:
    from genefinder.choice import Choice
    from genefinder.io.fasta import Genome
    from genefinder.models.model import Model, PretrainedModel
    from genefinder.species_choice import Compute

AUTO = "auto"
species_option = click.option(
    "--species",
    metavar="NAME|FILE",
    default=AUTO,
    help="For a model that reads the statistics of a species: one that it knows, or a file of "
    "genefinder learn; known takes the best of those that it knows, self learns them from GENOME, "
    "auto the better of both. Without --model, universal reads what is asked for.",
)


def check_species(model: "Model | PretrainedModel", species: str) -> None:
    """Refuse a species for a model that reads no statistics.

    Raises
    ------
    click.UsageError
        If one is asked for.
    """
    from genefinder.models.model import Model

    if species != AUTO and not (isinstance(model, Model) and model.reads_statistics):
        raise click.UsageError(
            f"--species does nothing: model {model.name} reads no statistics of species"
        )


def choose_shown(
    genome: "Genome", model: "Model | None", species: str, *, compute: "Compute", quiet: bool,
    adaptable: bool = False,
) -> "Choice":  # fmt: skip
    """Choose a model and what it reads, the progress shown; see :func:`genefinder.choice.choose`.

    Parameters
    ----------
    genome, model, species, compute, adaptable
        As there.
    quiet
        Show no progress.
    """
    from genefinder.choice import choose

    with Display(quiet) as display:
        return choose(
            genome,
            model,
            species,
            adaptable=adaptable,
            compute=compute,
            progress=display.show,
        )
