"""What the commands of ``genefinder inspect`` have in common: options, inputs and outputs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from genefinder.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from genefinder.interpret.pieces import Piece
    from genefinder.interpret.subject import Subject
    from genefinder.interpret.windows import Tracer
    from genefinder.io.tsv import Cell

Decorated = Callable[..., None]

SETTINGS = {"help_option_names": ["-h", "--help"], "show_default": True}
SEED = 1
_PATH = click.Path(path_type=Path)


def common_options(command: Decorated) -> Decorated:
    """Add the options that every command takes."""
    for option in (
        click.option("-q", "--quiet", is_flag=True, help="Only errors on stderr."),
        click.option("--device", default="auto", help="auto, cpu, cuda or cuda:N."),
        click.option(
            "--figures",
            type=click.Choice(["svg", "png", "none"]),
            default="svg",
            help="Format of figures; none needs no matplotlib.",
        ),
        click.option(
            "--region",
            "regions",
            metavar="REGION",
            multiple=True,
            help="Look only at CONTIG or CONTIG:START-END (1-based, closed); repeatable.",
        ),
        click.option(
            "-m",
            "--model",
            default="plant",
            help="Installed model, or the directory of a gene model or a pretrained one.",
        ),
        click.option(
            "-o", "--output", type=_PATH, required=True, help="Folder for tables and figures."
        ),
    ):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Inspection:
    """The opened inputs of a command, and where its results go.

    Attributes
    ----------
    subject, tracer
        The model, ready to run.
    pieces
        What to run it on.
    output, figures
        Folder, and the format of figures or ``none``.
    quiet
        Say nothing on standard error.
    """

    subject: "Subject"
    tracer: "Tracer"
    pieces: "list[Piece]"
    output: Path
    figures: str
    quiet: bool

    @property
    def title(self) -> str:
        """What a figure says of its origin."""
        bases = sum(len(piece) for piece in self.pieces)
        return f"{self.subject.name}, {bases / 1e3:,.0f} kb"

    def table(self, name: str, header: Sequence[str], rows: "Iterable[Sequence[Cell]]") -> None:
        """Write a table under its name."""
        from genefinder.io.tsv import write_tsv

        write_tsv(self.output / name, header, rows)

    def figure(self, name: str, draw: "Callable[..., Figure]", *arguments: Any) -> None:
        """Draw and write a figure, unless none is wanted."""
        if self.figures != "none":
            from genefinder.interpret.figures.canvas import write_figure

            write_figure(self.output / f"{name}.{self.figures}", draw, *arguments)

    def say(self, line: str) -> None:
        """Write a line to standard error, unless quiet."""
        if not self.quiet:
            click.echo(line, err=True)

    def done(self) -> None:
        """Say where the results are."""
        self.say(f"tables and figures of {self.title} are in {self.output}")


def open_inspection(
    genome: str,
    annotation: str | None,
    *,
    output: Path,
    model: str,
    regions: Sequence[str],
    figures: str,
    device: str,
    quiet: bool,
) -> Inspection:
    """Load the model and the sequence, and make the output folder.

    Raises
    ------
    GenefinderError
        An input cannot be used, the folder cannot be made, or matplotlib is missing.
    """
    from genefinder.interpret.pieces import read_pieces
    from genefinder.interpret.subject import load_subject
    from genefinder.interpret.windows import Tracer
    from genefinder.io.regions import parse_region
    from genefinder.network.device import choose_device

    if figures != "none":
        from genefinder.interpret.figures.canvas import require_matplotlib

        require_matplotlib()
    limits = [parse_region(text) for text in regions]
    where = choose_device(device)
    subject = load_subject(model)
    pieces, notes = read_pieces(genome, annotation, limits, subject.grammar.genetic_code)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{output}: cannot be made: {error.strerror}; choose another folder"
        ) from error
    opened = Inspection(subject, Tracer(subject.network, where), pieces, output, figures, quiet)
    for note in notes:
        opened.say(note)
    return opened


def print_table(header: Sequence[str], rows: "Iterable[Sequence[Cell]]") -> None:
    """Print a table for people on standard output, numbers with three significant digits."""
    cells = [list(header)] + [
        [f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        parts = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(parts).rstrip())
