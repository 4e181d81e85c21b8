"""The option that says whose statistics a model reads, as several commands take it."""

from typing import TYPE_CHECKING

import click

from genefinder.cli.display import Display

if TYPE_CHECKING:
    from genefinder.choice import Choice
    from genefinder.compute import Compute
    from genefinder.io.fasta import Genome
    from genefinder.models.model import Model

AUTO, KNOWN = "auto", "known"
species_option = click.option(
    "--species",
    metavar="NAME|FILE",
    default=AUTO,
    help="What the model reads: the statistics of a species that it knows by name, or a file of "
    "genefinder learn; known takes the best of those that it knows, self learns them from GENOME, "
    "auto the better of both, or those of the only species that it knows. Without --model, "
    "universal reads what is asked for.",
)


def choose_shown(
    genome: "Genome",
    model: "Model | None",
    species: str,
    *,
    genetic_code: int | None = None,
    compute: "Compute",
    quiet: bool,
) -> "Choice":
    """Choose a model and what it reads, the progress shown; see :func:`genefinder.choice.choose`.

    Parameters
    ----------
    genome, model, species, genetic_code, compute
        As there.
    quiet
        Show no progress.
    """
    from genefinder.choice import choose

    with Display(quiet, "choosing the model: ") as display:
        return choose(
            genome,
            model,
            species,
            genetic_code=genetic_code,
            compute=compute,
            progress=display.show,
        )
