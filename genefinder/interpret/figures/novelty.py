"""The novelty track over genes, and how well its peaks mark boundaries."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from genefinder.interpret.boundaries import BOUNDARIES, Score
from genefinder.interpret.figures.canvas import COLOURS, grid, mosaic
from genefinder.interpret.novelty import Floats, Ints, Track
from genefinder.interpret.pieces import Piece

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SHOWN = 12_000
"""Bases of the stretch that is shown."""
_METHODS = ("novelty", "gc_change")


def draw_novelty(
    pieces: Sequence[Piece],
    tracks: Sequence[Track],
    peaks: Sequence[Ints],
    scores: Sequence[Score],
    curves: Sequence[tuple[str, str, Floats]],
    title: str,
) -> "Figure":
    """Draw a stretch of the track above its genes, and a precision-recall curve a boundary.

    Without scores the stretch alone is drawn.
    """
    if not scores:
        figure, panels = grid(1, 1, 7.5, 2.2)
        _draw_stretch(panels[0], pieces, tracks, peaks)
        figure.suptitle(title, fontsize=9)
        return figure
    figure, named = mosaic([["stretch"] * 3, BOUNDARIES], 7.5, 4.4)
    _draw_stretch(named["stretch"], pieces, tracks, peaks)
    for boundary in BOUNDARIES:
        panel = named[boundary]
        for method, colour in zip(_METHODS, COLOURS, strict=False):
            curve = next(c for b, m, c in curves if (b, m) == (boundary, method))
            panel.plot(curve[:, 1], curve[:, 0], color=colour, label=method.replace("_", " "))
        for score in scores:
            if score.boundary != boundary:
                continue
            if score.method == "random":
                panel.axhline(score.precision, color="black", lw=0.6, ls=":", label="random")
            else:
                colour = COLOURS[_METHODS.index(score.method)]
                panel.plot(score.recall, score.precision, "o", color=colour, ms=3)
        panel.set_title(f"{boundary} boundaries")
        panel.set_xlabel("recall")
        panel.set_ylim(0, 1)
        panel.set_xlim(0, None)
    named[BOUNDARIES[0]].set_ylabel("precision")
    named[BOUNDARIES[0]].legend(loc="upper right")
    figure.suptitle(title, fontsize=9)
    return figure


def _draw_stretch(
    panel: "Axes", pieces: Sequence[Piece], tracks: Sequence[Track], peaks: Sequence[Ints]
) -> None:
    """Draw the stretch with the most exons; without an annotation, the first one."""
    number, start = _busiest(pieces)
    piece, track = pieces[number], tracks[number]
    low, high = np.searchsorted(track.places, (start, start + _SHOWN))
    places = track.places[low:high]
    panel.plot((piece.start + places + 1) / 1e3, track.values[low:high], color=COLOURS[0], lw=0.6)
    top = peaks[number]
    top = top[(top >= low) & (top < high)]
    panel.plot(
        (piece.start + track.places[top] + 1) / 1e3, track.values[top], "v", color="black", ms=2.5
    )
    depth = 0.08 * float(track.values[low:high].max(initial=1.0))
    for transcript in piece.transcripts:
        if transcript.end > piece.start + start and transcript.start < piece.start + start + _SHOWN:
            level = -2 * depth * (1 + (transcript.strand == "-"))
            ends = np.array([transcript.cds[0][0], transcript.cds[-1][1]]) / 1e3
            panel.plot(ends, [level, level], color="#555555", lw=0.6)
            for first, last in transcript.cds:
                panel.plot(
                    [first / 1e3, last / 1e3],
                    [level, level],
                    color="#555555",
                    lw=4,
                    solid_capstyle="butt",
                )
    panel.set_xlim((piece.start + start) / 1e3, (piece.start + start + _SHOWN) / 1e3)
    panel.set_xlabel(f"{piece.contig} (kb); genes of the forward strand above the reverse one's")
    panel.set_ylabel("novelty")


def _busiest(pieces: Sequence[Piece]) -> tuple[int, int]:
    """Return the piece and first base of the stretch that begins the most exons."""
    best, most = (0, 0), -1
    for number, piece in enumerate(pieces):
        starts = [
            span[0] - piece.start for transcript in piece.transcripts for span in transcript.cds
        ]
        counts = np.bincount(np.array(starts, dtype=np.int64) // _SHOWN, minlength=1)
        if counts.max() > most:
            best, most = (number, int(counts.argmax()) * _SHOWN), int(counts.max())
    return best
