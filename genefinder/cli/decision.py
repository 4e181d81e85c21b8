"""What the genes of a genome are found with, decided and told for several commands."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from genefinder.account import reasons, tell_repeats, with_account
from genefinder.cli.display import Display
from genefinder.cli.species_option import AUTO, choose_shown

if TYPE_CHECKING:
    from genefinder.compute import Compute
    from genefinder.io.fasta import Genome
    from genefinder.repeats import RepeatMarks
    from genefinder.saved_choice import SavedChoice


def decide(
    genome: "Genome",
    model: str,
    species: str,
    *,
    genetic_code: int | None,
    marks: "RepeatMarks",
    compute: "Compute",
    quiet: bool,
    say: Callable[[str], None],
) -> "SavedChoice":
    """Decide what the genes of a genome are found with, and tell why.

    Parameters
    ----------
    genome, species, genetic_code, compute, quiet
        See :func:`genefinder.cli.species_option.choose_shown`.
    model
        ``auto``, the name of a model or its directory.
    marks
        See :func:`genefinder.repeats.learn_repeats`.
    say
        Takes texts for the user.
    """
    from genefinder.models.model import Model
    from genefinder.repeats import learn_repeats

    named = None if model == AUTO else Model.load(model)
    choice = choose_shown(
        genome, named, species, genetic_code=genetic_code, compute=compute, quiet=quiet
    )
    for text in reasons(choice):
        say(text)
    with Display(quiet, "learning repeats: ") as display:
        repeats = learn_repeats(
            genome, choice.model, marks=marks, compute=compute, progress=display.show
        )
    if text := tell_repeats(repeats):
        say(text)
    return with_account(choice, choice.model.name if named is None else model, repeats)
