"""The command that describes the filters of the first layer."""

from typing import Any

import click

from genefinder.cli.inspect.options import (
    SEED,
    SETTINGS,
    common_options,
    open_inspection,
    print_table,
)


@click.command(context_settings=SETTINGS)
@click.argument("genome")
@click.argument("gff")
@common_options
@click.option(
    "--peaks",
    type=click.IntRange(min=20),
    default=500,
    help="Places that a filter's matrix is made from.",
)
@click.option(
    "--sites", type=click.IntRange(min=20), default=2000, help="Landmarks of each kind, at most."
)
def motifs(genome: str, gff: str, peaks: int, sites: int, **common: Any) -> None:
    """Describe what the filters of the first layer respond to on GENOME, annotated by GFF.

    Writes motifs.tsv (every filter with its consensus, its information content, and the landmark
    whose own consensus it resembles most), enrichment.tsv (its response at starts, stops, donors,
    acceptors and branch points against decoys nearby: area under the ROC curve, Cohen's d over
    genes, permutation p and false discovery rate), motifs.meme (matrices, in MEME format) and a
    figure of sequence logos. Prints the filters that are named after a landmark.
    """
    from genefinder.interpret.figures import draw_motifs
    from genefinder.interpret.landmarks import find_landmarks
    from genefinder.interpret.motifs import find_motifs, write_motifs

    opened = open_inspection(genome, gff, **common)
    landmarks = find_landmarks(opened.sequences, sites, SEED)
    found = find_motifs(opened.tracer, opened.sequences, landmarks, peaks, seed=SEED)
    write_motifs(opened.output, found)
    opened.figure("motifs", draw_motifs, found, f"First-layer filters of {opened.title}")
    print_table(
        ("filter", "name", "similarity", "consensus", "bits", "auc"),
        (
            (
                *(motif.id, motif.name, motif.similarity, motif.letters.strip(".")),
                *(float(motif.information.sum()), motif.auc_at(motif.name)),
            )
            for motif in found
            if motif.name
        ),
    )
    opened.done()
