"""The command that trains a model on annotated genomes."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from genefinder.cli.genetic_code import check_genetic_code
from genefinder.cli.run_options import PATH, SETTINGS, RunOptions, budget_options, data_options

if TYPE_CHECKING:
    from genefinder.training.settings import LabelledGenome


@click.command(context_settings=SETTINGS)
@click.argument("pairs", metavar="(GENOME GFF)...", nargs=-1, type=PATH)
@data_options
@click.option(
    "--mask",
    type=PATH,
    multiple=True,
    help="BED of stretches without a trustworthy annotation; one for each GENOME, in order.",
)
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
    "--self",
    "alone",
    is_flag=True,
    help="Train on one GENOME alone, without any annotation and without another model.",
)
@click.option(
    "--genetic-code",
    type=int,
    callback=check_genetic_code,
    help="With --self, the NCBI translation table; otherwise the YAML tells.  [default: 1]",
)
@budget_options
def train(
    pairs: tuple[Path, ...],
    mask: tuple[Path, ...],
    init: str | None,
    next_base: float | None,
    alone: bool,
    genetic_code: int | None,
    **common: Any,
) -> None:
    """Train a model on pairs of GENOME (FASTA) and GFF (GFF3 or GTF).

    Tables are counted from the annotation in seconds and make a complete gene finder; training
    through the gene grammar improves it. OUTPUT receives the model (config.json,
    model.safetensors, MODEL_CARD.md), log.csv, a report of the annotation and a checkpoint. Run it
    under torchrun for several processes.

    With --self, GENOME comes without GFF: genes are found by the statistics of long open reading
    frames and splice sites, and by learning from what was found.
    """
    from genefinder.training.settings import TrainSettings
    from genefinder.training.train import train as run

    options = RunOptions(**common)
    if next_base and init:
        raise click.UsageError("--next-base is for new networks, and --init starts from another")
    if alone:
        refused = {
            "--validation": options.validation,
            "--mask": mask,
            "--init": init,
            "--resume": options.resume,
        }
        _check_alone(pairs, (name for name, value in refused.items() if value))
        _train_alone(pairs[0], genetic_code, next_base, options)
        return
    if genetic_code is not None:
        raise click.UsageError("--genetic-code is for --self; with annotations, the YAML tells it")
    genomes = _pair_up(pairs, mask)
    if options.config is None and not genomes:
        raise click.UsageError("give GENOME GFF pairs or --config")
    own = {"genomes": genomes, "init": init, "next_base": next_base}
    settings = options.settings(TrainSettings, own)
    with options.display() as display:
        run(settings, display.say, display.show)


def _check_alone(genomes: tuple[Path, ...], refused: Iterable[str]) -> None:
    """Refuse what makes no sense without an annotation."""
    if len(genomes) != 1:
        raise click.UsageError(
            f"--self takes one GENOME and no GFF; {len(genomes)} files are given"
        )
    for name in refused:
        raise click.UsageError(f"{name} cannot be used with --self")


def _train_alone(
    genome: Path, genetic_code: int | None, next_base: float | None, options: RunOptions
) -> None:
    """Train on a genome without annotation."""
    from genefinder.selftraining.selftrain import STEPS, train_self
    from genefinder.training.settings import SelfSettings

    own = {"genome": genome, "genetic_code": genetic_code, "next_base": next_base}
    settings = options.settings(SelfSettings, own, usual_steps=STEPS)
    with options.display() as display:
        train_self(settings, display.say, display.show)


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
