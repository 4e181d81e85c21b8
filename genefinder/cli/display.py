"""What a long run shows on standard error: lines, and a bar where that is a terminal."""

import sys
from typing import TYPE_CHECKING, NoReturn, Self

if TYPE_CHECKING:
    from tqdm import tqdm

_BAR = "{desc}{percentage:3.0f} % |{bar}| {elapsed}<{remaining}"
_BASES = (
    "{desc}{n_fmt} of {total_fmt} bases, {percentage:3.0f} % |{bar}| {elapsed}<{remaining}, "
    "{rate_fmt}"
)
_OPEN_BASES = "{desc}{n_fmt} bases, {elapsed}, {rate_fmt}"
PATIENCE = 5.0
"""Seconds after which a bar is shown: what is done before then needs none."""


def bases_bar(
    what: str, total: int | None, *, quiet: bool, patience: float = PATIENCE
) -> "tqdm[NoReturn]":
    """Return a bar of bases that are done, on a terminal.

    Parameters
    ----------
    what
        What is done with them.
    total
        All bases, or ``None`` where nobody knows; then no time left is told.
    quiet
        Show nothing.
    patience
        Seconds after which it shows itself.
    """
    from tqdm import tqdm

    return tqdm(
        desc=what,
        total=total,
        unit="b",
        unit_scale=True,
        delay=patience,
        leave=False,
        bar_format=_OPEN_BASES if total is None else _BASES,
        disable=True if quiet else None,
    )


class Display:
    """Lines and a progress bar on standard error; the bar only where that is a terminal.

    Parameters
    ----------
    quiet
        Show nothing.
    what
        What the bar is of.
    patience
        Seconds after which it shows itself.
    """

    def __init__(
        self, quiet: bool, what: str = "budget used: ", *, patience: float = PATIENCE
    ) -> None:
        self._quiet = quiet
        self._what = what
        self._patience = patience
        self._bar: tqdm[NoReturn] | None = None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.close()

    def say(self, line: str) -> None:
        """Write a line above the bar."""
        from tqdm import tqdm

        if not self._quiet:
            tqdm.write(line, file=sys.stderr)

    def show(self, share: float) -> None:
        """Move the bar to a share of the budget, 0 to 1."""
        from tqdm import tqdm

        if self._bar is None:
            # Made at the first update, so that of several processes only the leader has a bar.
            self._bar = tqdm(
                desc=self._what,
                total=100,
                bar_format=_BAR,
                delay=self._patience,
                disable=True if self._quiet else None,
            )
        self._bar.update(100 * share - self._bar.n)
