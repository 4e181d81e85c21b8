"""The command that trains a model on annotated genomes."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from genefinder.cli.display import Display

if TYPE_CHECKING:
    from genefinder.training.settings import LabelledGenome

_PATH = click.Path(path_type=Path)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("pairs", metavar="(GENOME GFF)...", nargs=-1, type=_PATH)
@click.option("-o", "--output", type=_PATH, help="Model directory to write.")
@click.option("--config", type=_PATH, help="YAML with genomes, regions, network and recipe.")
@click.option(
    "--validation",
    metavar="REGION",
    multiple=True,
    help="Held-out CONTIG or CONTIG:START-END (1-based, closed) that decides which weights are "
    "kept; repeatable.  [default: the end of the longest contig]",
)
@click.option(
    "--exclude",
    metavar="REGION",
    multiple=True,
    help="CONTIG or CONTIG:START-END that is not read at all, such as a test region; repeatable.",
)
@click.option(
    "--mask",
    type=_PATH,
    multiple=True,
    help="BED of stretches without a trustworthy annotation; one for each GENOME, in order.",
)
@click.option(
    "--init",
    metavar="MODEL",
    help="Start from an installed model or a directory, also one of `genefinder pretrain`.",
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
def train(
    pairs: tuple[Path, ...],
    output: Path | None,
    config: Path | None,
    validation: tuple[str, ...],
    exclude: tuple[str, ...],
    mask: tuple[Path, ...],
    init: str | None,
    resume: bool,
    max_minutes: float | None,
    max_steps: int | None,
    threads: int | None,
    device: str | None,
    seed: int | None,
    quiet: bool,
) -> None:
    """Train a model on pairs of GENOME (FASTA) and GFF (GFF3 or GTF).

    Tables are counted from the annotation in seconds and make a complete gene finder; training
    through the gene grammar improves it. OUTPUT receives the model (config.json,
    model.safetensors, MODEL_CARD.md), log.csv, a report of the annotation and a checkpoint. Run it
    under torchrun for several processes.
    """
    from dataclasses import replace

    from genefinder.io.regions import parse_region
    from genefinder.training.loop import train as run
    from genefinder.training.recipe import budgeted
    from genefinder.training.settings import TrainSettings, read_settings

    genomes = _pair_up(pairs, mask)
    if config is None and not genomes:
        raise click.UsageError("give GENOME GFF pairs or --config")
    if config is None and output is None:
        raise click.UsageError("give the model directory to write with -o")
    given: dict[str, object] = {
        "genomes": genomes,
        "output": output,
        "validation": tuple(parse_region(text) for text in validation),
        "exclude": tuple(parse_region(text) for text in exclude),
        "init": init,
        "threads": threads,
        "device": device,
    }
    overrides = {name: value for name, value in given.items() if value not in (None, ())}
    if config is not None:
        settings = read_settings(config, **overrides, resume=resume)
    else:
        settings = TrainSettings(**overrides, resume=resume)  # type: ignore[arg-type]
    recipe = budgeted(settings.recipe, max_minutes, max_steps, seed)
    settings = replace(settings, recipe=recipe)
    with Display(quiet) as display:
        run(settings, display.say, display.show)


def _pair_up(pairs: tuple[Path, ...], masks: tuple[Path, ...]) -> "tuple[LabelledGenome, ...]":
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
        LabelledGenome(genome, annotation, mask=bed)
        for genome, annotation, bed in zip(genomes, annotations, beds, strict=True)
    )
