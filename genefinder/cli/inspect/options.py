"""What the commands of ``genefinder inspect`` have in common: options, inputs and outputs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from genefinder.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from genefinder.interpret.activations import Tracer
    from genefinder.interpret.sequence import AnnotatedSequence
    from genefinder.io.tsv import Cell
    from genefinder.models.model import Model, PretrainedModel

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
    model, tracer
        The model, ready to run.
    sequences
        What to run it on.
    output, figures
        Folder, and the format of figures or ``none``.
    quiet
        Say nothing on standard error.
    """

    model: "Model | PretrainedModel"
    tracer: "Tracer"
    sequences: "list[AnnotatedSequence]"
    output: Path
    figures: str
    quiet: bool

    @property
    def title(self) -> str:
        """What a figure says of its origin."""
        bases = sum(len(sequence) for sequence in self.sequences)
        return f"{self.model.name}, {bases / 1e3:,.0f} kb"

    def figure(self, name: str, draw: "Callable[..., Figure]", *arguments: Any) -> None:
        """Draw and write a figure, unless none is wanted."""
        if self.figures != "none":
            from genefinder.interpret.figures import write_figure

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
    from genefinder.interpret.activations import Tracer
    from genefinder.interpret.sequence import genetic_code_of, read_sequences
    from genefinder.io.regions import parse_region
    from genefinder.models.model import load_any
    from genefinder.network.device import choose_device

    if figures != "none":
        from genefinder.interpret.figures import require_matplotlib

        require_matplotlib()
    limits = [parse_region(text) for text in regions]
    where = choose_device(device)
    loaded = load_any(model)
    tracer = Tracer(loaded.network, where)
    sequences, notes = read_sequences(genome, annotation, limits, genetic_code_of(loaded))
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{output}: cannot be made: {error.strerror}; choose another folder"
        ) from error
    opened = Inspection(loaded, tracer, sequences, output, figures, quiet)
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
