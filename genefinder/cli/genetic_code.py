"""The option that names a genetic code, as several commands take it."""

from collections.abc import Callable
from typing import Any

import click


def genetic_code_option(default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option.

    Parameters
    ----------
    default
        What holds where it is not given, for the help text.
    """
    return click.option(
        "--genetic-code",
        metavar="N",
        type=int,
        callback=_check,
        help=f"NCBI translation table of the genome.  [default: {default}]",
    )


def _check(ctx: click.Context, param: click.Parameter, value: int | None) -> int | None:
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
