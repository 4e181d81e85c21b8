"""Sequence that nobody annotated: regions to learn its bases from, and windows of them."""

from dataclasses import dataclass

import numpy as np

from genefinder.data.sampling import Sampler
from genefinder.dna import Codes, N, reverse_complement


@dataclass(frozen=True, slots=True)
class Bits:
    """How well the next base is predicted: bits a base, the fewer the better.

    Attributes
    ----------
    forward, reverse
        Mean over the bases of either reading.
    """

    forward: float
    reverse: float

    @property
    def mean(self) -> float:
        """Mean of both readings."""
        return (self.forward + self.reverse) / 2

    @property
    def perplexity(self) -> float:
        """Number of equally likely bases that are as hard to predict, of the mean."""
        return float(2**self.mean)


@dataclass(frozen=True, slots=True, eq=False)
class RawRegion:
    """A part of a contig.

    Attributes
    ----------
    codes
        The whole contig, ``(T,)``.
    targets
        ``(T,)``: the bases to predict, and N where there is nothing to predict.
    start, end
        The part of it.
    """

    codes: Codes
    targets: Codes
    start: int
    end: int

    def readings(self) -> tuple[tuple[Codes, Codes], tuple[Codes, Codes]]:
        """Return codes and targets of the part alone, in either reading direction."""
        codes, targets = self.codes[self.start : self.end], self.targets[self.start : self.end]
        return (codes, targets), (reverse_complement(codes), reverse_complement(targets))


@dataclass(frozen=True, slots=True, eq=False)
class RawWindow:
    """What the network reads and what it should predict.

    Attributes
    ----------
    codes
        ``(length,)``, N beyond the region.
    targets
        ``(length,)``: the same, but N also where there is nothing to predict.
    """

    codes: Codes
    targets: Codes


def cut_raw_window(region: RawRegion, start: int, length: int) -> RawWindow:
    """Cut ``[start, start + length)`` of a contig; bases outside the region read as N."""
    low, high = max(start, region.start), min(start + length, region.end)
    codes, targets = np.full((2, length), N, dtype=np.uint8)
    if low < high:
        codes[low - start : high - start] = region.codes[low:high]
        targets[low - start : high - start] = region.targets[low:high]
    return RawWindow(codes, targets)


class RawSampler(Sampler[RawRegion, RawWindow]):
    """Draw windows with at least one base to predict."""

    def _cut(self, region: RawRegion, start: int, length: int) -> RawWindow | None:
        """Cut a window, ``None`` where there is nothing to predict."""
        window = cut_raw_window(region, start, length)
        return window if (window.targets < N).any() else None
