"""The command that compares the gates of a recurrent layer."""

from pathlib import Path
from typing import Any

import click

from genefinder.cli.inspect.options import (
    SEED,
    SETTINGS,
    common_options,
    open_inspection,
    print_table,
)

_HEADER = (
    *("first", "second", "gate", "unit", "n_first", "n_second", "mean_first", "mean_second"),
    *("effect", "p", "p_corrected"),
)
_SHOWN = ("first", "second", "gate", "mean_first", "mean_second", "effect", "p_corrected")


@click.command(context_settings=SETTINGS)
@click.argument("genome")
@click.argument("gff", required=False)
@common_options
@click.option(
    "--bed",
    "beds",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Group of regions, named after the file; give two or more. Where the sixth column has the "
    "strand, the reading along it counts.  [default: exons, introns and intergenic of GFF]",
)
@click.option(
    "--layer",
    type=click.IntRange(min=0),
    default=0,
    help="Recurrent layer; 0 is the one that reads one direction alone.",
)
@click.option(
    "--permutations", type=click.IntRange(min=99), default=10_000, help="For the p-values."
)
@click.option(
    "--sites", type=click.IntRange(min=20), default=2000, help="Landmarks of each kind, at most."
)
def gates(
    genome: str,
    gff: str | None,
    beds: tuple[Path, ...],
    layer: int,
    permutations: int,
    sites: int,
    **common: Any,
) -> None:
    """Compare gates on GENOME between groups of regions, and around the landmarks of GFF.

    Writes contrasts.tsv (each pair of groups: every gate and every hidden unit, with Cohen's d and
    p-values from permuting which region belongs to which group), with GFF also profiles.tsv (each
    gate around starts, stops, donors, acceptors and branch points, beside decoys) and
    landmarks.tsv (whether they differ there), and a figure. Prints the means over hidden units.
    """
    from genefinder.interpret.figures.gates import draw_gates
    from genefinder.interpret.gates import inspect_gates
    from genefinder.interpret.groups import group_contexts, group_rows
    from genefinder.interpret.landmarks import find_landmarks
    from genefinder.io.bed import read_bed_rows

    if gff is None and not beds:
        raise click.UsageError("give GFF, or groups of regions with --bed")
    if len(beds) == 1:
        raise click.UsageError("give --bed twice or more: groups are compared with each other")
    names = [path.name.removesuffix(".gz").removesuffix(".bed") for path in beds]
    if len(set(names)) < len(names):
        raise click.UsageError("two --bed have the same name; groups are named after their files")
    opened = open_inspection(genome, gff, **common)
    groups = []
    for name, path in zip(names, beds, strict=True):
        regions = list(read_bed_rows(path))
        groups.append(group_rows(name, regions, opened.pieces))
        if outside := len(regions) - len(groups[-1]):
            opened.say(f"{path}: {outside} of {len(regions)} regions lie outside of the sequence")
    groups = groups or group_contexts(opened.pieces)
    landmarks = find_landmarks(opened.pieces, sites, SEED) if gff else {}
    contrasts, profiles = inspect_gates(
        opened.tracer, opened.pieces, groups, landmarks, layer, permutations, SEED
    )
    rows = [tuple(getattr(contrast, name) for name in _HEADER) for contrast in contrasts]
    opened.table("contrasts.tsv", _HEADER, rows)
    if gff:
        opened.table(
            "profiles.tsv",
            ("landmark", "gate", "offset", "mean", "error", "look_alikes"),
            (
                (profile.kind, profile.gate, int(offset), float(mean), float(error), float(alike))
                for profile in profiles
                for offset, mean, error, alike in zip(
                    profile.offsets, profile.mean, profile.error, profile.alike, strict=True
                )
            ),
        )
        opened.table(
            "landmarks.tsv",
            ("landmark", "gate", "n", "effect", "p"),
            (
                (profile.kind, profile.gate, profile.landmarks, profile.effect, profile.p)
                for profile in profiles
            ),
        )
    opened.figure("gates", draw_gates, contrasts, profiles, f"Gates of {opened.title}")
    print_table(
        _SHOWN,
        (
            tuple(getattr(contrast, name) for name in _SHOWN)
            for contrast in contrasts
            if contrast.unit < 0
        ),
    )
    opened.done()
