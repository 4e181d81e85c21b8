"""The commands that show the statistics of species."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from genefinder.species.statistics import Statistics

_MODEL = click.option(
    "-m",
    "--model",
    help="The model that knows the species: its name or its directory.  [default: all installed "
    "models that read statistics]",
)


@click.group()
def species() -> None:
    """Show and compare the statistics of species that models read."""


@species.command("list")
@_MODEL
def list_species(model: str | None) -> None:
    """List the species that models know by name."""
    from genefinder.species_choice import readers

    header = ("species", "model", "code", "GC", "genes/Mb", "introns/gene", "origin")
    rows: list[tuple[str, ...]] = [header]
    for reader in readers(model):
        for known in reader.statistics:
            structure = known.structure
            figures = [
                f"{value:{form}}" if structure.bases else "-"
                for value, form in (
                    (100 * structure.gc, ".1f"),
                    (structure.genes_per_mb, ".0f"),
                    (structure.introns_per_gene, ".2f"),
                )
            ]
            code = str(known.genetic_code)
            rows.append((known.name, reader.name, code, *figures, known.origin_text))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


@species.command()
@click.argument("name", metavar="NAME|FILE")
@_MODEL
def show(name: str, model: str | None) -> None:
    """Show what the statistics of a species say: genes, codons, sites.

    NAME|FILE is a species that a model knows, or a file of `genefinder learn`. Codons are given
    with the bits by which they tell coding sequence from intergenic one. A site is given as the
    bases that tell it from its decoys: capitals add a bit and more, small letters less, and a dot
    stands for any base.
    """
    from genefinder.species.report import report

    click.echo(report(_find(name, model)))


@species.command()
@click.argument("first", metavar="NAME|FILE")
@click.argument("second", metavar="NAME|FILE")
@_MODEL
def compare(first: str, second: str, model: str | None) -> None:
    """Tell how much the statistics of two species are alike.

    Prints the correlation, from -1 to 1, of the log-odds of coding words, of words in introns, and
    of bases around sites.
    """
    likenesses = _find(first, model).likeness(_find(second, model))
    for name, likeness in likenesses.items():
        click.echo(f"{name:8}  {likeness:6.3f}")


def _find(name: str, model: str | None) -> "Statistics":
    """Return the statistics of a species given by name or by file."""
    from genefinder.species_choice import named, readers

    return named(name, readers(model))
