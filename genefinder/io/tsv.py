"""Tables as tab-separated text, numbers with as many digits as they are worth."""

import math
import os
from collections.abc import Iterable, Sequence

from genefinder.io.output import open_output

Cell = str | int | float | None

_DIGITS = 6


def write_tsv(
    path: str | os.PathLike[str], header: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> None:
    """Write a table with a header line.

    Parameters
    ----------
    path
        File; complete or absent afterwards.
    header
        Names of the columns.
    rows
        Numbers are written with six significant digits; ``None`` and NaN as ``NA``, which R and
        pandas read as missing.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    with open_output(path) as stream:
        stream.write("\t".join(header) + "\n")
        for row in rows:
            stream.write("\t".join(map(format_cell, row)) + "\n")


def format_cell(value: Cell) -> str:
    """Write one value."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "NA"
    return f"{float(value):.{_DIGITS}g}" if isinstance(value, float) else str(value)
