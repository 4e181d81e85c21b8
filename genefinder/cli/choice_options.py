"""How commands are told what to find genes with, and how that is chosen and told."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

import click

from genefinder.account import reasons, tell_repeats, with_account
from genefinder.cli.display import Display
from genefinder.cli.options import Decorated, genetic_code_option, with_options

if TYPE_CHECKING:
    from genefinder.choice import Choice
    from genefinder.compute import Compute
    from genefinder.io.fasta import Genome
    from genefinder.models.model import Model
    from genefinder.repeats import RepeatMarks
    from genefinder.saved_choice import SavedChoice

AUTO, KNOWN = "auto", "known"
_MARKS = "words", "case", "auto", "none"

species_option = click.option(
    "--species",
    metavar="NAME|FILE",
    default=AUTO,
    help="What the model reads: the statistics of a species that it knows by name, or a file of "
    "genefinder learn; known takes the best of those that it knows, self learns them from GENOME, "
    "auto the better of both, or those of the only species that it knows. Without --model, "
    "universal reads what is asked for.",
)


def choice_options(command: Decorated) -> Decorated:
    """Add the options that say what the genes of a genome are found with."""
    return with_options(
        command,
        click.option(
            "-m",
            "--model",
            default=AUTO,
            help="Name of an installed model, or a model directory; auto compares all installed "
            "models on a sample of the genome.",
        ),
        species_option,
        genetic_code_option(
            "that of the species or model asked for; otherwise found by the stop codons inside "
            "long open frames"
        ),
        click.option(
            "--repeats",
            type=click.Choice(_MARKS),
            default=_MARKS[0],
            help="What tells repeats, where coding sequence is penalised: frequent words, lower "
            "case, or nothing; auto takes lower case where there is some, else words.",
        ),
    )


@dataclass(frozen=True, slots=True)
class ChoiceOptions:
    """The values of :func:`choice_options`."""

    model: str
    species: str
    genetic_code: int | None
    repeats: "RepeatMarks"

    @classmethod
    def taken_from(cls, options: dict[str, Any]) -> Self:
        """Take the values out of those of a command."""
        return cls(**{field.name: options.pop(field.name) for field in fields(cls)})

    @property
    def asks_for_model_alone(self) -> bool:
        """Whether all but the model is left open."""
        return (self.species, self.genetic_code, self.repeats) == (AUTO, None, _MARKS[0])

    def decide(
        self,
        genome: "Genome",
        *,
        compute: "Compute",
        quiet: bool,
        say: Callable[[str], None],
    ) -> "SavedChoice":
        """Decide what the genes of a genome are found with, and tell why.

        Parameters
        ----------
        genome, compute, quiet
            See :func:`choose_shown`.
        say
            Takes texts for the user.
        """
        from genefinder.models.model import Model
        from genefinder.repeats import learn_repeats

        named = None if self.model == AUTO else Model.load(self.model)
        choice = choose_shown(
            genome,
            named,
            self.species,
            genetic_code=self.genetic_code,
            compute=compute,
            quiet=quiet,
        )
        for text in reasons(choice):
            say(text)
        with Display(quiet, "learning repeats: ") as display:
            repeats = learn_repeats(
                genome, choice.model, marks=self.repeats, compute=compute, progress=display.show
            )
        if text := tell_repeats(repeats):
            say(text)
        return with_account(choice, choice.model.name if named is None else self.model, repeats)


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
