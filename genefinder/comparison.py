"""A page on how predicted genes compare with a reference."""

import os
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from genefinder import __version__
from genefinder.evaluation import Evaluation
from genefinder.genes import Gene, Interval, Region
from genefinder.io.html import figures, page, paragraph, section, table
from genefinder.io.regions import format_region
from genefinder.io.svg import COLOURS, Plot, draw_genes
from genefinder.reliability import Reliability
from genefinder.report_figures import curve_figure, dial

_DRAWN = 12
"""Places that are drawn."""
_FLANK = 200
_LONGEST_DRAWN = 50_000


def comparison_page(
    names: tuple[str, str],
    found: Evaluation,
    reliability: Mapping[str, Reliability],
    trade_off: Sequence[tuple[float, Evaluation]],
    genes: tuple[Sequence[Gene], Sequence[Gene]],
    regions: Sequence[Region] = (),
) -> str:
    """Return the page.

    Parameters
    ----------
    names
        Of reference and prediction.
    found
        How they compare.
    reliability, trade_off
        What the posteriors are worth, and what thresholds would bring; empty where there are none.
    genes
        Of reference and prediction.
    regions
        Where they were compared; everywhere where there are none.
    """
    sections = [_accuracy(found, regions)]
    if reliability:
        sections.append(_calibration(reliability))
        sections.append(_dial(trade_off))
    sections.append(_differences(*genes, regions))
    reference, predicted = map(os.path.basename, names)
    return page(f"{predicted} against {reference}", f"genefinder {__version__}", sections)


def _accuracy(found: Evaluation, regions: Sequence[Region]) -> str:
    levels = {
        "coding bases": found.base,
        "coding exons": found.exon,
        "transcripts": found.transcript,
        "genes": found.gene,
    }
    rows = [
        (
            name,
            f"{level.n_reference:,}",
            f"{level.n_predicted:,}",
            *(f"{100 * share:.1f}" for share in (level.sensitivity, level.precision, level.f1)),
        )
        for name, level in levels.items()
    ]
    header = ("", "reference", "predicted", "sensitivity %", "precision %", "F1 %")
    where = ", ".join(map(format_region, regions))
    return section(
        "Accuracy",
        *([paragraph(f"Only what lies wholly inside {where} counts.")] if regions else []),
        table(rows, header, numbers=5),
        paragraph(
            "Sensitivity is the share of the reference that is found, precision the share of the "
            "prediction that is right, F1 their harmonic mean. A gene is found when the coding "
            "exons of any of its transcripts are predicted exactly."
        ),
    )


def _calibration(reliability: Mapping[str, Reliability]) -> str:
    """Draw the share of right predictions by posterior."""
    drawn = [
        (kind, [(step.mean, step.share) for step in reliability[kind].bins if step.n])
        for kind in ("gene", "exon")
        if kind in reliability
    ]
    plot = curve_figure(drawn, "posterior", "share that is right")
    for (_, points), colour in zip(drawn, COLOURS, strict=False):
        plot.dots(points, colour)
    rows = [
        (kind, f"{curve.n:,}", f"{curve.mean:.3f}", f"{curve.share:.3f}", f"{curve.ece:.3f}")
        for kind, curve in reliability.items()
    ]
    header = ("", "predictions", "mean posterior", "share right", "calibration error")
    caption = "on the dashed line posteriors keep their word; beneath it they promise too much"
    return section(
        "Calibration",
        figures([(plot.svg("calibration"), caption)]),
        table(rows, header, numbers=4),
    )


def _dial(trade_off: Sequence[tuple[float, Evaluation]]) -> str:
    rows = [
        (
            threshold,
            f"{found.gene.n_predicted:,} genes, sensitivity {found.gene.sensitivity:.1%}, "
            f"precision {found.gene.precision:.1%}, F1 {found.gene.f1:.1%}",
        )
        for threshold, found in trade_off
    ]
    plot = Plot((0, 1), (0, 1), "sensitivity", "precision", width=430, height=300)
    for (name, points), colour in zip(
        (
            ("genes", [(found.gene.sensitivity, found.gene.precision) for _, found in trade_off]),
            ("exons", [(found.exon.sensitivity, found.exon.precision) for _, found in trade_off]),
        ),
        COLOURS,
        strict=False,
    ):
        plot.line(points, colour)
        plot.dots(points, colour)
        plot.name(name, colour)
    best = max(trade_off, key=lambda row: row[1].gene.f1)
    return section(
        "Sensitivity against precision",
        dial(rows, best[0]),
        figures([(plot.svg("sensitivity and precision"), "a dot a threshold of the posterior")]),
    )


def _differences(
    reference: Sequence[Gene], predicted: Sequence[Gene], regions: Sequence[Region]
) -> str:
    """Draw places where prediction and reference differ, evenly drawn."""
    truth = [gene for gene in reference if _counts(gene, regions)]
    guess = [gene for gene in predicted if _counts(gene, regions)]
    right = _chains(truth) & _chains(guess)
    places = list(_places([gene for gene in (*truth, *guess) if not _chains([gene]) & right]))
    chosen = np.linspace(0, len(places) - 1, min(_DRAWN, len(places))).astype(int)
    drawn = []
    for contig, start, end in (places[number] for number in chosen):
        span = max(0, start - _FLANK), end + _FLANK
        rows = [
            (f"{name} {gene.id}"[:22], gene.strand, transcript.cds)
            for name, genes in (("ref.", truth), ("pred.", guess))
            for gene in genes
            if gene.contig == contig and gene.start < end and gene.end > start
            for transcript in gene.transcripts[:1]
            if transcript.cds and span[0] <= transcript.start and transcript.end <= span[1]
        ]
        title = f"{contig}:{start + 1:,}-{end:,}"
        drawn.append((draw_genes(span, rows, title=title), title))
    genes = sum(bool(_chains([gene]) & right) for gene in truth)
    told = (
        f"{genes:,} of {len(truth):,} genes of the reference are found exactly; "
        f"{len(places):,} places differ"
    )
    more = f", of which {len(drawn):,} are drawn." if len(drawn) < len(places) else "."
    return section("Genes that differ", paragraph(told + more), figures(drawn))


def _places(genes: Sequence[Gene]) -> Iterator[tuple[str, int, int]]:
    """Join genes that overlap to places, and yield contig, start and end of each."""
    contig, start, end = "", 0, 0
    for gene in sorted(genes, key=lambda gene: (gene.contig, gene.start)):
        if gene.end - gene.start > _LONGEST_DRAWN:
            continue
        if contig and (gene.contig != contig or gene.start >= end):
            yield contig, start, end
            contig = ""
        if not contig:
            contig, start, end = gene.contig, gene.start, gene.end
        end = max(end, gene.end)
    if contig:
        yield contig, start, end


def _chains(genes: Sequence[Gene]) -> set[tuple[str, str, tuple[Interval, ...]]]:
    """Return the chains of coding exons of genes."""
    return {
        (gene.contig, gene.strand, transcript.cds)
        for gene in genes
        for transcript in gene.transcripts
        if transcript.cds
    }


def _counts(gene: Gene, regions: Sequence[Region]) -> bool:
    """Tell whether a gene lies wholly inside a region."""
    return not regions or any(
        region.contig == gene.contig
        and region.start <= gene.start
        and (region.end is None or gene.end <= region.end)
        for region in regions
    )
