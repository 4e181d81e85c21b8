"""The command that shows the period of three in how well the next base is predicted."""

from typing import Any

import click

from genefinder.cli.inspect.options import (
    SEED,
    SETTINGS,
    common_options,
    open_inspection,
    print_table,
)

_CONTEXTS = (
    *("context", "regions", "windows", "bits_per_base", "power_third", "over_rest"),
    *("aligned_third", "aligned_noise", "aligned_p"),
)
_CONTRASTS = ("first", "second", "ratio", "low", "high", "effect", "p", "aligned_ratio")


@click.command(context_settings=SETTINGS)
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
    """Compute spectra of the next base's log-likelihood on GENOME, annotated by GFF.

    MODEL must be one that `genefinder pretrain` made. Writes spectra.tsv and contexts.tsv (power
    spectra in coding exons, introns and intergenic sequence, without regard to frame and in frame),
    contrasts.tsv (power at one third, exons against the others), boundaries.tsv (the part with
    period three around donors and acceptors) and a figure.
    """
    from genefinder.interpret.figures.periodicity import draw_periodicity
    from genefinder.interpret.periodicity import inspect_periodicity

    opened = open_inspection(genome, gff, **common)
    spectra, contrasts, boundaries = inspect_periodicity(
        opened.tracer, opened.pieces, window, seed=SEED
    )
    opened.table(
        "spectra.tsv",
        ("context", "frequency", "power", "error", "aligned", "noise"),
        (
            (spectrum.context, *map(float, values))
            for spectrum in spectra
            for values in zip(
                spectrum.frequencies,
                spectrum.power,
                spectrum.error,
                spectrum.aligned,
                spectrum.noise,
                strict=True,
            )
        ),
    )
    contexts = [
        (
            *(spectrum.context, spectrum.regions, spectrum.windows, spectrum.bits),
            *(float(spectrum.power[spectrum.third]), spectrum.peak),
            *(
                float(spectrum.aligned[spectrum.third]),
                float(spectrum.noise[spectrum.third]),
                spectrum.p,
            ),
        )
        for spectrum in spectra
    ]
    opened.table("contexts.tsv", _CONTEXTS, contexts)
    rows = [tuple(getattr(contrast, name) for name in _CONTRASTS) for contrast in contrasts]
    opened.table("contrasts.tsv", _CONTRASTS, rows)
    opened.table(
        "boundaries.tsv",
        ("boundary", "sites", "offset", "power", "noise"),
        (
            (boundary.kind, boundary.sites, int(offset), float(power), float(noise))
            for boundary in boundaries
            for offset, power, noise in zip(
                boundary.offsets, boundary.power, boundary.noise, strict=True
            )
        ),
    )
    title = f"Periodicity of {opened.title}"
    opened.figure("periodicity", draw_periodicity, spectra, boundaries, title)
    print_table(_CONTEXTS, contexts)
    click.echo()
    print_table(_CONTRASTS, rows)
    opened.done()
