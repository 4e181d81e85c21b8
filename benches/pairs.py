"""Benchmarks of pairs of a species and a model, measured one by one and kept."""

import argparse
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

import torch

from benches.heldout import percent
from benches.records import DATA, Records, Row
from genefinder.models.model import Model


def read_pair(text: str, known: Collection[str]) -> tuple[str, str]:
    """Read a known species and a model.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is none.
    """
    species, _, model = text.partition(":")
    if species not in known or not model:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not SPECIES:MODEL with a species of {', '.join(known)}"
        )
    return species, model


def table(heads: Sequence[str], rows: Sequence[tuple[Sequence[str], Row]]) -> str:
    """Return F1 of genes, with sensitivity and precision, exons and bases as Markdown.

    Parameters
    ----------
    heads
        Of the columns before the figures.
    rows
        The cells before the figures, and what was measured.
    """
    columns = [*heads, "gene F1 (Sn, Pr)", "exon F1", "base F1"]
    lines = [f"| {' | '.join(columns)} |", len(columns) * "|---" + "|"]
    for cells, row in rows:
        levels: Mapping[str, Mapping[str, float]] = row["test"]["levels"]
        exon, base = (f"{100 * levels[level]['f1']:.1f}" for level in ("exon", "base"))
        lines.append(f"| {' | '.join([*cells, percent(levels['gene']), exon, base])} |")
    return "\n".join(lines)


def run(
    benchmark: str,
    description: str,
    known: Collection[str],
    measure: Callable[[str, Model, Path], Row],
    show: Callable[[Sequence[Row]], str],
    results: Path,
) -> None:
    """Measure the pairs that the command line names, except those that are there already.

    Parameters
    ----------
    benchmark, description
        Its name, and what it does.
    known
        Species that can be named.
    measure
        Takes a species, a model and the folder of the annotated genomes.
    show
        Makes a table of all rows.
    results
        File for the results, by default.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "pairs", nargs="+", type=lambda text: read_pair(text, known), metavar="SPECIES:MODEL"
    )
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the annotated genomes")
    parser.add_argument("--json", type=Path, default=results, help="file for the results")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    records = Records(arguments.json, benchmark, {}, ("species", "model", "sha256"))
    for species, name in arguments.pairs:
        model = Model.load(name)
        key = {"species": species, "model": model.name, "sha256": model.sha256}
        if not records.has(**key):
            records.add(**key, **measure(species, model, arguments.data))
    print(show(records.rows))
