"""The command that lists the installed models."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from genefinder.models.model import Model


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of a table.")
def models(as_json: bool) -> None:
    """List the installed models, what they were trained on and how good they are.

    F1 is that of coding bases, coding exons and genes on sequence held out of the training. Each
    model's card, MODEL_CARD.md in its folder, tells more.
    """
    from genefinder.models.model import installed_gene_models, installed_models

    folders = installed_models()
    found = [_row(model, folders[model.name]) for model in installed_gene_models()]
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return
    header = ("model", "MB", "base F1", "exon F1", "gene F1", "calibrated", "trained on")
    rows = [header, *(_cells(description) for description in found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())
    for description in found:
        click.echo(f"{description['model']}: {description['folder']}", err=True)


def _row(model: "Model", folder: Path) -> dict[str, Any]:
    """Return what is known of a model, as JSON has it."""
    return {
        "model": model.name,
        "folder": str(folder),
        "megabytes": round(sum(path.stat().st_size for path in folder.rglob("*")) / 1e6, 2),
        "species": [
            genome.get("species") or genome.get("genome", "?")
            for genome in model.provenance.get("genomes", [])
        ],
        "held_out_f1": model.provenance.get("held_out_f1", {}),
        "calibrated": bool(model.calibration.curves),
    }


def _cells(description: dict[str, Any]) -> tuple[str, ...]:
    """Return the row of a model."""
    figures = description["held_out_f1"]
    shares = [
        f"{100 * figures[level]:.1f}" if level in figures else "-"
        for level in ("base", "exon", "gene")
    ]
    species = ", ".join(dict.fromkeys(description["species"]))
    calibrated = "yes" if description["calibrated"] else "no"
    return (description["model"], f"{description['megabytes']:.1f}", *shares, calibrated, species)
