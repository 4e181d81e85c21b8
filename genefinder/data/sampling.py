"""Random windows: regions of genomes, drawn in proportion to their bases."""

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

import numpy as np

Drawn = TypeVar("Drawn")
Cut = TypeVar("Cut", covariant=True)


class SampledRegion(Protocol[Cut]):
    """A region that windows are drawn from."""

    @property
    def start(self) -> int:
        """First base."""

    @property
    def end(self) -> int:
        """Base after the last."""

    def cut(self, start: int, length: int) -> Cut | None:
        """Cut a window that may reach beyond the region; ``None`` if it teaches nothing."""


class Sampler(Generic[Drawn]):
    """Draw windows at random, group by group, without an end.

    Parameters
    ----------
    groups
        Regions of each genome.
    weights
        Share of the windows that each genome gets.
    length
        Bases a window.
    seed
        Seed of the draw; the ranks of a distributed run use different ones.
    """

    def __init__(
        self,
        groups: Sequence[Sequence[SampledRegion[Drawn]]],
        weights: Sequence[float],
        length: int,
        seed: int | Sequence[int],
    ) -> None:
        """Prepare the draw."""
        self._length = length
        self._random = np.random.default_rng(seed)
        self._groups = [list(group) for group in groups]
        self._weights = np.asarray(weights, dtype=np.float64) / np.sum(weights)
        # A window may begin up to half a window early, so that the ends are learnt as often.
        self._places = [
            np.cumsum([region.end - region.start for region in group]) for group in self._groups
        ]

    @property
    def bases(self) -> int:
        """Bases that windows are drawn from."""
        return int(sum(places[-1] for places in self._places))

    def draw(self) -> Drawn:
        """Return one window with something to learn."""
        while True:
            group = self._random.choice(len(self._groups), p=self._weights)
            places = self._places[group]
            place = int(self._random.integers(places[-1]))
            which = int(np.searchsorted(places, place, side="right"))
            region = self._groups[group][which]
            centre = region.end - (int(places[which]) - place)
            window = region.cut(centre - self._length // 2, self._length)
            if window is not None:
                return window

    def state(self) -> dict[str, object]:
        """Return the state of the draw, to go on from later."""
        return dict(self._random.bit_generator.state)

    def restore(self, state: dict[str, object]) -> None:
        """Go on from a state returned by :meth:`state`."""
        self._random.bit_generator.state = state
