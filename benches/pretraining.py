"""What pretraining on raw genomes learns, and what it is worth to who has few labelled genes.

Bits per base of held-out sequence, beside Markov models, for each run described by a YAML file as
``genefinder pretrain --config`` takes it:

    python -m benches.pretraining bits workflow/recipes/pretrain_*.yaml --seeds 1 2 \
        --models results/pretrained --json benches/results/bits_per_base.json

Gene and exon F1 after the same number of updates on the same labelled genes, from scratch and from
a pretrained encoder:

    python -m benches.pretraining labels GENOME GFF --pretrained DIR... --validation REGION \
        --test REGION --json benches/results/labels.json --plot benches/results/labels.png

Both write their JSON file after every run, and go on where they were interrupted.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from benches.budget import SeparateGenes
from benches.heldout import evaluate_network, hold_out
from benches.records import Records, Row
from genefinder.errors import GenefinderError
from genefinder.genes import Region
from genefinder.io.regions import format_region, parse_region
from genefinder.models.model import Model, PretrainedModel
from genefinder.training.config_file import read_settings
from genefinder.training.pretrain import pretrain
from genefinder.training.recipe import Recipe
from genefinder.training.run_files import NAME as CHECKPOINT
from genefinder.training.settings import LabelledGenome, PretrainSettings, TrainSettings
from genefinder.training.train import train

ALL = 0
"""Budget that stands for the whole annotation, unmasked."""
STARTS = ("scratch", "pretrained")


def say(line: str) -> None:
    """Write a line of a run to standard error."""
    print(line, file=sys.stderr, flush=True)


def bits(arguments: argparse.Namespace) -> None:
    """Pretrain every configuration with every seed."""
    records = Records(arguments.json, "bits_per_base", {}, ("name", "seed"))
    for path in arguments.configurations:
        for seed in arguments.seeds:
            if records.has(name=path.stem, seed=seed):
                continue
            output = arguments.models / f"{path.stem}-{seed}"
            settings = read_settings(PretrainSettings, path, output=output)
            settings = replace(
                settings,
                recipe=replace(settings.recipe, seed=seed),
                resume=(output / CHECKPOINT).exists(),
            )
            result = pretrain(settings, say)
            records.add(
                name=path.stem,
                seed=seed,
                **settings.to_dict(),
                steps=result.steps,
                megabases=round(result.bases / 1e6, 1),
                seconds=round(result.seconds),
                **result.comparison.to_dict(),
            )
    print(bits_table(records.rows))


def bits_table(rows: Sequence[Row]) -> str:
    """Return the figures as Markdown: the network, with the spread over seeds, and Markov."""
    lines = [
        "| run | seeds | network | least, most | best Markov (order) | network's gain |",
        "|---|---|---|---|---|---|",
    ]
    for name in dict.fromkeys(row["name"] for row in rows):
        own = [row for row in rows if row["name"] == name]
        found = [_mean_bits(row["network"]) for row in own]
        best = min(own[0]["markov"], key=lambda row: _mean_bits(row["bits"]))
        markov = _mean_bits(best["bits"])
        lines.append(
            f"| {name} | {len(own)} | {mean(found):.4f} | {min(found):.4f}, {max(found):.4f} "
            f"| {markov:.4f} ({best['order']}) | {markov - mean(found):.4f} |"
        )
    return "\n".join(lines)


def _mean_bits(found: dict[str, float]) -> float:
    """Return the mean of both directions."""
    return (found["forward"] + found["reverse"]) / 2


def labels(arguments: argparse.Namespace) -> None:
    """Train on ever more labelled genes, from scratch and from pretrained encoders."""
    validation = tuple(arguments.validation)
    test: tuple[Region, ...] = tuple(arguments.test)
    whole = LabelledGenome(arguments.genome, arguments.annotation)
    tested = hold_out(arguments.genome, arguments.annotation, test)
    loci = SeparateGenes(arguments.genome, arguments.annotation, (*validation, *test))
    say(f"{len(loci.loci):,} genes can be labelled alone")
    common = {
        "genome": arguments.genome.resolve().parent.name,
        "validation": [format_region(region) for region in validation],
        "test": [format_region(region) for region in test],
        "pretrained": [PretrainedModel.load(folder).sha256 for folder in arguments.pretrained],
        "steps": arguments.steps,
        "rate": arguments.rate,
    }
    records = Records(arguments.json, "labels", common, ("genes", "start", "seed"))
    for genes in arguments.budgets:
        for number, seed in enumerate(arguments.seeds):
            pretrained = arguments.pretrained[number % len(arguments.pretrained)]
            for start in STARTS:
                if records.has(genes=genes, start=start, seed=seed):
                    continue
                with tempfile.TemporaryDirectory() as temporary:
                    folder = Path(temporary)
                    labelled = whole if genes == ALL else loci.part(genes, seed, folder)
                    settings = TrainSettings(
                        genomes=(labelled,),
                        next_base=0.0,
                        output=folder / "model",
                        validation=validation,
                        exclude=test,
                        network=PretrainedModel.load(pretrained).network.config,
                        recipe=Recipe(
                            max_steps=arguments.steps,
                            rate=arguments.rate,
                            validations=arguments.validations,
                            patience=arguments.validations,
                            seed=seed,
                        ),
                        init=str(pretrained) if start == "pretrained" else None,
                        threads=arguments.threads,
                        device=arguments.device,
                    )
                    result = train(settings, say)
                    model = Model.load(settings.output)
                    found = evaluate_network(
                        model.network, model.grammar, result.min_posterior, tested
                    )
                records.add(
                    genes=genes,
                    start=start,
                    seed=seed,
                    best_step=result.best_step,
                    counted=result.history[0][2].to_dict(),
                    validation=result.best.to_dict(),
                    test=found.to_dict(),
                )
    print(labels_table(records.rows))
    if arguments.plot:
        plot(records.rows, arguments.plot)


def figures(rows: Sequence[Row], genes: int, start: str, part: str, level: str) -> list[float]:
    """Return F1 in percent of every seed."""
    return [
        100 * float(row[part]["levels"][level]["f1"])
        for row in rows
        if (row["genes"], row["start"]) == (genes, start)
    ]


def labels_table(rows: Sequence[Row]) -> str:
    """Return the figures as Markdown, mean over seeds and their standard deviation."""
    lines = [
        "| genes | start | validation gene F1 | exon F1 | test gene F1 | exon F1 |",
        "|---|---|---|---|---|---|",
    ]
    for genes in dict.fromkeys(row["genes"] for row in rows):
        for start in STARTS:
            cells = []
            for part in ("validation", "test"):
                for level in ("gene", "exon"):
                    found = figures(rows, genes, start, part, level)
                    spread = f" ± {stdev(found):.1f}" if len(found) > 1 else ""
                    cells.append(f"{mean(found):.1f}{spread}" if found else "")
            lines.append(f"| {genes or 'all'} | {start} | {' | '.join(cells)} |")
    return "\n".join(lines)


def plot(rows: Sequence[Row], path: Path) -> None:
    """Draw test F1 against the number of labelled genes."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    budgets = sorted({row["genes"] for row in rows}, key=lambda genes: (genes == ALL, genes))
    figure, axes = pyplot.subplots(1, 2, figsize=(8, 3.5), sharex=True)
    for axis, level in zip(axes, ("exon", "gene"), strict=True):
        for start, colour in zip(STARTS, ("tab:gray", "tab:blue"), strict=True):
            means = []
            for place, genes in enumerate(budgets):
                found = figures(rows, genes, start, "test", level)
                axis.plot([place] * len(found), found, "o", color=colour, alpha=0.4)
                means.append(mean(found) if found else float("nan"))
            axis.plot(range(len(budgets)), means, "-", color=colour, label=start)
        axis.set_xticks(range(len(budgets)), [str(genes or "all") for genes in budgets])
        axis.set_xlabel("labelled genes")
        axis.set_ylabel(f"{level} F1 on test sequence, %")
    axes[0].legend(frameon=False)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    pyplot.close(figure)


def _budget(text: str) -> int:
    """Read a number of genes, or ``all``."""
    return ALL if text == "all" else int(text)


def parse_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    commands = parser.add_subparsers(required=True)
    bits_command = commands.add_parser("bits", help="bits per base beside Markov models")
    bits_command.add_argument("configurations", type=Path, nargs="+", metavar="YAML")
    bits_command.add_argument(
        "--models", type=Path, required=True, help="folder that keeps the models"
    )
    bits_command.set_defaults(run=bits)
    labels_command = commands.add_parser("labels", help="F1 against the number of labelled genes")
    labels_command.add_argument("genome", type=Path)
    labels_command.add_argument("annotation", type=Path)
    labels_command.add_argument(
        "--pretrained", type=Path, nargs="+", required=True, help="one, or one for each seed"
    )
    labels_command.add_argument("--validation", type=parse_region, nargs="+", required=True)
    labels_command.add_argument("--test", type=parse_region, nargs="+", required=True)
    labels_command.add_argument("--budgets", type=_budget, nargs="+", default=[50, 200, 1000, ALL])
    labels_command.add_argument("--steps", type=int, default=1500, help="updates of every run")
    labels_command.add_argument("--rate", type=float, default=Recipe().rate)
    labels_command.add_argument("--validations", type=int, default=4)
    labels_command.add_argument("--threads", type=int, default=1)
    labels_command.add_argument("--device", default="auto")
    labels_command.add_argument("--plot", type=Path, help="PNG or SVG to draw")
    labels_command.set_defaults(run=labels)
    for command in (bits_command, labels_command):
        command.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
        command.add_argument("--json", type=Path, required=True, help="file for the results")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    arguments: Any = parse_arguments(words)
    arguments.run(arguments)


if __name__ == "__main__":
    try:
        main()
    except GenefinderError as error:
        sys.exit(str(error))
