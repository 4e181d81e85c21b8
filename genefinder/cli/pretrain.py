"""The command that pretrains an encoder on raw genomes."""

from pathlib import Path

import click

from genefinder.cli.display import Display

_PATH = click.Path(path_type=Path)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("genomes", metavar="GENOME...", nargs=-1, type=_PATH)
@click.option("-o", "--output", type=_PATH, help="Model directory to write.")
@click.option("--config", type=_PATH, help="YAML with genomes, regions, network and recipe.")
@click.option(
    "--validation",
    metavar="REGION",
    multiple=True,
    help="Held-out CONTIG or CONTIG:START-END (1-based, closed) that predictions are scored on; "
    "repeatable.  [default: the end of the first genome's longest contig]",
)
@click.option(
    "--exclude",
    metavar="REGION",
    multiple=True,
    help="CONTIG or CONTIG:START-END that is not read at all, such as a test region; repeatable.",
)
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
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in the output directory.")
@click.option(
    "--max-minutes",
    type=click.FloatRange(min=0.0, min_open=True),
    help="Time budget; the learning rate is scheduled to fit.  [default: 60, or the YAML's]",
)
@click.option("--max-steps", type=click.IntRange(min=0), help="Budget in updates.")
@click.option("--threads", type=click.IntRange(min=1), help="CPU threads.  [default: 1]")
@click.option("--device", help="auto, cpu, cuda or cuda:N.  [default: auto]")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of weights and windows.")
@click.option("-q", "--quiet", is_flag=True, help="Only errors on stderr.")
def pretrain(
    genomes: tuple[Path, ...],
    output: Path | None,
    config: Path | None,
    validation: tuple[str, ...],
    exclude: tuple[str, ...],
    skip_soft_masked: bool,
    init: str | None,
    resume: bool,
    max_minutes: float | None,
    max_steps: int | None,
    threads: int | None,
    device: str | None,
    seed: int | None,
    quiet: bool,
) -> None:
    """Prepare a model on each GENOME (FASTA), none of which needs an annotation.

    The encoder of the gene network learns to predict the next base in either reading direction, and
    is compared with Markov models on held-out sequence. OUTPUT receives the model (config.json,
    model.safetensors, MODEL_CARD.md), log.csv, the comparison (bits_per_base.csv and .json) and a
    checkpoint; `genefinder train --init OUTPUT` makes a gene model of it. Run it under torchrun for
    several processes.
    """
    from dataclasses import replace

    from genefinder.io.regions import parse_region
    from genefinder.training.pretraining.loop import pretrain as run
    from genefinder.training.pretraining.settings import (
        PretrainSettings,
        RawGenome,
        read_settings,
    )
    from genefinder.training.recipe import budgeted

    if config is None and not genomes:
        raise click.UsageError("give GENOME or --config")
    if config is None and output is None:
        raise click.UsageError("give the model directory to write with -o")
    given: dict[str, object] = {
        "genomes": tuple(map(RawGenome, genomes)),
        "output": output,
        "validation": tuple(parse_region(text) for text in validation),
        "exclude": tuple(parse_region(text) for text in exclude),
        "skip_soft_masked": skip_soft_masked or None,
        "init": init,
        "threads": threads,
        "device": device,
    }
    overrides = {name: value for name, value in given.items() if value not in (None, ())}
    if config is not None:
        settings = read_settings(config, **overrides, resume=resume)
    else:
        settings = PretrainSettings(**overrides, resume=resume)  # type: ignore[arg-type]
    recipe = budgeted(settings.recipe, max_minutes, max_steps, seed)
    with Display(quiet) as display:
        run(replace(settings, recipe=recipe), display.say, display.show)
