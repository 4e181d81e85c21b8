"""The command that calibrates a model anew."""

from pathlib import Path

import click

from genefinder.cli.options import compute_options

_PATH = click.Path(path_type=Path)


@click.command()
@click.argument("model")
@click.argument("pairs", metavar="(GENOME GFF)...", nargs=-1, required=True, type=_PATH)
@click.option(
    "--region",
    "regions",
    metavar="REGION",
    multiple=True,
    help="Use only CONTIG or CONTIG:START-END (1-based, closed); repeatable.",
)
@compute_options
def calibrate(
    model: str, pairs: tuple[Path, ...], regions: tuple[str, ...], threads: int, device: str
) -> None:
    """Calibrate the posteriors of MODEL on annotated genomes.

    MODEL is a name or a directory; its config.json and its card are changed, its weights are not.
    `genefinder train` calibrates by itself, so this is for models that were trained without, and
    for species whose genes should decide what a posterior means. The model must not have been
    trained on the genes used.
    """
    from genefinder.io.regions import parse_region
    from genefinder.reliability import format_reliability, format_trade_off
    from genefinder.training.calibrate import calibrate as run
    from genefinder.training.settings import LabelledGenome

    if len(pairs) % 2:
        raise click.UsageError("GENOME and GFF come in pairs; one is missing")
    genomes = [LabelledGenome(*pair) for pair in zip(pairs[::2], pairs[1::2], strict=True)]
    limits = [parse_region(text) for text in regions]
    found = run(model, genomes, limits, threads, device)
    click.echo(format_reliability(found.reliability))
    click.echo(f"\n{format_trade_off(found.trade_off)}")
    click.echo(f"{model}: calibrated; default threshold {found.min_posterior:g}", err=True)
