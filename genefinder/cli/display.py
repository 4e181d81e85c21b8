"""What a long run shows on standard error: lines, and a bar where that is a terminal."""

import sys
from typing import TYPE_CHECKING, NoReturn, Self

if TYPE_CHECKING:
    from tqdm import tqdm

_BAR = "{percentage:3.0f} % of the budget |{bar}| {elapsed}<{remaining}"


class Display:
    """Lines and a progress bar on standard error; the bar only where that is a terminal.

    Parameters
    ----------
    quiet
        Show nothing.
    """

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
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
            self._bar = tqdm(total=100, bar_format=_BAR, disable=True if self._quiet else None)
        self._bar.update(100 * share - self._bar.n)
