"""Sequence that nobody annotated: regions to learn its bases from, and windows of them."""

from dataclasses import dataclass, replace
from typing import Self

from genefinder.data.regions import RegionSequence, read_codes
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


@dataclass(frozen=True, slots=True, eq=False)
class RawRegion(RegionSequence):
    """A region whose bases are learnt.

    Attributes
    ----------
    targets
        The bases to predict, and N where there is nothing to predict, shape ``(end - start,)``;
        ``None`` where all bases are.
    """

    targets: Codes | None = None

    def readings(self) -> tuple[tuple[Codes, Codes], tuple[Codes, Codes]]:
        """Return codes and targets in either reading direction."""
        codes = self.codes
        targets = codes if self.targets is None else self.targets
        return (codes, targets), (reverse_complement(codes), reverse_complement(targets))

    def beginning(self, bases: int) -> Self:
        """Return the first bases of the region, all of them if there are fewer."""
        targets = None if self.targets is None else self.targets[:bases]
        return replace(self, codes=self.codes[:bases], targets=targets)

    def cut(self, start: int, length: int) -> RawWindow | None:
        """Cut ``[start, start + length)`` of the contig; ``None`` with nothing to predict."""
        codes = self.read(start, length)
        targets = codes
        if self.targets is not None:
            targets = read_codes(self.targets, start - self.start, length)
        return RawWindow(codes, targets) if (targets < N).any() else None
