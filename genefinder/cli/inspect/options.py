"""What the commands of ``genefinder inspect`` have in common: options, inputs and outputs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from genefinder.cli.choice_options import AUTO, choose_shown, species_option
from genefinder.cli.options import Decorated, device_option, quiet_option, with_options
from genefinder.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from genefinder.interpret.activations import Tracer
    from genefinder.interpret.sequence import AnnotatedSequence
    from genefinder.io.tsv import Cell
    from genefinder.models.model import Model, PretrainedModel

SEED = 1
_PATH = click.Path(path_type=Path)


def common_options(command: Decorated) -> Decorated:
    """Add the options that every command takes."""
    return with_options(
        command,
        click.option(
            "-o", "--output", type=_PATH, required=True, help="Folder for tables and figures."
        ),
        click.option(
            "-m",
            "--model",
            help="Installed model, or the directory of a gene model or a pretrained one.  "
            "[default: plant; universal with --species]",
        ),
        species_option,
        click.option(
            "--region",
            "regions",
            metavar="REGION",
            multiple=True,
            help="Look only at CONTIG or CONTIG:START-END (1-based, closed); repeatable.",
        ),
        click.option(
            "--figures",
            type=click.Choice(["svg", "png", "none"]),
            default="svg",
            help="Format of figures; none needs no matplotlib.",
        ),
        device_option,
        quiet_option,
    )


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
        reads = getattr(self.model, "reads", None)
        species = "" if reads is None else f", species {reads.name}"
        return f"{self.model.name}{species}, {bases / 1e3:,.0f} kb"

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
    model: str | None,
    species: str,
    regions: Sequence[str],
    figures: str,
    device: str,
    quiet: bool,
) -> Inspection:
    """Load the model and the sequence, make the output folder, and choose what the model reads.

    Raises
    ------
    click.UsageError
        A species is asked for, and the model finds no genes.
    GenefinderError
        An input cannot be used, the folder cannot be made, or matplotlib is missing.
    """
    from genefinder.compute import Compute
    from genefinder.interpret.activations import Tracer
    from genefinder.interpret.sequence import genetic_code_of, read_sequences
    from genefinder.io.fasta import open_genome
    from genefinder.io.regions import parse_region
    from genefinder.models.model import Model, load_any
    from genefinder.network.device import choose_device

    if figures != "none":
        from genefinder.interpret.figures import require_matplotlib

        require_matplotlib()
    limits = [parse_region(text) for text in regions]
    where = choose_device(device)
    loaded = load_any(model or ("plant" if species == AUTO else "universal"))
    if species != AUTO and not isinstance(loaded, Model):
        raise click.UsageError(f"--species does nothing: {loaded.name} finds no genes")
    source = open_genome(genome)
    source.spool()
    # What cannot be read is met before minutes are spent on statistics.
    code = genetic_code_of(loaded)
    sequences, notes = read_sequences(source, annotation, limits, code)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{output}: cannot be made: {error.strerror}; choose another folder"
        ) from error
    reads = None
    if isinstance(loaded, Model):
        compute = Compute(device=where)
        choice = choose_shown(source, loaded, species, compute=compute, quiet=quiet)
        loaded, reads = choice.model, choice.reads
    if genetic_code_of(loaded) != code:
        sequences, notes = read_sequences(source, annotation, limits, genetic_code_of(loaded))
    tracer = Tracer(loaded.network, where)
    opened = Inspection(loaded, tracer, sequences, output, figures, quiet)
    for line in [*([] if reads is None else [reads.describe()]), *notes]:
        opened.say(line)
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
