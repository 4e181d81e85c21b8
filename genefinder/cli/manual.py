"""The manual page, made of the help of every command.

``python -m genefinder.cli.manual > genefinder.1`` writes it, for those who package the program.
"""

import inspect
import re
from collections.abc import Iterator

import click

from genefinder import __version__
from genefinder.cli.main import genefinder

_EXIT_CODES = (
    ("0", "Success."),
    ("1", "Unusable data, or failed input or output."),
    ("2", "Wrong usage."),
    ("129, 130, 143", "The terminal was closed; interrupted; terminated."),
    ("141", "Nobody reads standard output any more."),
)


def manual_page() -> str:
    """Return the page as roff, for ``man``."""
    context = click.Context(genefinder, info_name="genefinder", **genefinder.context_settings)
    lines = [
        f'.TH GENEFINDER 1 "" "genefinder {__version__}" "User Commands"',
        ".SH NAME",
        r"genefinder \- find protein\-coding genes in genomes",
        ".SH SYNOPSIS",
        ".B genefinder",
        ".RI [ OPTIONS ]\\~ COMMAND \\~[ ARGUMENTS ]",
        ".SH DESCRIPTION",
        *_paragraphs(genefinder),
        *_options(context),
        ".SH COMMANDS",
    ]
    for command in _commands(context):
        lines += [f".SS {_plain(command.command_path)}", *_usage(command)]
        lines += [*_paragraphs(command.command), *_options(command)]
    lines.append(".SH EXIT STATUS")
    for code, meaning in _EXIT_CODES:
        lines += [".TP", f".B {code}", _plain(meaning)]
    return "\n".join(lines) + "\n"


def _commands(parent: click.Context) -> Iterator[click.Context]:
    """Yield the contexts of all commands below one, those of groups below them too."""
    group = parent.command
    if not isinstance(group, click.Group):
        return
    for name in group.list_commands(parent):
        command = group.get_command(parent, name)
        if command is not None:
            settings = command.context_settings
            context = click.Context(command, parent=parent, info_name=name, **settings)
            yield context
            yield from _commands(context)


def _usage(context: click.Context) -> list[str]:
    pieces = context.command.collect_usage_pieces(context)
    return [".B " + _plain(context.command_path), _plain(" ".join(pieces)), ".PP"]


def _paragraphs(command: click.Command) -> list[str]:
    """Return what a command says of itself."""
    lines: list[str] = []
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        lines += [".PP", _plain(" ".join(paragraph.split()))]
    return lines


def _options(context: click.Context) -> list[str]:
    lines = []
    for parameter in context.command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and record[1]:
            lines += [".TP", f".B {_plain(record[0])}", _plain(" ".join(record[1].split()))]
    return lines


def _plain(text: str) -> str:
    r"""Escape what roff reads otherwise: backslashes, hyphens, and a dot or quote in front."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    return re.sub(r"^([.'])", r"\\&\1", escaped)


if __name__ == "__main__":
    click.echo(manual_page(), nl=False)
