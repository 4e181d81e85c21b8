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

_HEADER = ("filter", "weight", "name", "best", "similarity", "consensus", "bits", "peaks")
_TESTS = ("filter", "landmark", "offset", "auc", "effect", "p", "q")


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
    from genefinder.interpret.figures.motifs import draw_motifs
    from genefinder.interpret.landmarks import find_landmarks
    from genefinder.interpret.motifs import find_motifs, write_meme
    from genefinder.io.output import open_output

    opened = open_inspection(genome, gff, **common)
    landmarks = find_landmarks(opened.pieces, sites, SEED)
    found = find_motifs(opened.tracer, opened.pieces, landmarks, peaks, seed=SEED)
    opened.table(
        "motifs.tsv",
        _HEADER,
        (
            (
                one.id,
                float(one.bank.weights[one.unit]),
                one.name or None,
                one.best,
                one.similarity,
                one.letters,
                float(one.information.sum()),
                one.peaks,
            )
            for one in found
        ),
    )
    opened.table(
        "enrichment.tsv",
        _TESTS,
        (
            (one.id, test.kind, test.offset, test.auc, test.effect, test.p, test.q)
            for one in found
            for test in one.enrichments
        ),
    )
    with open_output(opened.output / "motifs.meme") as stream:
        write_meme(found, stream)
    opened.figure("motifs", draw_motifs, found, f"First-layer filters of {opened.title}")
    print_table(
        ("filter", "name", "similarity", "consensus", "bits", "auc"),
        (
            (
                one.id,
                one.name,
                one.similarity,
                one.letters.strip("."),
                float(one.information.sum()),
                next((test.auc for test in one.enrichments if test.kind == one.name), float("nan")),
            )
            for one in found
            if one.name
        ),
    )
    opened.done()
