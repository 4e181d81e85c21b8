"""The command that scores predicted genes against a reference."""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from genefinder.cli.problems import show_problems
from genefinder.errors import InputError
from genefinder.genes import Gene, Region
from genefinder.io.regions import parse_region

if TYPE_CHECKING:
    from genefinder.evaluation import Evaluation, ProkaryoticEvaluation
    from genefinder.reliability import Reliability


@click.command()
@click.argument("reference")
@click.argument("predicted")
@click.option(
    "--region",
    "regions",
    metavar="REGION",
    multiple=True,
    help="Count only what lies wholly inside CONTIG or CONTIG:START-END (1-based, closed); "
    "repeatable.",
)
@click.option(
    "--calibration",
    is_flag=True,
    help="Also tell how reliable the prediction's posteriors are, and what a threshold would do.",
)
@click.option(
    "--prokaryote",
    is_flag=True,
    help="Genes of bacteria or archaea, by their stop codons: 3' ends, exact genes, and starts of "
    "the genes found. Genes of several segments do not count.",
)
@click.option(
    "--mask",
    type=click.Path(),
    help="With --prokaryote: BED; what shares a base with it does not count.",
)
@click.option("--report", metavar="FILE", help="Also write a page of HTML; not with --prokaryote.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of a table.")
def evaluate(
    reference: str,
    predicted: str,
    regions: tuple[str, ...],
    calibration: bool,
    prokaryote: bool,
    mask: str | None,
    report: str | None,
    as_json: bool,
) -> None:
    """Score the genes of PREDICTED against those of REFERENCE.

    Both are GFF3 or GTF, plain or compressed; one of them may be - for standard input. Coding
    sequence alone is compared, at the level of bases, exons (distinct coding segments), transcripts
    (chains of coding segments) and genes: a gene is found when any of its isoforms' chains is
    predicted exactly, and a predicted gene is right when its chain is that of any isoform.

    Sn is the share of the reference that is found, Pr the share of the prediction that is right,
    F1 their harmonic mean. With --calibration, ECE is the expected calibration error of the
    posteriors of genes, coding exons and their ends, over ten bins of equal width; genes with an
    open end do not count there.
    """
    from genefinder.evaluation import check_regions, evaluate_prokaryotes
    from genefinder.evaluation import evaluate as compare
    from genefinder.io.bed import read_bed
    from genefinder.io.output import check_output
    from genefinder.reliability import (
        collect_outcomes,
        format_reliability,
        format_trade_off,
        reliability,
        trade_off,
    )

    if reference == predicted == "-":
        raise click.UsageError("REFERENCE and PREDICTED cannot both be standard input")
    if mask and not prokaryote:
        raise click.UsageError("--mask is for --prokaryote")
    if report is not None and prokaryote:
        raise click.UsageError("--report is not for --prokaryote")
    if report is not None:
        check_output(report)
    limits = [parse_region(text) for text in regions]
    truth, truth_left_out = _read(reference)
    guess, guess_left_out = _read(predicted)
    check_regions(truth, guess, limits)
    _check_contigs(truth, guess)
    result: Evaluation | ProkaryoticEvaluation
    if prokaryote:
        result = evaluate_prokaryotes(truth, guess, limits, read_bed(mask) if mask else {})
    else:
        result = compare(truth, guess, limits)
        if report is not None:
            _write_report(report, (reference, predicted), result, (truth, guess), limits)
    curves: dict[str, Reliability] = {}
    rows: list[tuple[float, Evaluation]] = []
    if calibration:
        outcomes = collect_outcomes(truth, guess, limits)
        if not outcomes:
            raise InputError(f"{predicted}: no gene has a posterior, so nothing can be calibrated")
        curves = {kind: reliability(outcome) for kind, outcome in outcomes.items()}
        rows = trade_off(truth, guess, limits)
    if as_json:
        document: dict[str, Any] = {
            "reference": reference,
            "predicted": predicted,
            "left_out": {"reference": truth_left_out, "predicted": guess_left_out},
            **result.to_dict(),
        }
        if calibration:
            document["calibration"] = {kind: curve.to_dict() for kind, curve in curves.items()}
            document["trade_off"] = [
                {"min_posterior": threshold, **found.to_dict()["levels"]}
                for threshold, found in rows
            ]
        click.echo(json.dumps(document, indent=2))
    else:
        click.echo(result.format())
        if calibration:
            click.echo(f"\n{format_reliability(curves)}\n\n{format_trade_off(rows)}")


def _write_report(
    path: str,
    names: tuple[str, str],
    found: "Evaluation",
    genes: tuple[Sequence[Gene], Sequence[Gene]],
    limits: Sequence[Region],
) -> None:
    """Write a page on a comparison, with the posteriors where the prediction has them."""
    from genefinder.comparison import comparison_page
    from genefinder.io.output import open_output
    from genefinder.reliability import collect_outcomes, reliability, trade_off

    outcomes = collect_outcomes(*genes, limits)
    curves = {kind: reliability(outcome) for kind, outcome in outcomes.items()}
    rows = trade_off(*genes, limits) if curves else []
    page = comparison_page(names, found, curves, rows, genes, limits)
    with open_output(path) as stream:
        stream.write(page)


def _read(path: str) -> tuple[Sequence[Gene], int]:
    """Read genes, count transcripts left out; stderr tells which, and which were repaired."""
    from genefinder.io.annotation import read_annotation

    annotation = read_annotation(path)
    annotation.check_coding()
    if not annotation.genes:
        click.echo(f"warning: no coding sequence in {path}", err=True)
    show_problems(annotation)
    return annotation.genes, sum(not problem.kept for problem in annotation.problems)


def _check_contigs(truth: Iterable[Gene], guess: Iterable[Gene]) -> None:
    """Warn of names that make every score 0 for no fault of the prediction."""
    from genefinder.evaluation import list_names

    known, given = {gene.contig for gene in truth}, {gene.contig for gene in guess}
    if known and given and known.isdisjoint(given):
        click.echo(
            f"warning: the files share no contig: the reference has {list_names(known)}, "
            f"the prediction {list_names(given)}; are contigs named alike?",
            err=True,
        )
