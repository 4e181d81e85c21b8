"""Drawings as SVG text: plots with axes, and genes with curves beneath."""

import math
from collections.abc import Iterable, Sequence
from html import escape

from genefinder.genes import Interval, Strand

COLOURS = ("#1b6ca8", "#d1701c", "#5a8f29", "#8a5aa8")
"""Of the first, second, third and fourth of what is compared."""
FAINT = "#9aa4ad"
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 12, 12, 44
_ROW, _CURVE = 26, 44


class Plot:
    """A plot; what is drawn later lies on top.

    Parameters
    ----------
    x, y
        Least and greatest value of each axis.
    x_label, y_label
        What the axes are.
    log_x
        The first axis is logarithmic.
    width, height
        Pixels of the whole drawing.
    """

    def __init__(
        self,
        x: tuple[float, float],
        y: tuple[float, float],
        x_label: str,
        y_label: str,
        *,
        log_x: bool = False,
        width: int = 430,
        height: int = 240,
    ) -> None:
        self._x = x
        self._y = (y[0], y[1] if y[1] > y[0] else y[0] + 1.0)
        self._log_x = log_x
        self._labels = x_label, y_label
        self._size = width, height
        self._marks: list[str] = []
        self._names: list[tuple[str, str]] = []

    def bars(self, edges: Sequence[float], heights: Sequence[float], colour: str) -> None:
        """Draw a bar between each two edges."""
        floor = self._at_y(self._y[0])
        for low, high, value in zip(edges, edges[1:], heights, strict=False):
            left, right, top = self._at_x(low), self._at_x(high), self._at_y(value)
            if floor - top > 0:
                width = max(0.5, right - left - 0.6)
                self._marks.append(
                    f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" '
                    f'height="{floor - top:.1f}" fill="{colour}"/>'
                )

    def line(
        self, points: Iterable[tuple[float, float]], colour: str, *, dashed: bool = False
    ) -> None:
        """Draw a line through points."""
        path = " ".join(f"{self._at_x(x):.1f},{self._at_y(y):.1f}" for x, y in points)
        dash = ' stroke-dasharray="4 4"' if dashed else ""
        self._marks.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8"{dash}/>'
        )

    def dots(self, points: Iterable[tuple[float, float]], colour: str) -> None:
        """Draw a dot at each point."""
        self._marks += [
            f'<circle cx="{self._at_x(x):.1f}" cy="{self._at_y(y):.1f}" r="3.2" fill="{colour}"/>'
            for x, y in points
        ]

    def name(self, text: str, colour: str) -> None:
        """Say in a legend what a colour stands for."""
        self._names.append((text, colour))

    def svg(self, title: str) -> str:
        """Return the drawing; the title is for those who cannot see it."""
        width, height = self._size
        parts = [_open(width, height, title)]
        floor, left = self._at_y(self._y[0]), self._at_x(self._x[0])
        for value in _log_ticks(*self._x) if self._log_x else _ticks(*self._x):
            place = self._at_x(value)
            parts.append(f'<path class="axis" d="M{place:.1f} {floor:.1f}v4"/>')
            parts.append(_text(place, floor + 16, _number(value), "middle"))
        for value in _ticks(*self._y):
            place = self._at_y(value)
            parts.append(f'<path class="grid" d="M{left:.1f} {place:.1f}H{width - _RIGHT}"/>')
            parts.append(_text(left - 6, place + 4, _number(value), "end"))
        parts += self._marks
        parts.append(
            f'<path class="axis" d="M{left:.1f} {_TOP}V{floor:.1f}H{width - _RIGHT}" fill="none"/>'
        )
        parts.append(_text((left + width - _RIGHT) / 2, height - 8, self._labels[0], "middle"))
        middle = (_TOP + floor) / 2
        parts.append(
            f'<text transform="translate(13 {middle:.1f}) rotate(-90)" text-anchor="middle">'
            f"{escape(self._labels[1])}</text>"
        )
        for row, (text, colour) in enumerate(self._names):
            top = height - _BOTTOM - 6 - 16 * (len(self._names) - row)
            parts.append(
                f'<rect x="{width - 90}" y="{top}" width="10" height="10" fill="{colour}"/>'
            )
            parts.append(_text(width - 75, top + 9, text, "start"))
        return "".join([*parts, "</svg>"])

    def _at_x(self, value: float) -> float:
        low, high = self._x
        if self._log_x:
            low, high, value = math.log10(low), math.log10(high), math.log10(max(value, low))
        share = (value - low) / (high - low) if high > low else 0.5
        return _LEFT + min(1.0, max(0.0, share)) * (self._size[0] - _LEFT - _RIGHT)

    def _at_y(self, value: float) -> float:
        low, high = self._y
        share = min(1.0, max(0.0, (value - low) / (high - low)))
        return self._size[1] - _BOTTOM - share * (self._size[1] - _BOTTOM - _TOP)


def draw_genes(
    span: Interval,
    rows: Sequence[tuple[str, Strand, Sequence[Interval]]],
    curves: Sequence[tuple[str, Sequence[float], str]] = (),
    *,
    title: str,
    width: int = 900,
) -> str:
    """Draw genes of a stretch of a contig, and curves of it beneath.

    Parameters
    ----------
    span
        Start and end of the stretch.
    rows
        Label, strand and coding exons of each gene.
    curves
        Label, values from 0 to 1, evenly spread over the stretch, and colour of each.
    title
        For those who cannot see it.
    width
        Pixels.
    """
    start, end = span
    left, right = 150, width - 10
    scale = (right - left) / max(1, end - start)
    height = _ROW * len(rows) + _CURVE * len(curves) + 24
    parts = [_open(width, height, title)]
    top = 4
    for label, strand, exons in rows:
        middle = top + _ROW / 2
        first, last = left + (exons[0][0] - start) * scale, left + (exons[-1][1] - start) * scale
        parts.append(_text(left - 8, middle + 4, label, "end"))
        parts.append(f'<path class="axis" d="M{first:.1f} {middle:.1f}H{last:.1f}"/>')
        for low, high in exons:
            parts.append(
                f'<rect x="{left + (low - start) * scale:.1f}" y="{middle - 7:.1f}" '
                f'width="{max(1.0, (high - low) * scale):.1f}" height="14" fill="{COLOURS[0]}"/>'
            )
        tip, turn = (last, 6) if strand == "+" else (first, -6)
        parts.append(
            f'<path d="M{tip:.1f} {middle - 5:.1f}l{turn} 5l{-turn} 5z" fill="{COLOURS[1]}"/>'
        )
        top += _ROW
    for label, values, colour in curves:
        floor = top + _CURVE - 6
        step = (right - left) / max(1, len(values))
        points = "".join(
            f"L{left + (place + 0.5) * step:.1f} {floor - 32 * value:.1f}"
            for place, value in enumerate(values)
        )
        parts.append(_text(left - 8, floor - 12, label, "end"))
        parts.append(
            f'<path d="M{left} {floor}{points}L{right} {floor}z" fill="{colour}" '
            f'fill-opacity="0.35" stroke="{colour}"/>'
        )
        parts.append(f'<path class="axis" d="M{left} {floor}H{right}"/>')
        top += _CURVE
    parts.append(_text(left, height - 6, f"{start + 1:,}", "start"))
    parts.append(_text(right, height - 6, f"{end:,}", "end"))
    return "".join([*parts, "</svg>"])


def _open(width: int, height: int, title: str) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img">'
        f"<title>{escape(title)}</title>"
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _ticks(low: float, high: float) -> list[float]:
    """Return about five round values of a range."""
    step = 10.0 ** math.floor(math.log10((high - low) / 4 or 1.0))
    for factor in (1, 2, 5, 10):
        if (high - low) / (step * factor) <= 5:
            step *= factor
            break
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    """Return the powers of ten of a range; of a short one their doubles and halves, too."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for factors in ((1,), (1, 2, 5)):
        ticks = [factor * 10.0**number for number in range(first, last + 1) for factor in factors]
        shown = [value for value in ticks if low <= value <= high]
        if len(shown) > 2:
            break
    return shown


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 or value == round(value) else f"{value:g}"
