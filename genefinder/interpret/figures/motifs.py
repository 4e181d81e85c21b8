"""Sequence logos of filters (Schneider and Stephens 1990)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from genefinder.interpret.figures.canvas import grid
from genefinder.interpret.motifs import Motif

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 12
_COLUMNS = 3
_COLOURS = {"A": "#009e73", "C": "#0072b2", "G": "#e69f00", "T": "#d55e00"}
_LEAST = 0.03
"""Bits of a letter that is drawn at all."""


def draw_motifs(motifs: Sequence[Motif], title: str) -> "Figure":
    """Draw the logos of the named filters and of those that respond most at a landmark.

    Parameters
    ----------
    motifs
        Of a network.
    title
        Of the figure.
    """
    chosen = choose(motifs)
    rows = -(-len(chosen) // _COLUMNS)
    figure, panels = grid(rows, _COLUMNS, 7.5, 0.4 + 1.15 * rows)
    for panel in panels[len(chosen) :]:
        panel.axis("off")
    for panel, motif in zip(panels, chosen, strict=False):
        draw_logo(panel, motif)
    figure.suptitle(title, fontsize=9)
    return figure


def choose(motifs: Sequence[Motif]) -> list[Motif]:
    """Choose what to show: first the named ones, then those enriched or depleted most."""
    named = [motif for motif in motifs if motif.name]
    rest = [motif for motif in motifs if not motif.name]
    rest.sort(key=lambda one: -max((abs(test.auc - 0.5) for test in one.enrichments), default=0))
    return (named + rest)[:SHOWN]


def draw_logo(panel: "Axes", motif: Motif) -> None:
    """Draw one logo: letters as high as the bits that they carry."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.patches import PathPatch
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    font = FontProperties(family="DejaVu Sans", weight="bold")
    tallest = 0.1
    for column, (shares, bits) in enumerate(zip(motif.shares, motif.information, strict=True)):
        base = 0.0
        for index in np.argsort(shares):
            height = float(shares[index] * bits)
            if height < _LEAST:
                continue
            letter = "ACGT"[index]
            outline = TextPath((0, 0), letter, size=1, prop=font)
            box = outline.get_extents()
            place = (
                Affine2D()
                .translate(-box.x0, -box.y0)
                .scale(0.92 / box.width, height / box.height)
                .translate(column - motif.bank.before - 0.46, base)
            )
            panel.add_patch(PathPatch(outline.transformed(place), color=_COLOURS[letter], lw=0))
            base += height
        tallest = max(tallest, base)
    panel.set_xlim(-motif.bank.before - 0.6, motif.bank.after + 0.6)
    panel.set_ylim(0, tallest * 1.05)
    panel.tick_params(labelsize=6, length=2)
    best = max(motif.enrichments, key=lambda test: abs(test.auc - 0.5), default=None)
    tested = f"; AUC {best.auc:.2f} at {best.kind}s" if best else ""
    name = f" = {motif.name} ({motif.similarity:.2f})" if motif.name else ""
    panel.set_title(f"{motif.id}{name}{tested}", fontsize=6.5)
