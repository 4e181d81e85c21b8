"""How far back networks remember, and how far back a gene model needs to.

Toy tasks for several recurrent cells at several lengths, the same processor time for each, and how
their gradients fade with distance:

    python -m benches.memory toys --lengths 100 500 1500 5000 --seconds 30 \
        -o benches/results/memory.json

The longest useful context of a gene model: its loss on held-out genes when the scores of each
stretch of bases is computed from so many bases on either side alone, the grammar left as it is:

    python -m benches.memory context plant GENOME GFF --region REGION -o FILE

LSTM against GRU in the gene network, at equal numbers of parameters and equal processor time, from
all of a genome and from a part of it:

    python -m benches.memory cells GENOME GFF --validation REGION --exclude REGION \
        --small REGION --minutes 20 -o FILE

Results are written after every row; a row that is in FILE already is not measured again.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benches.recall import CELLS, TASKS, gradient_norms, solve
from benches.records import Records
from genefinder.data.targets import label_contig
from genefinder.data.windows import TrainingRegion
from genefinder.dna import Codes, N
from genefinder.errors import InputError
from genefinder.genes import Region
from genefinder.grammar import Grammar
from genefinder.grammar.labels import N_CHANNELS
from genefinder.intervals import as_intervals, merge, outside
from genefinder.io.fasta import open_genome
from genefinder.io.regions import format_region, parse_region
from genefinder.models.model import Model
from genefinder.network.config import NetworkConfig
from genefinder.network.network import GeneNetwork
from genefinder.network.scorer import prepare_thread
from genefinder.training.genomes import load_genome
from genefinder.training.recipe import Recipe
from genefinder.training.settings import LabelledGenome, TrainSettings
from genefinder.training.tasks import GrammarLoss
from genefinder.training.train import train

_GRAIN = 243
"""Bases whose scores are computed together when context is cut."""
_WINDOW = 9_990
_BATCH = 8


def toys(options: argparse.Namespace) -> None:
    """Solve the toy tasks and measure gradients."""
    torch.set_num_threads(1)
    settings = {"hidden": options.hidden, "seconds": options.seconds, "batch": options.batch}
    records = Records(options.output, "memory toys", settings, ("what", "cell", "length", "seed"))
    for length in options.lengths:
        for cell in options.cells:
            for seed in range(1, options.seeds + 1):
                key = {"cell": cell, "length": length, "seed": seed}
                for task in options.tasks:
                    if not records.has(what=task, **key):
                        solved = solve(cell, task, length, seed=seed, **settings)
                        records.add(what=task, **key, **solved)
                if not records.has(what="gradient", **key):
                    fading = gradient_norms(cell, length, hidden=options.hidden, seed=seed)
                    records.add(what="gradient", **key, log10=fading)


def context(options: argparse.Namespace) -> None:
    """Measure the loss of a gene model as context is cut."""
    prepare_thread()
    model = Model.load(options.model)
    grammar = model.grammar
    settings = {"model": model.sha256[:12], "region": options.region, "windows": options.windows}
    records = Records(options.output, "memory context", settings, ("bases",))
    region = parse_region(options.region)
    contig = _label(options.genome, options.annotation, region, grammar)
    end = len(contig) if region.end is None else min(region.end, len(contig))
    starts = range(region.start, end - _WINDOW + 1, _WINDOW)
    cut = ((start, contig.cut(start, _WINDOW)) for start in starts)
    pairs = [(start, window) for start, window in cut if window is not None][: options.windows]
    if not pairs:
        raise InputError(f"region {options.region} holds no window of {_WINDOW:,} labelled bases")
    loss = GrammarLoss(grammar)
    for reach in options.contexts:
        if records.has(bases=reach):
            continue
        values = [
            float(loss(cut_scores(model.network, contig.codes, start, reach), [window]))
            for start, window in pairs
        ]
        records.add(
            bases=reach,
            nats_per_kb=round(float(np.mean(values)), 4),
            error=round(float(np.std(values) / np.sqrt(len(values))), 4),
        )


def cut_scores(network: GeneNetwork, codes: Codes, start: int, reach: int) -> Tensor:
    """Compute the scores of a window, each grain of it from ``reach`` bases on either side alone.

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
            scores = network(torch.from_numpy(read[rows]))
            out[rows] = scores[:, margin : margin + grain].numpy()
    return torch.from_numpy(out.reshape(-1, N_CHANNELS)[None, :_WINDOW].copy())


def _label(genome: Path, annotation: Path, region: Region, grammar: Grammar) -> TrainingRegion:
    """Label the contig of a region as training would."""
    loaded = load_genome(LabelledGenome(genome, annotation))
    if region.contig not in loaded.contigs:
        raise InputError(f"region {format_region(region)}: {genome} has no such contig")
    codes = loaded.contigs[region.contig]
    targets = label_contig(codes, loaded.genes_by_contig()[region.contig], grammar)
    return TrainingRegion(region.contig, 0, codes, targets=targets)


def cells(options: argparse.Namespace) -> None:
    """Train gene networks with either cell for the same time, at about as many parameters."""
    pair = LabelledGenome(options.genome, options.annotation)
    validation = (parse_region(options.validation),)
    exclude = tuple(parse_region(text) for text in options.exclude)
    small = parse_region(options.small)
    sizes = {"all": exclude, "small": (*exclude, *_rest(pair, small, (*validation, *exclude)))}
    base = NetworkConfig()
    settings = {"cpu_minutes": options.minutes, "small": options.small}
    records = Records(options.output, "memory cells", settings, ("cell", "training", "seed"))
    for size, excluded in sizes.items():
        for cell, config in (("lstm", base), ("gru", match_gru(base))):
            for seed in range(1, options.seeds + 1):
                key = {"cell": cell, "training": size, "seed": seed}
                if records.has(**key):
                    continue
                with tempfile.TemporaryDirectory() as folder:
                    result = train(
                        TrainSettings(
                            genomes=(pair,),
                            next_base=0.0,
                            output=Path(folder),
                            validation=validation,
                            exclude=excluded,
                            network=config,
                            # Validation costs time that training then lacks.
                            recipe=Recipe(
                                max_cpu_minutes=options.minutes, validations=1, seed=seed
                            ),
                            threads=1,
                            device="cpu",
                        )
                    )
                records.add(
                    **key,
                    parameters=count_parameters(config),
                    megabases=round(result.bases / 1e6, 1),
                    validation=result.best.to_dict()["levels"],
                )


def count_parameters(config: NetworkConfig) -> int:
    """Count the trainable numbers of a gene network."""
    return sum(parameter.numel() for parameter in GeneNetwork(config, Grammar()).parameters())


def match_gru(base: NetworkConfig) -> NetworkConfig:
    """Return the shape with GRU cells whose number of parameters is nearest."""
    wanted = count_parameters(base)
    shapes = [
        replace(base, recurrent="gru", hidden=hidden)
        for hidden in range(base.hidden, base.hidden * 3 // 2)
    ]
    return min(shapes, key=lambda shape: abs(count_parameters(shape) - wanted))


def _rest(pair: LabelledGenome, kept: Region, excluded: Sequence[Region]) -> list[Region]:
    """Return regions that cover all of a genome but one region and what is excluded already."""
    regions = []
    for name, length in open_genome(pair.genome).contigs:
        others = [kept, *excluded]
        taken = as_intervals(
            (other.start, length if other.end is None else other.end)
            for other in others
            if other.contig == name
        )
        for start, end in outside(merge(taken), 0, length).tolist():
            regions.append(Region(name, start, end))
    return regions


def main(words: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True)

    toy = commands.add_parser("toys", help="adding problem, copy task, gradients")
    toy.set_defaults(run=toys)
    toy.add_argument("--lengths", type=int, nargs="+", default=[100, 500, 1500, 5000])
    toy.add_argument("--cells", nargs="+", choices=CELLS, default=CELLS)
    toy.add_argument("--tasks", nargs="*", choices=TASKS, default=TASKS)
    toy.add_argument("--seconds", type=float, default=30.0, help="of each cell on each task")
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

    for command in (toy, cut, pair):
        command.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args(words)
    options.run(options)


if __name__ == "__main__":
    main()
