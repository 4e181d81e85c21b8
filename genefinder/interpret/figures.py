"""Figures of what was found, in one style, and the same bytes every time.

They are drawn by matplotlib, which the extra ``report`` installs.
"""

import io
import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genefinder.errors import InputError
from genefinder.interpret.gates import GateContrast, GateProfile
from genefinder.interpret.motifs import Motif
from genefinder.interpret.novelty import BOUNDARIES, PeakScore, Track
from genefinder.interpret.periodicity import Spectrum, SplicePeriod
from genefinder.interpret.probe import CAUTION, KINDS, ProbeScore
from genefinder.interpret.sequence import AnnotatedSequence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from genefinder.interpret.novelty import Floats, Ints

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#555555")
"""Told apart by colour-blind readers too (Okabe and Ito 2008)."""
_STYLE: Any = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.0,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "svg.fonttype": "none",
    "svg.hashsalt": "genefinder",
    "path.simplify": True,
}
_DPI = 110

LOGOS = 12
"""Filters that a figure shows."""
_LOGO_COLUMNS = 3
_BASE_COLOURS = {"A": "#009e73", "C": "#0072b2", "G": "#e69f00", "T": "#d55e00"}
_LEAST_BITS = 0.03
"""Bits of a letter that is drawn at all."""

_EXCERPT = 12_000
"""Bases of the novelty track that are shown."""
_METHODS = ("novelty", "gc_change")

_SIDES = {"donor": ("exon", "intron"), "acceptor": ("intron", "exon")}

_FEATURES = {
    "network": "network",
    "untrained": "untrained network",
    "words": "words of the sequence",
    "frames": "words by frame",
}
_VIEWS = ("forward", "backward", "both", "joint")


def require_matplotlib() -> None:
    """Make sure that figures can be drawn.

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise InputError(
            "figures need matplotlib: install it with pip install 'genefinder[report]', or give "
            "--figures none for the tables alone"
        ) from error


def grid(rows: int, columns: int, width: float, height: float) -> tuple["Figure", list["Axes"]]:
    """Make a figure of panels.

    Parameters
    ----------
    rows, columns
        Panels.
    width, height
        Inches.

    Returns
    -------
    tuple
        The figure and its panels, row by row.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, list(figure.subplots(rows, columns, squeeze=False).ravel())


def mosaic(
    rows: Sequence[Sequence[str]], width: float, height: float
) -> tuple["Figure", dict[str, "Axes"]]:
    """Make a figure of named panels; a name that is repeated spans its places.

    Parameters
    ----------
    rows
        Names of the panels, row by row.
    width, height
        Inches.

    Returns
    -------
    tuple
        The figure, and its panels by name.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, dict(figure.subplot_mosaic([list(row) for row in rows]))


def write_figure(
    path: str | os.PathLike[str], draw: Callable[..., "Figure"], *arguments: Any
) -> None:
    """Draw a figure and write it in the format of its name; the file is complete or absent.

    Parameters
    ----------
    path
        A name that ends in ``.svg`` or ``.png``.
    draw
        Returns the figure.
    *arguments
        For it.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    import matplotlib as mpl

    target = Path(path)
    kind = target.suffix.removeprefix(".")
    content = io.BytesIO()
    with mpl.rc_context(_STYLE):
        metadata = {"Date": None} if kind == "svg" else {"Software": None}
        draw(*arguments).savefig(content, format=kind, dpi=_DPI, metadata=metadata)
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        partial.write_bytes(content.getvalue())
        partial.replace(target)
    except OSError as error:
        raise InputError(
            f"{target}: cannot be written: {error.strerror}; choose another place"
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink()


def draw_gates(
    contrasts: Sequence[GateContrast], profiles: Sequence[GateProfile], title: str
) -> "Figure":
    """Draw each gate around each kind of landmark, and the effect between sets of regions."""
    kinds = list(dict.fromkeys(profile.kind for profile in profiles))
    gates = list(dict.fromkeys(contrast.gate for contrast in contrasts))
    count = len(kinds) + 1
    columns = min(3, count)
    rows = -(-count // columns)
    figure, panels = grid(rows, columns, 7.5, 0.4 + 2.0 * rows)
    for panel in panels[count:]:
        panel.axis("off")
    for panel, kind in zip(panels, kinds, strict=False):
        for profile in profiles:
            if profile.kind != kind:
                continue
            colour = COLOURS[gates.index(profile.gate)]
            panel.plot(profile.offsets, profile.mean, color=colour, label=profile.gate)
            panel.fill_between(
                profile.offsets,
                profile.mean - profile.error,
                profile.mean + profile.error,
                color=colour,
                alpha=0.25,
                lw=0,
            )
            panel.plot(profile.offsets, profile.decoys, color=colour, lw=0.5, ls="--")
        panel.axvline(0, color="black", lw=0.5, ls=":")
        panel.set_title(f"{kind} ({_count_landmarks(profiles, kind)}), dashed: decoys")
        panel.set_xlabel("bases from it, in strand direction")
    panels[0].set_ylabel("mean gate")
    if kinds:
        panels[0].legend(loc="best")
    panel = panels[len(kinds)]
    means = [contrast for contrast in contrasts if contrast.unit < 0]
    pairs = list(dict.fromkeys((mean.first, mean.second) for mean in means))
    for mean in means:
        index = gates.index(mean.gate)
        place = pairs.index((mean.first, mean.second)) + 0.25 * (index - (len(gates) - 1) / 2)
        panel.bar(place, mean.effect, 0.24, color=COLOURS[index], label=mean.gate)
        if mean.p_corrected < 0.01:
            panel.annotate("*", (place, mean.effect), ha="center", fontsize=8)
    panel.axhline(0, color="black", lw=0.5)
    panel.set_xticks(range(len(pairs)), [f"{a}\nless {b}" for a, b in pairs], fontsize=6)
    panel.set_title("Cohen's d of regions (*: p < 0.01)")
    figure.suptitle(title, fontsize=9)
    return figure


def _count_landmarks(profiles: Sequence[GateProfile], kind: str) -> int:
    """Return how many landmarks of a kind there were."""
    return next(profile.landmarks for profile in profiles if profile.kind == kind)


def draw_motifs(motifs: Sequence[Motif], title: str) -> "Figure":
    """Draw the sequence logos (Schneider and Stephens 1990) of filters.

    Those that are named come first, then those that respond most at a landmark.

    Parameters
    ----------
    motifs
        Of a network.
    title
        Of the figure.
    """
    chosen = choose_motifs(motifs)
    rows = -(-len(chosen) // _LOGO_COLUMNS)
    figure, panels = grid(rows, _LOGO_COLUMNS, 7.5, 0.4 + 1.15 * rows)
    for panel in panels[len(chosen) :]:
        panel.axis("off")
    for panel, motif in zip(panels, chosen, strict=False):
        draw_logo(panel, motif)
    figure.suptitle(title, fontsize=9)
    return figure


def choose_motifs(motifs: Sequence[Motif]) -> list[Motif]:
    """Choose what to show: first the named ones, then those enriched or depleted most."""
    named = [motif for motif in motifs if motif.name]
    rest = [motif for motif in motifs if not motif.name]
    rest.sort(
        key=lambda motif: -max((abs(test.auc - 0.5) for test in motif.enrichments), default=0)
    )
    return (named + rest)[:LOGOS]


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
            if height < _LEAST_BITS:
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
            panel.add_patch(
                PathPatch(outline.transformed(place), color=_BASE_COLOURS[letter], lw=0)
            )
            base += height
        tallest = max(tallest, base)
    panel.set_xlim(-motif.bank.before - 0.6, motif.bank.after + 0.6)
    panel.set_ylim(0, tallest * 1.05)
    panel.tick_params(labelsize=6, length=2)
    best = max(motif.enrichments, key=lambda test: abs(test.auc - 0.5), default=None)
    tested = f"; AUC {best.auc:.2f} at {best.kind}s" if best else ""
    name = f" = {motif.name} ({motif.similarity:.2f})" if motif.name else ""
    panel.set_title(f"{motif.id}{name}{tested}", fontsize=6.5)


def draw_novelty(
    sequences: Sequence[AnnotatedSequence],
    tracks: Sequence[Track],
    peaks: "Sequence[Ints]",
    scores: Sequence[PeakScore],
    curves: "Sequence[tuple[str, str, Floats]]",
    title: str,
) -> "Figure":
    """Draw an excerpt of the track above its genes, and a precision-recall curve a boundary.

    Without scores the excerpt alone is drawn.
    """
    if not scores:
        figure, panels = grid(1, 1, 7.5, 2.2)
        _draw_excerpt(panels[0], sequences, tracks, peaks)
        figure.suptitle(title, fontsize=9)
        return figure
    figure, named = mosaic([["excerpt"] * 3, BOUNDARIES], 7.5, 4.4)
    _draw_excerpt(named["excerpt"], sequences, tracks, peaks)
    for boundary in BOUNDARIES:
        panel = named[boundary]
        for method, colour in zip(_METHODS, COLOURS, strict=False):
            curve = next(
                points for kind, name, points in curves if (kind, name) == (boundary, method)
            )
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


def _draw_excerpt(
    panel: "Axes",
    sequences: Sequence[AnnotatedSequence],
    tracks: Sequence[Track],
    peaks: "Sequence[Ints]",
) -> None:
    """Draw the excerpt with the most exons; without an annotation, the first one."""
    number, start = _busiest(sequences)
    sequence, track = sequences[number], tracks[number]
    low, high = np.searchsorted(track.positions, (start, start + _EXCERPT))
    positions = track.positions[low:high]
    panel.plot(
        (sequence.start + positions + 1) / 1e3, track.values[low:high], color=COLOURS[0], lw=0.6
    )
    top = peaks[number]
    top = top[(top >= low) & (top < high)]
    panel.plot(
        (sequence.start + track.positions[top] + 1) / 1e3,
        track.values[top],
        "v",
        color="black",
        ms=2.5,
    )
    depth = 0.08 * float(track.values[low:high].max(initial=1.0))
    for transcript in sequence.transcripts:
        if (
            transcript.end > sequence.start + start
            and transcript.start < sequence.start + start + _EXCERPT
        ):
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
    panel.set_xlim((sequence.start + start) / 1e3, (sequence.start + start + _EXCERPT) / 1e3)
    panel.set_xlabel(f"{sequence.contig} (kb); genes of the forward strand above the reverse one's")
    panel.set_ylabel("novelty")


def _busiest(sequences: Sequence[AnnotatedSequence]) -> tuple[int, int]:
    """Return the sequence and first base of the excerpt that begins the most exons."""
    best, most = (0, 0), -1
    for number, sequence in enumerate(sequences):
        starts = [
            span[0] - sequence.start
            for transcript in sequence.transcripts
            for span in transcript.cds
        ]
        counts = np.bincount(np.array(starts, dtype=np.int64) // _EXCERPT, minlength=1)
        if counts.max() > most:
            best, most = (number, int(counts.argmax()) * _EXCERPT), int(counts.max())
    return best


def draw_periodicity(
    spectra: Sequence[Spectrum], periods: Sequence[SplicePeriod], title: str
) -> "Figure":
    """Draw both spectra of each context, and the part with period three around splice sites."""
    figure, panels = grid(2, 2, 7.5, 4.6)
    for spectrum, colour in zip(spectra, COLOURS, strict=False):
        label = f"{spectrum.context} ({spectrum.regions})"
        panels[0].plot(spectrum.frequencies[1:], spectrum.power[1:], color=colour, label=label)
        panels[1].plot(spectrum.frequencies[1:], spectrum.aligned[1:], color=colour, label=label)
        panels[1].plot(spectrum.frequencies[1:], spectrum.noise[1:], color=colour, lw=0.5, ls="--")
    panels[0].set_title("mean power of regions")
    panels[1].set_title("power of the mean, in frame (dashed: noise)")
    panels[1].set_yscale("log")
    for panel in panels[:2]:
        panel.axvline(1 / 3, color="black", lw=0.5, ls=":")
        panel.set_xlabel("cycles a base")
    panels[0].set_ylabel("power (nats²)")
    panels[0].legend(loc="best")
    for panel in panels[2:][len(periods) :]:
        panel.axis("off")
    for panel, period in zip(panels[2:], periods, strict=False):
        panel.plot(period.offsets, period.power, color=COLOURS[0])
        panel.plot(period.offsets, period.noise, color=COLOURS[0], lw=0.5, ls="--")
        panel.axvline(0, color="black", lw=0.5, ls=":")
        left, right = _SIDES[period.kind]
        panel.set_title(f"period 3 around {period.sites} {period.kind}s: {left} | {right}")
        panel.set_xlabel("bases from the boundary, in strand direction")
        panel.set_ylim(0, None)
    panels[2].set_ylabel("power in frame (nats²)")
    figure.suptitle(title, fontsize=9)
    return figure


def draw_probe(scores: Sequence[ProbeScore], title: str) -> "Figure":
    """Draw the held-out score of each property, view and set of features with its interval."""
    properties = list(dict.fromkeys(score.property for score in scores))
    figure, panels = grid(2, -(-len(properties) // 2), 7.5, 4.2)
    views = [view for view in _VIEWS if any(score.view == view for score in scores)]
    for panel in panels[len(properties) :]:
        panel.axis("off")
    for panel, asked in zip(panels, properties, strict=False):
        for shift, features in enumerate(KINDS):
            drawn = [
                score for score in scores if score.property == asked and score.features == features
            ]
            heights = [max(score.score, 0.0) for score in drawn]
            lows = [max(score.low, 0.0) for score in drawn]
            errors = [
                [max(height - low, 0.0) for height, low in zip(heights, lows, strict=True)],
                [
                    max(score.high - height, 0.0)
                    for score, height in zip(drawn, heights, strict=True)
                ],
            ]
            panel.bar(
                [views.index(score.view) + 0.2 * (shift - 1.5) for score in drawn],
                heights,
                0.19,
                yerr=errors,
                color=COLOURS[shift],
                label=_FEATURES[features],
                error_kw={"lw": 0.6},
            )
        if asked.classes:
            panel.axhline(1 / len(asked.classes), color="black", lw=0.6, ls=":")
        panel.set_xticks(range(len(views)), views, fontsize=7)
        panel.set_ylim(0, 1)
        panel.set_title(asked.name.replace("_", " "))
        panel.set_ylabel("balanced accuracy" if asked.classes else "R²", fontsize=7)
    panels[len(properties) - 1].legend(loc="upper left")
    figure.suptitle(f"{title}\n{CAUTION}", fontsize=8)
    return figure
