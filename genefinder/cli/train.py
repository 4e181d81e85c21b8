"""The command that trains a model on annotated genomes."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from genefinder.cli.display import Display

if TYPE_CHECKING:
    from genefinder.training.settings import LabelledGenome, TrainSettings

_PATH = click.Path(path_type=Path)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("pairs", metavar="(GENOME GFF)...", nargs=-1, type=_PATH)
@click.option("-o", "--output", type=_PATH, help="Model directory to write.")
@click.option(
    "--self",
    "alone",
    is_flag=True,
    help="Train on one GENOME alone, without any annotation and without another model.",
)
@click.option(
    "--genetic-code",
    type=click.IntRange(min=1),
    help="With --self, the NCBI translation table; otherwise the YAML tells.  [default: 1]",
)
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
    alone: bool,
    genetic_code: int | None,
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

    With --self, GENOME comes without GFF: genes are found by the statistics of long open reading
    frames and splice sites, and by learning from what was found.
    """
    from dataclasses import replace

    from genefinder.io.regions import parse_region
    from genefinder.training.loop import train as run
    from genefinder.training.recipe import budgeted
    from genefinder.training.settings import TrainSettings, read_settings

    if alone:
        refused = {
            "--validation": validation,
            "--mask": mask,
            "--init": init,
            "--resume": resume,
        }
        _check_alone(pairs, [name for name, value in refused.items() if value])
    elif genetic_code is not None:
        raise click.UsageError("--genetic-code is for --self; with annotations, the YAML tells it")
    genomes = () if alone else _pair_up(pairs, mask)
    if not alone and config is None and not genomes:
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
        overrides.setdefault("genomes", ())
        settings = TrainSettings(**overrides, resume=resume)  # type: ignore[arg-type]
    if alone and max_minutes is None and max_steps is None and settings.recipe.endless:
        from genefinder.training.selftraining import STEPS

        max_steps = STEPS
    recipe = budgeted(settings.recipe, max_minutes, max_steps, seed)
    settings = replace(settings, recipe=recipe)
    if alone:
        _train_alone(pairs[0], settings, genetic_code, quiet)
        return
    with Display(quiet) as display:
        run(settings, display.say, display.show)


def _check_alone(genomes: tuple[Path, ...], refused: list[str]) -> None:
    """Refuse what makes no sense without an annotation."""
    if len(genomes) != 1:
        raise click.UsageError(
            f"--self takes one GENOME and no GFF; {len(genomes)} files are given"
        )
    if refused:
        raise click.UsageError(f"{refused[0]} cannot be used with --self")


def _train_alone(
    genome: Path, settings: "TrainSettings", genetic_code: int | None, quiet: bool
) -> None:
    """Train on a genome without annotation."""
    from genefinder.training.selftraining import SelfSettings, train_self

    if settings.genomes:
        raise click.UsageError("with --self, the YAML must not list genomes")
    code = {} if genetic_code is None else {"genetic_code": genetic_code}
    with Display(quiet) as display:
        train_self(
            SelfSettings(
                genome=genome,
                output=settings.output,
                exclude=settings.exclude,
                network=settings.network,
                recipe=settings.recipe,
                threads=settings.threads,
                device=settings.device,
                **code,
            ),
            display.say,
            display.show,
        )


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
