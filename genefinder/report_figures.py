"""Figures that reports on a prediction and on a comparison share."""

import json
from collections.abc import Sequence
from html import escape

import numpy as np
import numpy.typing as npt

from genefinder.genes import Gene
from genefinder.io.html import figures, table
from genefinder.io.svg import COLOURS, FAINT, Plot

_BINS = 40
_POSTERIORS = 20
_DIAL = """
<script>
(function () {
  var rows = JSON.parse(document.getElementById("dial-rows").textContent);
  var dial = document.getElementById("dial"), out = document.getElementById("dial-out");
  function show() { out.textContent = rows[dial.value]; }
  dial.addEventListener("input", show); show();
})();
</script>
"""


def length_figures(genes: Sequence[Gene]) -> str:
    """Draw how long coding sequences, exons and introns are, and how many exons genes have."""
    transcripts = [gene.transcripts[0] for gene in genes]
    lengths = {
        "coding sequence, bases": [transcript.cds_length for transcript in transcripts],
        "coding exon, bases": [
            end - start for transcript in transcripts for start, end in transcript.cds
        ],
        "intron, bases": [
            end - start for transcript in transcripts for start, end in transcript.introns()
        ],
    }
    drawn = []
    for name, values in lengths.items():
        if values:
            caption = (
                f"{len(values):,}; median {np.median(values):,.0f}, mean {np.mean(values):,.0f}"
            )
            drawn.append((_histogram(values, name), f"{name}: {caption}"))
    exons = np.bincount([len(transcript.cds) for transcript in transcripts])[1:]
    plot = Plot((0.5, min(20, len(exons)) + 0.5), (0, exons.max()), "coding exons", "genes")
    plot.bars([number + 0.5 for number in range(len(exons) + 1)], exons[:20].tolist(), COLOURS[0])
    single = exons[0] / exons.sum()
    drawn.append((plot.svg("exons of a gene"), f"exons of a gene; {single:.0%} have one"))
    return figures(drawn)


def posterior_figure(genes: Sequence[Gene]) -> str:
    """Draw the posteriors of genes and of exons."""
    posteriors = [gene.posterior or 0.0 for gene in genes]
    exons = [
        value
        for gene in genes
        if (parts := gene.transcripts[0].part_posteriors) is not None
        for value in parts.exons
    ]
    drawn = []
    for name, values, colour in (("genes", posteriors, COLOURS[0]), ("exons", exons, COLOURS[1])):
        if not values:
            continue
        counts, edges = np.histogram(values, bins=_POSTERIORS, range=(0, 1))
        plot = Plot((0, 1), (0, counts.max()), "posterior", name)
        plot.bars(edges.tolist(), counts.tolist(), colour)
        caption = f"posteriors of {len(values):,} {name}; mean {np.mean(values):.2f}"
        drawn.append((plot.svg(f"posteriors of {name}"), caption))
    return figures(drawn)


def curve_figure(
    curves: Sequence[tuple[str, Sequence[tuple[float, float]]]], x_label: str, y_label: str
) -> Plot:
    """Return a plot of curves within the unit square, with the diagonal."""
    plot = Plot((0, 1), (0, 1), x_label, y_label, width=430, height=300)
    plot.line([(0, 0), (1, 1)], FAINT, dashed=True)
    for (name, points), colour in zip(curves, COLOURS, strict=False):
        plot.line(points, colour)
        plot.name(name, colour)
    return plot


def dial(rows: Sequence[tuple[float, str]], start: float) -> str:
    """Return a slider over thresholds, which shows what each brings.

    Parameters
    ----------
    rows
        Threshold and what to say of it.
    start
        The threshold to begin with.
    """
    thresholds = [threshold for threshold, _ in rows]
    first = int(np.argmin(np.abs(np.array(thresholds) - start)))
    texts = [f"--min-posterior {threshold:g}: {text}" for threshold, text in rows]
    data = json.dumps(texts).replace("<", "\\u003c")
    return (
        f'<input type="range" id="dial" min="0" max="{len(rows) - 1}" value="{first}" '
        'aria-label="threshold of the posterior">'
        f'<p id="dial-out" class="note">{escape(texts[first])}</p>'
        f'<script type="application/json" id="dial-rows">{data}</script>{_DIAL}'
    )


def codon_table(own: npt.NDArray[np.int64], other: npt.NDArray[np.int64], genetic_code: int) -> str:
    """Compare two usages of codons, AAA to TTT in the order A, C, G, T: a plot and a table."""
    from genefinder.io.sequences import translate

    mine, its = 1000 * own / max(1, own.sum()), 1000 * other / max(1, other.sum())
    most = float(max(mine.max(), its.max()))
    plot = Plot((0, most), (0, most), "model's species, per 1,000", "this genome", height=300)
    plot.line([(0, 0), (most, most)], FAINT, dashed=True)
    plot.dots(zip(its.tolist(), mine.tolist(), strict=True), COLOURS[0])
    codes = np.arange(64)
    codons = np.stack([codes // 16, codes // 4 % 4, codes % 4], axis=1).astype(np.uint8)
    residues = translate(codons.reshape(-1), genetic_code)
    order = np.argsort(-np.abs(mine - its), kind="stable")[:8]
    rows = [
        (
            "".join("ACGT"[base] for base in codons[number]),
            residues[number],
            f"{mine[number]:.1f}",
            f"{its[number]:.1f}",
        )
        for number in order
    ]
    alike = float(np.corrcoef(mine, its)[0, 1]) if mine.std() and its.std() else 0.0
    header = ("most different codons", "residue", "here", "model's species")
    drawing = figures([(plot.svg("usage of codons"), f"a dot a codon; correlation {alike:.3f}")])
    return drawing + table(rows, header, numbers=2)


def _histogram(values: Sequence[int], name: str) -> str:
    low, high = max(1, min(values)), max(2, *values)
    edges = np.geomspace(low, high + 1, _BINS + 1)
    counts, _ = np.histogram(values, bins=edges)
    plot = Plot((low, high + 1), (0, counts.max()), name, "number", log_x=True)
    plot.bars(edges.tolist(), counts.tolist(), COLOURS[0])
    return plot.svg(name)
