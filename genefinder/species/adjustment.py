"""What the scores of a network lack in one genome, beside the genome's statistics."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from genefinder.errors import InputError
from genefinder.grammar.labels import DONOR, START, STRAND_CHANNELS


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Numbers that are added to a network's scores of one genome, in nats.

    A network that reads the statistics of a genome it has not learnt from still knows how many
    genes and introns the genomes had that it has learnt from.

    Attributes
    ----------
    start, donor
        Added at every start codon and every donor that are called.
    """

    start: float = 0.0
    donor: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is no number.

        Raises
        ------
        InputError
            If a value is not finite.
        """
        if not np.isfinite(astuple(self)).all():
            raise InputError(f"scores cannot be adjusted by {astuple(self)}")

    def __bool__(self) -> bool:
        """Whether it changes anything."""
        return any(astuple(self))

    def __add__(self, other: Self) -> Self:
        """Return both together."""
        pairs = zip(astuple(self), astuple(other), strict=True)
        return type(self)(*(round(first + second, 6) for first, second in pairs))

    @property
    def channels(self) -> npt.NDArray[np.float32]:
        """What each channel of one strand gets, shape ``(10,)``."""
        added = np.zeros(STRAND_CHANNELS, dtype=np.float32)
        added[START], added[DONOR] = self.start, self.donor
        return added

    def to_list(self) -> list[float]:
        """Return the values as JSON has them."""
        return list(astuple(self))

    @classmethod
    def from_list(cls, values: Iterable[Any]) -> Self:
        """Read what :meth:`to_list` wrote.

        Raises
        ------
        TypeError, ValueError
            If these are not two numbers.
        """
        return cls(*map(float, values))
