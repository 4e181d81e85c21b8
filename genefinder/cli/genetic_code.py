"""The check of options that take a genetic code."""

import click


def check_genetic_code(ctx: click.Context, param: click.Parameter, value: int | None) -> int | None:
    """Return the number of an NCBI translation table, or none.

    Raises
    ------
    click.BadParameter
        If there is no such table.
    """
    from genefinder.errors import InputError
    from genefinder.grammar import Grammar

    if value is not None:
        try:
            Grammar(genetic_code=value)
        except InputError as error:
            raise click.BadParameter(str(error).removeprefix("grammar: ")) from error
    return value
