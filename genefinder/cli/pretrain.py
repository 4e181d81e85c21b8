"""The command that pretrains an encoder on raw genomes."""

from pathlib import Path
from typing import Any

import click

from genefinder.cli.run_options import PATH, RunOptions, budget_options, data_options


@click.command()
@click.argument("genomes", metavar="GENOME...", nargs=-1, type=PATH)
@data_options
@click.option(
    "--skip-soft-masked",
    is_flag=True,
    help="Read lower-case bases (repeats), but do not predict them.",
)
@click.option(
    "--init",
    metavar="MODEL",
    help="Start from another pretrained model, or from the encoder of a gene model.",
)
@budget_options
def pretrain(
    genomes: tuple[Path, ...], skip_soft_masked: bool, init: str | None, **common: Any
) -> None:
    """Prepare a model on each GENOME (FASTA), none of which needs an annotation.

    The encoder of the gene network learns to predict the next base in either reading direction, and
    is compared with Markov models on held-out sequence. OUTPUT receives the model (config.json,
    model.safetensors, MODEL_CARD.md), log.csv, the comparison (bits_per_base.csv and .json) and a
    checkpoint; `genefinder train --init OUTPUT` makes a gene model of it. Run it under torchrun for
    several processes.
    """
    from genefinder.training.pretrain import pretrain as run
    from genefinder.training.settings import PretrainSettings, RawGenome

    options = RunOptions(**common)
    if options.config is None and not genomes:
        raise click.UsageError("give GENOME or --config")
    own = {
        "genomes": tuple(map(RawGenome, genomes)),
        "skip_soft_masked": skip_soft_masked or None,
        "init": init,
    }
    settings = options.settings(PretrainSettings, own)
    with options.display() as display:
        run(settings, display.say, display.show)
