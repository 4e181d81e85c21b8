"""The command that describes the filters of the first layer."""

from typing import TYPE_CHECKING, Any

import click

from genefinder.cli.inspect.options import (
    SEED,
    common_options,
    open_inspection,
    print_table,
)

if TYPE_CHECKING:
    from genefinder.cli.inspect.options import Inspection


@click.command()
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

    Where genes have no introns, also start_motifs.tsv, and what it holds: the words that stand
    before starts of the genome, such as the Shine-Dalgarno word, and how far from them.
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
    _show_start_motifs(opened)
    opened.done()


def _show_start_motifs(opened: "Inspection") -> None:
    """Write and print the motifs that the statistics hold of starts, if they hold any."""
    from genefinder.interpret.start_motifs import describe_start_motifs, write_start_motifs
    from genefinder.models.model import Model

    reads = opened.model.reads if isinstance(opened.model, Model) else None
    if reads is None or reads.tables.motifs is None:
        return
    motifs = list(describe_start_motifs(reads.tables.motifs))
    write_start_motifs(opened.output / "start_motifs.tsv", motifs)
    print_table(
        ("before starts", "name", "share", "spacer"),
        (
            (
                *(motif.word, motif.name or "-", motif.share),
                f"{motif.spacer} ({motif.nearest} to {motif.farthest})",
            )
            for motif in motifs
        ),
    )
