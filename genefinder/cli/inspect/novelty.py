"""The command that calls boundaries without an annotation."""

from typing import Any

import click

from genefinder.cli.inspect.options import (
    SEED,
    common_options,
    open_inspection,
    print_table,
)


@click.command()
@click.argument("genome")
@click.argument("gff", required=False)
@common_options
@click.option(
    "--span",
    type=click.IntRange(min=1),
    default=3,
    help="Blocks whose mean states are compared; 1 compares each state with the one before.",
)
@click.option(
    "--deviations",
    type=click.FloatRange(min=0),
    default=2.0,
    help="Robust standard deviations by which a peak is above the median.",
)
@click.option(
    "--apart", type=click.IntRange(min=1), default=90, help="Bases between two peaks, at least."
)
@click.option(
    "--tolerance",
    type=click.IntRange(min=0),
    default=50,
    help="Bases between a peak and a boundary that it marks, at most.",
)
def novelty(
    genome: str,
    gff: str | None,
    span: int,
    deviations: float,
    apart: int,
    tolerance: int,
    **common: Any,
) -> None:
    """Trace how much the hidden state changes along GENOME, and call its peaks as boundaries.

    Writes novelty.bedgraph and peaks.bed, which need no annotation, and a figure. With GFF, also
    scores.tsv and curves.tsv: precision and recall of the peaks against the boundaries of genes,
    exons and introns, beside as many peaks of the change in GC content, and beside the same peaks
    shifted at random.
    """
    from genefinder.interpret.figures import draw_novelty
    from genefinder.interpret.novelty import (
        SCORES,
        call_peaks,
        score_peaks,
        trace_novelty,
        write_scores,
        write_tracks,
    )

    opened = open_inspection(genome, gff, **common)
    sequences = opened.sequences
    tracks = [trace_novelty(opened.tracer, sequence, span) for sequence in sequences]
    peaks = call_peaks(tracks, apart, deviations)
    write_tracks(opened.output, sequences, tracks, peaks, opened.tracer.stride)
    scores, curves = (
        score_peaks(sequences, tracks, peaks, apart, tolerance, seed=SEED) if gff else ([], [])
    )
    if gff:
        write_scores(opened.output, scores, curves)
        print_table(SCORES, ([getattr(score, name) for name in SCORES] for score in scores))
    opened.figure(
        "novelty", draw_novelty, sequences, tracks, peaks, scores, curves,
        f"Novelty of the hidden state: {opened.title}",
    )  # fmt: skip
    opened.done()
