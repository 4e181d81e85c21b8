"""The command that probes hidden states."""

from typing import Any

import click

from genefinder.cli.inspect.options import (
    SEED,
    common_options,
    open_inspection,
    print_table,
)


@click.command()
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
    with random weights, which reads the same statistics, and on the words of the sequence itself,
    all together and by frame. Writes probe.tsv and a figure.

    What can be decoded is there; that the network uses it, is not shown by this.
    """
    from genefinder.interpret.activations import Tracer
    from genefinder.interpret.figures import draw_probe
    from genefinder.interpret.probe import (
        CAUTION,
        KINDS,
        inspect_states,
        untrained_network,
        write_probe,
    )
    from genefinder.interpret.sequence import genetic_code_of

    opened = open_inspection(genome, gff, **common)
    scores = inspect_states(
        opened.tracer,
        Tracer(untrained_network(opened.model, SEED), opened.tracer.device),
        opened.sequences,
        samples,
        seed=SEED,
        genetic_code=genetic_code_of(opened.model),
    )
    write_probe(opened.output, scores)
    opened.figure("probe", draw_probe, scores, f"Linear probes of {opened.title}")
    cells = {(score.property, score.view, score.features): score.score for score in scores}
    print_table(
        ("property", "measure", "view", *KINDS),
        (
            (
                prop.name,
                prop.measure,
                view,
                *(_cell(cells.get((prop, view, kind))) for kind in KINDS),
            )
            for prop, view in dict.fromkeys((score.property, score.view) for score in scores)
        ),
    )
    click.echo(CAUTION)
    opened.done()


def _cell(score: float | None) -> str:
    """Write a score, or a dash where there is none."""
    return "-" if score is None else f"{score:.3f}"
