"""How far back networks remember, and how far back a gene model needs to.

Toy tasks for five recurrent cells at several lengths, and how their gradients fade with distance:

    python -m benches.memory toys --lengths 100 300 1000 3000 5000 --steps 2000 \
        -o benches/results/memory.json

The longest useful context of a gene model: its loss on held-out genes when the evidence of each
stretch of bases is computed from so many bases on either side alone, the grammar left as it is:

    python -m benches.memory context plant GENOME GFF --region REGION -o FILE

LSTM against GRU in the gene network, at equal numbers of parameters and equal processor time, from
all of a genome and from a part of it:

    python -m benches.memory cells GENOME GFF --validation REGION --exclude REGION \
        --small REGION --minutes 20 -o FILE

Results are written after every row; a row that is in FILE already is not computed again.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benches.measure import commit, machine
from benches.recall import CELLS, TASKS, gradient_norms, solve
from genefinder.annotate import prepare_thread
from genefinder.dataset.intervals import as_intervals, merge, outside
from genefinder.dataset.labels import label_contig
from genefinder.dataset.spelling import SpellingRules
from genefinder.dataset.windows import Stretch, cut_window
from genefinder.decoding import Grammar
from genefinder.dna import Codes, N
from genefinder.errors import InputError
from genefinder.genes import Region
from genefinder.io.fasta import open_genome
from genefinder.io.regions import format_region, parse_region
from genefinder.labels import N_CHANNELS
from genefinder.network.config import NetworkConfig
from genefinder.network.model import GeneNetwork
from genefinder.network.store import load_model
from genefinder.training.genomes import load_genome
from genefinder.training.loop import train
from genefinder.training.objective import GrammarLoss
from genefinder.training.settings import LabelledGenome, Recipe, TrainSettings

Row = dict[str, Any]
_GRAIN = 243
"""Bases whose evidence is computed together when context is cut."""
_WINDOW = 9_990
_BATCH = 8


class Report:
    """Rows of results in a file, written anew after each.

    Parameters
    ----------
    path
        JSON; what is there already is kept.
    command
        What made it.
    """

    def __init__(self, path: Path, command: str) -> None:
        self._path = path
        self._command = command
        self.rows: list[Row] = json.loads(path.read_text())["rows"] if path.exists() else []

    def add(self, key: Row, compute: Callable[[], Row]) -> None:
        """Compute a row unless there is one of that key, and write all."""
        if any(key.items() <= row.items() for row in self.rows):
            return
        self.rows.append({**key, **compute()})
        print(json.dumps(self.rows[-1]), file=sys.stderr)
        report = {
            "command": self._command,
            "commit": commit(),
            "machine": machine(),
            "rows": self.rows,
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._path.with_suffix(".partial")
        unfinished.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        unfinished.replace(self._path)


def toys(options: argparse.Namespace, report: Report) -> None:
    """Solve the toy tasks and measure gradients."""
    torch.set_num_threads(1)
    for length in options.lengths:
        for cell in options.cells:
            for seed in range(1, options.seeds + 1):
                for task in options.tasks:
                    settings = {"hidden": options.hidden, "steps": options.steps}
                    settings |= {"batch": options.batch, "seed": seed}
                    report.add(
                        {"what": task, "cell": cell, "length": length, **settings},
                        partial(solve, cell, task, length, **settings),
                    )
                report.add(
                    {"what": "gradient", "cell": cell, "length": length, "seed": seed},
                    partial(_fading, cell, length, options.hidden, seed),
                )


def _fading(cell: str, length: int, hidden: int, seed: int) -> Row:
    return {"log10": gradient_norms(cell, length, hidden=hidden, seed=seed)}


def context(options: argparse.Namespace, report: Report) -> None:
    """Measure the loss of a gene model as context is cut."""
    prepare_thread()
    model = load_model(options.model)
    grammar = Grammar.from_dict(model.grammar)
    stretch = _label(options.genome, options.annotation, parse_region(options.region), grammar)
    starts = range(stretch.start, stretch.end - _WINDOW + 1, _WINDOW)
    pairs = [(start, cut_window(stretch, start, _WINDOW)) for start in starts]
    pairs = [(start, window) for start, window in pairs if window.bases][: options.windows]
    loss = GrammarLoss(grammar)
    for reach in options.contexts:

        def measure(reach: int = reach) -> Row:
            values = [
                float(loss(cut_evidence(model.network, stretch.codes, start, reach), [window]))
                for start, window in pairs
            ]
            return {
                "nats_per_kb": round(float(np.mean(values)), 4),
                "error": round(float(np.std(values) / np.sqrt(len(values))), 4),
                "windows": len(values),
            }

        key = {"what": "context", "model": model.sha256[:12], "region": options.region}
        report.add({**key, "bases": reach}, measure)


def cut_evidence(network: GeneNetwork, codes: Codes, start: int, reach: int) -> Tensor:
    """Compute the evidence of a window, each grain of it from ``reach`` bases on either side alone.

    Parameters
    ----------
    network
        The gene network.
    codes
        The contig.
    start
        First base of the window.
    reach
        Bases, made a multiple of the stride.

    Returns
    -------
    Tensor
        ``(1, window, 20)``.
    """
    stride = network.config.stride
    margin = -(-reach // stride) * stride
    grain = -(-_GRAIN // stride) * stride
    places = np.arange(start, start + _WINDOW, grain)
    span = margin + grain + margin
    index = places[:, None] - margin + np.arange(span)
    inside = (index >= 0) & (index < len(codes))
    read = np.where(inside, codes[np.clip(index, 0, len(codes) - 1)], N).astype(np.uint8)
    out = np.zeros((len(places), grain, N_CHANNELS), np.float32)
    with torch.inference_mode():
        for first in range(0, len(places), _BATCH):
            rows = slice(first, first + _BATCH)
            evidence = network(torch.from_numpy(read[rows]))
            out[rows] = evidence[:, margin : margin + grain].numpy()
    return torch.from_numpy(out.reshape(-1, N_CHANNELS)[None, :_WINDOW].copy())


def _label(genome: Path, annotation: Path, region: Region, grammar: Grammar) -> Stretch:
    """Label a region as training would."""
    loaded = load_genome(LabelledGenome(genome, annotation))
    rules = SpellingRules(
        genetic_code=grammar.genetic_code,
        starts=grammar.starts,
        donors=grammar.donors,
        acceptors=grammar.acceptors,
        min_intron=grammar.min_intron,
        min_exon=grammar.min_exon,
    )
    if region.contig not in loaded.contigs:
        raise InputError(f"region {format_region(region)}: {genome} has no such contig")
    codes = loaded.contigs[region.contig]
    targets = label_contig(codes, loaded.genes_by_contig()[region.contig], rules)
    end = len(codes) if region.end is None else min(region.end, len(codes))
    return Stretch(codes, targets, region.start, end)


def cells(options: argparse.Namespace, report: Report) -> None:
    """Train gene networks with either cell for the same time, at about as many parameters."""
    pair = LabelledGenome(options.genome, options.annotation)
    validation = (parse_region(options.validation),)
    exclude = tuple(parse_region(text) for text in options.exclude)
    small = parse_region(options.small)
    sizes = {"all": exclude, "small": (*exclude, *_rest(pair, small, (*validation, *exclude)))}
    base = NetworkConfig()
    configs = {"lstm": base, "gru": match_gru(base)}
    for size, away in sizes.items():
        for cell, config in configs.items():
            for seed in range(1, options.seeds + 1):

                def measure(
                    away: tuple[Region, ...] = away,
                    config: NetworkConfig = config,
                    seed: int = seed,
                ) -> Row:
                    with tempfile.TemporaryDirectory() as folder:
                        settings = TrainSettings(
                            genomes=(pair,),
                            output=Path(folder),
                            validation=validation,
                            exclude=away,
                            network=config,
                            recipe=Recipe(max_cpu_minutes=options.minutes, seed=seed),
                            threads=1,
                            device="cpu",
                        )
                        result = train(settings)
                    return {
                        "parameters": count_parameters(config),
                        "megabases": round(result.bases / 1e6, 1),
                        "validation": result.best.to_dict()["levels"],
                    }

                key = {"what": "cells", "cell": cell, "training": size, "seed": seed}
                report.add({**key, "minutes": options.minutes}, measure)


def count_parameters(config: NetworkConfig) -> int:
    """Count the trainable numbers of a gene network."""
    return sum(one.numel() for one in GeneNetwork(config).parameters())


def match_gru(base: NetworkConfig) -> NetworkConfig:
    """Return the shape with GRU cells whose number of parameters is nearest."""
    wanted = count_parameters(base)
    shapes = [
        replace(base, recurrent="gru", hidden=hidden)
        for hidden in range(base.hidden, base.hidden * 3 // 2)
    ]
    return min(shapes, key=lambda one: abs(count_parameters(one) - wanted))


def _rest(pair: LabelledGenome, kept: Region, away: Sequence[Region]) -> list[Region]:
    """Return regions that cover all of a genome but one region and what is away already."""
    regions = []
    for name, length in open_genome(pair.genome).contigs:
        others = [kept, *away]
        taken = as_intervals(
            (one.start, length if one.end is None else one.end)
            for one in others
            if one.contig == name
        )
        for start, end in outside(merge(taken), 0, length).tolist():
            regions.append(Region(name, start, end))
    return regions


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)

    toy = commands.add_parser("toys", help="adding problem, copy task, gradients")
    toy.set_defaults(run=toys)
    toy.add_argument("--lengths", type=int, nargs="+", default=[100, 300, 1000, 3000, 5000])
    toy.add_argument("--cells", nargs="+", choices=CELLS, default=CELLS)
    toy.add_argument("--tasks", nargs="*", choices=TASKS, default=TASKS)
    toy.add_argument("--steps", type=int, default=2000)
    toy.add_argument("--hidden", type=int, default=64)
    toy.add_argument("--batch", type=int, default=32)
    toy.add_argument("--seeds", type=int, default=1)

    cut = commands.add_parser("context", help="loss of a gene model as context is cut")
    cut.set_defaults(run=context)
    cut.add_argument("model")
    cut.add_argument("genome", type=Path)
    cut.add_argument("annotation", type=Path)
    cut.add_argument("--region", required=True, help="held out from the model's training")
    cut.add_argument(
        "--contexts", type=int, nargs="+", default=[0, 27, 81, 243, 495, 999, 1998, 3996]
    )
    cut.add_argument("--windows", type=int, default=50)

    pair = commands.add_parser("cells", help="LSTM against GRU in the gene network")
    pair.set_defaults(run=cells)
    pair.add_argument("genome", type=Path)
    pair.add_argument("annotation", type=Path)
    pair.add_argument("--validation", required=True)
    pair.add_argument("--exclude", nargs="*", default=[])
    pair.add_argument("--small", required=True, help="region to train on for the small set")
    pair.add_argument("--minutes", type=float, default=20.0)
    pair.add_argument("--seeds", type=int, default=1)

    for one in (toy, cut, pair):
        one.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    words = " ".join(_short(word) for word in sys.argv[1:])
    options.run(options, Report(options.output, f"python -m benches.memory {words}"))


def _short(word: str) -> str:
    """Leave the folders of this machine out of the record."""
    path = Path(word)
    return str(Path(*path.parts[-2:])) if path.is_absolute() else word


if __name__ == "__main__":
    main()
