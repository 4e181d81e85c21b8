"""The command that shows the period of three in what a network says of each base."""

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
@click.argument("gff")
@common_options
@click.option(
    "--window",
    type=click.IntRange(min=9),
    default=99,
    help="Bases of a spectrum, a multiple of 3; shorter regions are left out.",
)
def periodicity(genome: str, gff: str, window: int, **common: Any) -> None:
    """Compute spectra of what a network says of each base of GENOME, annotated by GFF.

    That is the log-likelihood of the base, of a model that `genefinder pretrain` made, or else the
    score for the first base of a codon. Writes spectra.tsv and contexts.tsv (power spectra in
    coding exons, introns and intergenic sequence, without regard to frame and in frame),
    contrasts.tsv (power at one third, exons against the others), boundaries.tsv (the part with
    period three around donors and acceptors) and a figure.
    """
    from genefinder.interpret.figures import draw_periodicity
    from genefinder.interpret.periodicity import (
        CONTRASTS,
        SPECTRA,
        inspect_periodicity,
        write_periodicity,
    )

    opened = open_inspection(genome, gff, **common)
    spectra, contrasts, periods = inspect_periodicity(
        opened.tracer, opened.sequences, window, seed=SEED
    )
    write_periodicity(opened.output, spectra, contrasts, periods)
    title = f"Periodicity of {opened.title}"
    opened.figure("periodicity", draw_periodicity, spectra, periods, title)
    print_table(SPECTRA, (spectrum.summary() for spectrum in spectra))
    click.echo()
    print_table(
        CONTRASTS, ([getattr(contrast, name) for name in CONTRASTS] for contrast in contrasts)
    )
    opened.done()
