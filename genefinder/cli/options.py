"""Options that many commands take, and how options are added to a command."""

from collections.abc import Callable

import click

Decorated = Callable[..., None]


def with_options(command: Decorated, *options: Callable[[Decorated], Decorated]) -> Decorated:
    """Return a command with options, which its help lists in this order."""
    for option in reversed(options):
        command = option(command)
    return command


device_option = click.option("--device", default="auto", help="auto, cpu, cuda or cuda:N.")
quiet_option = click.option("-q", "--quiet", is_flag=True, help="Only errors on stderr.")


def compute_options(command: Decorated) -> Decorated:
    """Add the options that say what to compute with."""
    return with_options(
        command,
        click.option(
            "--threads",
            type=click.IntRange(min=1),
            default=1,
            help="CPU threads; they change no byte of the result.",
        ),
        device_option,
    )


def genetic_code_option(default: str) -> Callable[[Decorated], Decorated]:
    """Return the option that names a genetic code.

    Parameters
    ----------
    default
        What holds where it is not given, for the help text.
    """
    return click.option(
        "--genetic-code",
        metavar="N",
        type=int,
        callback=_check_genetic_code,
        help=f"NCBI translation table of the genome.  [default: {default}]",
    )


def _check_genetic_code(
    ctx: click.Context, param: click.Parameter, value: int | None
) -> int | None:
    """Return the number of an NCBI translation table, or none.

    Raises
    ------
    click.BadParameter
        If there is no such table, or its stop codons depend on their context.
    """
    from genefinder.errors import InputError
    from genefinder.grammar import Grammar

    if value is not None:
        try:
            Grammar(genetic_code=value)
        except InputError as error:
            raise click.BadParameter(str(error).removeprefix("grammar: ")) from error
    return value
