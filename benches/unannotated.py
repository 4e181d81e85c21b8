"""Genes of a genome without annotation: a foreign model, adapted, self-trained, fully trained.

For one species, all on the same held-out region and with the same evaluator: a model that never saw
it, as it is (`none`) and adapted (`adapted`); a model of the genome alone (`self`, and `tables`,
the same without its network); and full training on the annotation (`full`). Regions given with
``--exclude`` are never read, and the test region is left out of everything that learns. Each route
is written as soon as it is done; routes that the result file already holds are not run again.

With ``--validation`` every candidate of an adaptation is evaluated there, whether it was kept or
not: what the rule that decides was chosen by. The test region sees the one that was kept.

    python -m benches.unannotated GENOME GFF --test REGION --exclude REGION -m MODEL -o FILE
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benches.heldout import evaluate_network, hold_out, percent
from benches.records import commit, machine, write_json
from genefinder.data.regions import RegionSequence
from genefinder.genes import Interval, Region
from genefinder.io.bed import read_bed
from genefinder.io.fasta import open_genome
from genefinder.io.regions import parse_region
from genefinder.models.model import Model
from genefinder.selftraining.adapt import NEXT_BASE, adapt, adaptation_recipe
from genefinder.selftraining.criteria import Candidate
from genefinder.selftraining.selftrain import train_self
from genefinder.training.recipe import Recipe
from genefinder.training.settings import SELF_TRAINING, LabelledGenome, SelfSettings, TrainSettings
from genefinder.training.train import train

ROUTES = ("none", "adapted", "tables", "self", "full")
STEPS_PER_MINUTE = 240


def main() -> None:
    """Run the routes and evaluate each on the test region."""
    options = _options()
    test = [parse_region(text) for text in options.test]
    away = (*test, *(parse_region(text) for text in options.exclude))
    validation = [parse_region(text) for text in options.validation]
    held_out = hold_out(options.genome, options.annotation, [*test, *validation])
    lengths = dict(open_genome(options.genome).contigs)
    mask = read_bed(options.mask, lengths) if options.mask else {}
    score = Scorer(held_out[: len(test)], held_out[len(test) :], mask)
    report: dict[str, Any] = {"routes": {}}
    if options.output.exists():
        report = json.loads(options.output.read_text(encoding="utf-8"))
    made = {
        "command": "python -m benches.unannotated " + " ".join(map(_short, sys.argv[1:])),
        "commit": commit(),
        "machine": machine(),
    }
    for route in options.routes:
        if route in report["routes"]:
            continue
        begin = time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            row = _ROUTES[route](options, away, Path(folder) / "model", score)
        row["cpu_seconds"] = round(time.process_time() - begin, 1)
        report["routes"][route] = row | made
        write_json(options.output, report)
    print(_table(report["routes"]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("genome", type=Path)
    parser.add_argument("annotation", type=Path, help="for evaluation, and for the route `full`")
    parser.add_argument("--test", required=True, action="append")
    parser.add_argument("--exclude", default=[], action="append")
    parser.add_argument("--validation", default=[], action="append")
    parser.add_argument("--mask", type=Path, help="BED; genes that overlap it are not evaluated")
    parser.add_argument("-m", "--model", default="plant", help="one that never saw the species")
    parser.add_argument("--minutes", type=float, default=10.0, help="of `self` and `full`")
    parser.add_argument("--adapt-minutes", type=float, default=5.0)
    parser.add_argument("--adapt-sample", type=int, default=6_000_000, help="bases it reads")
    parser.add_argument("--next-base", type=float, default=NEXT_BASE, help="share of its updates")
    parser.add_argument("--sample", type=int, default=10_000_000, help="bases that `self` reads")
    parser.add_argument("--routes", nargs="+", choices=ROUTES, default=ROUTES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, required=True)
    return parser.parse_args()


@dataclass(frozen=True)
class Scorer:
    """Evaluates models on the test and on the validation regions, without masked genes."""

    test: list[RegionSequence]
    validation: list[RegionSequence]
    mask: dict[str, list[Interval]]
    done: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __call__(self, folder: str | Path) -> dict[str, Any]:
        """Evaluate a model directory on the test regions, once."""
        if str(folder) not in self.done:
            model = Model.load(folder)
            self.done[str(folder)] = evaluate_network(
                model.network, model.grammar, model.min_posterior, self.test, self.mask
            ).to_dict()
        return self.done[str(folder)]

    def candidate(self, candidate: Candidate, original: Candidate, model: Model) -> dict[str, Any]:
        """Tell what an adaptation knows of a candidate, and how good it is on validation."""
        row: dict[str, Any] = {
            "name": candidate.name,
            "genes": sum(len(parse.genes) for parse in (*candidate.learnt, *candidate.held)),
            "saved_per_kb": round(candidate.saved, 4),
            "coherence": round(candidate.held_out_gain, 4),
            "splice": round(candidate.splice, 4),
            "splice_error": round(candidate.splice_error, 4),
            "kept_exons": round(candidate.kept_of(original), 4),
        }
        if self.validation:
            network = candidate.network or model.network
            row["validation"] = evaluate_network(
                network, candidate.grammar, model.min_posterior, self.validation, self.mask
            ).to_dict()
        return row


def _none(
    options: argparse.Namespace, away: tuple[Region, ...], folder: Path, score: Scorer
) -> dict[str, Any]:
    return {"test": score(options.model)}


def _adapted(
    options: argparse.Namespace, away: tuple[Region, ...], folder: Path, score: Scorer
) -> dict[str, Any]:
    model, genome = Model.load(options.model), open_genome(options.genome)
    recipe = adaptation_recipe(options.adapt_minutes, options.seed)
    found = adapt(
        model,
        genome,
        recipe,
        sample=options.adapt_sample,
        exclude=away,
        next_base=options.next_base,
        report=lambda line: print(line, file=sys.stderr),
    )
    candidates = [
        score.candidate(candidate, found.candidates[0], model) for candidate in found.candidates
    ]
    found.save(folder)
    return {
        "reverted": found.reverted,
        "about": Model.load(folder).provenance,
        "candidates": candidates,
        "test": score(options.model if found.reverted else folder),
    }


def _self(
    options: argparse.Namespace,
    away: tuple[Region, ...],
    folder: Path,
    score: Scorer,
    minutes: float | None = None,
) -> dict[str, Any]:
    minutes = options.minutes if minutes is None else minutes
    settings = SelfSettings(
        genome=options.genome,
        output=folder,
        exclude=away,
        recipe=replace(
            SELF_TRAINING, max_steps=round(minutes * STEPS_PER_MINUTE), seed=options.seed
        ),
        sample=options.sample,
        device="cpu",
    )
    train_self(settings, lambda line: print(line, file=sys.stderr))
    return {"about": Model.load(folder).provenance, "test": score(folder)}


def _tables(
    options: argparse.Namespace, away: tuple[Region, ...], folder: Path, score: Scorer
) -> dict[str, Any]:
    return _self(options, away, folder, score, minutes=0.0)


def _full(
    options: argparse.Namespace, away: tuple[Region, ...], folder: Path, score: Scorer
) -> dict[str, Any]:
    pair = LabelledGenome(options.genome, options.annotation, mask=options.mask)
    settings = TrainSettings(
        genomes=(pair,),
        next_base=0.0,
        output=folder,
        exclude=away,
        recipe=Recipe(max_cpu_minutes=options.minutes, seed=options.seed),
        device="cpu",
    )
    result = train(settings)
    return {"validation": result.best.to_dict(), "test": score(folder)}


_ROUTES = dict(zip(ROUTES, (_none, _adapted, _tables, _self, _full), strict=True))


def _table(routes: dict[str, dict[str, Any]]) -> str:
    """Return F1 on the test regions, with sensitivity and precision, as Markdown."""
    lines = ["| | gene F1 (Sn, Pr) | exon F1 (Sn, Pr) | base F1 | CPU minutes |", 5 * "|---" + "|"]
    for name in ROUTES:
        if name not in routes:
            continue
        gene, exon, base = (
            routes[name]["test"]["levels"][level] for level in ("gene", "exon", "base")
        )
        label = f"{name}, reverted" if routes[name].get("reverted") else name
        minutes = routes[name]["cpu_seconds"] / 60
        lines.append(
            f"| {label} | {percent(gene)} | {percent(exon)} | {100 * base['f1']:.1f} "
            f"| {minutes:.1f} |"
        )
    return "\n".join(lines)


def _short(word: str) -> str:
    """Leave the folders of this machine out of the record."""
    path = Path(word)
    return str(Path(*path.parts[-2:])) if path.is_absolute() else word


if __name__ == "__main__":
    main()
