"""The command that probes hidden states."""

from typing import Any

import click

from genefinder.cli.inspect.options import (
    SEED,
    SETTINGS,
    common_options,
    open_inspection,
    print_table,
)

_HEADER = (
    *("property", "measure", "view", "features", "samples", "score", "low", "high"),
    *("gain", "gain_low", "gain_high"),
)


@click.command(context_settings=SETTINGS)
@click.argument("genome")
@click.argument("gff")
@common_options
@click.option(
    "--samples", type=click.IntRange(min=1000), default=20_000, help="Bases to probe, about."
)
def probe(genome: str, gff: str, samples: int, **common: Any) -> None:
    """Read properties of bases of GENOME, annotated by GFF, off frozen hidden states.

    Linear probes for codon position, exon/intron/intergenic, strand, distance to the nearest
    splice site, GC content of the last 1 kb and net charge of the protein so far are fitted on four
    fifths of the sequence and scored on the fifth left out, each in turn: on the network's states
    (forward, backward, both; joint, the last layer of a gene model), on those of the same network
    with random weights, and on the words of the sequence itself, all together and by frame. Writes
    probe.tsv and a figure.

    What can be decoded is there; that the network uses it, is not shown by this.
    """
    from genefinder.interpret.figures.probe import draw_probe
    from genefinder.interpret.probe import CAUTION, KINDS
    from genefinder.interpret.probe import probe as run
    from genefinder.interpret.windows import Tracer

    opened = open_inspection(genome, gff, **common)
    untrained = Tracer(opened.subject.untrained(SEED), opened.tracer.device)
    results = run(
        opened.tracer,
        untrained,
        opened.pieces,
        samples,
        seed=SEED,
        genetic_code=opened.subject.grammar.genetic_code,
    )
    rows = [
        (
            result.property.name,
            "balanced_accuracy" if result.property.classes else "r2",
            result.view,
            result.features,
            result.samples,
            *(result.score, result.low, result.high),
            *(result.gain, result.gain_low, result.gain_high),
        )
        for result in results
    ]
    opened.table("probe.tsv", _HEADER, rows)
    opened.figure("probe", draw_probe, results, f"Linear probes of {opened.title}")
    shown = [(row[0], row[1], row[2], row[3], f"{row[5]:.3f}") for row in rows]
    scores = {(name, view, features): score for name, _, view, features, score in shown}
    asked = dict.fromkeys((name, measure, view) for name, measure, view, _, _ in shown)
    print_table(
        ("property", "measure", "view", *KINDS),
        (
            (name, measure, view, *(scores.get((name, view, kind), "-") for kind in KINDS))
            for name, measure, view in asked
        ),
    )
    click.echo(CAUTION)
    opened.done()
