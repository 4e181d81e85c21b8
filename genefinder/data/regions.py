"""A named part of a contig with its bases: what is learnt from, held out, or read by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from genefinder.dna import Codes, N
from genefinder.genes import Gene, Region

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, eq=False)
class RegionSequence:
    """The bases of a part of a contig.

    Attributes
    ----------
    contig, start
        Where it lies.
    codes
        Its bases alone, shape ``(end - start,)``.
    genome
        Number of the genome that it is from, among those of a run.
    genes
        Annotated genes that lie wholly inside, in coordinates of the contig; none where nobody
        annotated it.
    """

    contig: str
    start: int
    codes: Codes
    genome: int = 0
    genes: tuple[Gene, ...] = ()

    def __len__(self) -> int:
        """Return the number of bases."""
        return len(self.codes)

    @property
    def end(self) -> int:
        """Base after the last, in coordinates of the contig."""
        return self.start + len(self.codes)

    @property
    def region(self) -> Region:
        """Where it lies."""
        return Region(self.contig, self.start, self.end)

    def read(self, start: int, length: int) -> Codes:
        """Return ``[start, start + length)`` of the contig; bases outside the region read as N."""
        return read_codes(self.codes, start - self.start, length)


def of_genome(value: Value | Mapping[int, Value], genome: int) -> Value:
    """Return what belongs to a genome: one value is for all, a mapping has that of each number."""
    return value[genome] if isinstance(value, Mapping) else value


def read_codes(codes: Codes, start: int, length: int) -> Codes:
    """Return ``[start, start + length)`` of some bases, shape ``(length,)``; N where none are."""
    low, high = max(start, 0), min(start + length, len(codes))
    window = np.full(length, N, dtype=np.uint8)
    if low < high:
        window[low - start : high - start] = codes[low:high]
    return window
