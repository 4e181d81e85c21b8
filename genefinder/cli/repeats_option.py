"""The option that says what marks repeats, as several commands take it."""

import click

MARKS = "words", "case", "auto", "none"
repeats_option = click.option(
    "--repeats",
    type=click.Choice(MARKS),
    default=MARKS[0],
    help="What tells repeats, where coding sequence is penalised: frequent words, lower case, or "
    "nothing; auto takes lower case where there is some, else words.",
)
