"""Drawing itself: the style that all figures share, and files that are the same every time."""

import io
import os
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genefinder.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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
        with suppress(OSError):
            partial.unlink()
        raise InputError(
            f"{target}: cannot be written: {error.strerror}; choose another place"
        ) from error
