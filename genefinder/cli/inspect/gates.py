"""The command that compares the gates of a recurrent layer."""

from pathlib import Path
from typing import Any

import click

from genefinder.cli.inspect.options import (
    SEED,
    common_options,
    open_inspection,
    print_table,
)

_SHOWN = ("first", "second", "gate", "mean_first", "mean_second", "effect", "p_corrected")


@click.command()
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
    from genefinder.interpret.figures import draw_gates
    from genefinder.interpret.gates import (
        collect_contexts,
        collect_rows,
        inspect_gates,
        write_gates,
    )
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
    sets = []
    for name, path in zip(names, beds, strict=True):
        rows = list(read_bed_rows(path))
        sets.append(collect_rows(name, rows, opened.sequences))
        if outside := len(rows) - len(sets[-1]):
            opened.say(f"{path}: {outside} of {len(rows)} regions lie outside of the sequence")
    sets = sets or collect_contexts(opened.sequences)
    landmarks = find_landmarks(opened.sequences, sites, SEED) if gff else {}
    contrasts, profiles = inspect_gates(
        opened.tracer, opened.sequences, sets, landmarks, layer, permutations, SEED
    )
    write_gates(opened.output, contrasts, profiles if gff else None)
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
