"""The windows in which a network reads a sequence of any length.

A network judges what lies near the end of a window without its surroundings. So windows overlap,
and each answers for its middle alone.
"""

from collections.abc import Iterator
from typing import NamedTuple

from genefinder.data.regions import read_codes
from genefinder.dna import Codes


class ReadWindow(NamedTuple):
    """Bases to read, and those among them to answer for, in coordinates of the sequence.

    Attributes
    ----------
    first, length
        Where the window begins, negative before the sequence's start, and its bases.
    start, end
        The bases to answer for.
    """

    first: int
    length: int
    start: int
    end: int

    @property
    def core(self) -> slice:
        """The bases to answer for, in the window."""
        return slice(self.start - self.first, self.end - self.first)

    def read(self, codes: Codes) -> Codes:
        """Return the window's bases of a sequence, shape ``(length,)``, N beyond its ends."""
        return read_codes(codes, self.first, self.length)


def cut_windows(
    bases: int, core: int, margin: int, *, block: int | None = None
) -> Iterator[ReadWindow]:
    """Cut a sequence into windows that answer for all of it, none of it twice.

    Parameters
    ----------
    bases
        Of the sequence.
    core
        Bases that a window answers for; the last one answers for what is left.
    margin
        Bases that it sees on either side of those.
    block
        Where it is given, the last window answers for whole blocks of so many bases, and ends a
        margin behind them; otherwise it is as long as all others.
    """
    for start in range(0, bases, core):
        end = min(start + core, bases)
        answered = core if block is None else -(-(end - start) // block) * block
        yield ReadWindow(start - margin, margin + answered + margin, start, end)
