"""The commands that look inside a network."""

import click

from genefinder.cli.main import LazyGroup

SUMMARIES = {
    "motifs": "Show what each first-layer filter responds to, and where in genes.",
    "probe": "Read properties of a base off the hidden states.",
    "novelty": "Call boundaries where the hidden state changes most.",
    "gates": "Compare the gates between regions and around landmarks.",
    "periodicity": "Show the three-base period of what is said of each base.",
}
"""What each does. ``NAME`` is the command ``NAME`` of ``genefinder.cli.inspect.NAME``."""


@click.group(cls=LazyGroup, package="genefinder.cli.inspect", summaries=SUMMARIES)
def inspect() -> None:
    """Look inside a network: tables (TSV) and figures of what it has learnt.

    Use sequence that the model was not trained on. `genefinder inspect COMMAND --help` explains a
    command.
    """
