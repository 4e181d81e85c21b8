"""The command that trains a model on annotated genomes."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from genefinder.cli.options import genetic_code_option
from genefinder.cli.run_options import PATH, RunOptions, budget_options, data_options

if TYPE_CHECKING:
    from genefinder.training.settings import LabelledGenome


@click.command()
@click.argument("pairs", metavar="(GENOME GFF)...", nargs=-1, type=PATH)
@data_options
@click.option(
    "--mask",
    type=PATH,
    multiple=True,
    help="BED of regions without a trustworthy annotation; one for each GENOME, in order.",
)
@genetic_code_option("1; a YAML tells that of each genome")
@click.option(
    "--init",
    metavar="MODEL",
    help="Start from an installed model or a directory, also one of `genefinder pretrain`.",
)
@click.option(
    "--next-base",
    type=click.FloatRange(min=0.0, max=1.0, max_open=True),
    help="Share of the budget in which a new network first predicts the next base.  [default: "
    "0.25, or the YAML's; none with --init]",
)
@click.option(
    "--prokaryote",
    is_flag=True,
    help="The genomes are of bacteria or archaea: no introns, genes may overlap, genetic code 11 "
    "unless the YAML has another.",
)
@budget_options
def train(
    pairs: tuple[Path, ...],
    mask: tuple[Path, ...],
    genetic_code: int | None,
    init: str | None,
    next_base: float | None,
    prokaryote: bool,
    **common: Any,
) -> None:
    """Train a model on pairs of GENOME (FASTA) and GFF (GFF3 or GTF).

    The statistics of the species are counted from the annotation in seconds and make a complete
    gene finder; training a network through the gene grammar improves it. OUTPUT receives the model
    (config.json, model.safetensors, species, MODEL_CARD.md), log.csv, a report of the annotation
    and a checkpoint. Run it under torchrun for several processes.
    """
    from genefinder.grammar.grammar import STANDARD_CODE
    from genefinder.training.settings import TrainSettings
    from genefinder.training.train import train as run

    options = RunOptions(**common)
    if next_base and init:
        raise click.UsageError("--next-base is for new networks, and --init starts from another")
    if genetic_code is not None and not pairs:
        raise click.UsageError("--genetic-code is that of GENOME GFF pairs; the YAML has its own")
    genomes = _pair_up(pairs, mask, genetic_code or (11 if prokaryote else STANDARD_CODE))
    if options.config is None and not genomes:
        raise click.UsageError("give GENOME GFF pairs or --config")
    own = {
        "genomes": genomes,
        "init": init,
        "next_base": next_base,
        "prokaryotic": prokaryote or None,
    }
    settings = options.settings(TrainSettings, own)
    with options.display() as display:
        run(settings, display.say, display.show)


def _pair_up(
    pairs: tuple[Path, ...], masks: tuple[Path, ...], genetic_code: int
) -> "tuple[LabelledGenome, ...]":
    """Pair genomes with annotations, and with masks where there are any."""
    from genefinder.training.settings import LabelledGenome

    if len(pairs) % 2:
        raise click.UsageError("GENOME and GFF come in pairs; one is missing")
    genomes, annotations = pairs[::2], pairs[1::2]
    if masks and len(masks) != len(genomes):
        raise click.UsageError(
            f"{len(masks)} --mask for {len(genomes)} genomes: give one for each, or list the "
            "genomes in a YAML"
        )
    beds = masks or (None,) * len(genomes)
    return tuple(
        LabelledGenome(genome, annotation, mask=bed, genetic_code=genetic_code)
        for genome, annotation, bed in zip(genomes, annotations, beds, strict=True)
    )
