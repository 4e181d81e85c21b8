"""Windows of labelled contigs, drawn at random in proportion to their bases."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genefinder.dataset.intervals import Intervals
from genefinder.dataset.labels import ContigTargets
from genefinder.dna import Codes, N
from genefinder.labels import LABEL_CHANNEL, N_CHANNELS

_CHANNEL = np.array(LABEL_CHANNEL)


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """A part of a contig that windows are drawn from.

    Attributes
    ----------
    codes
        The whole contig, ``(T,)``.
    targets
        Its targets.
    start, end
        The part of it.
    """

    codes: Codes
    targets: ContigTargets
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """What the network reads and what it should say.

    Attributes
    ----------
    codes
        ``(length,)``, N beyond the stretch.
    segments
        ``(n, 2)``: parts of the window to learn from, in window coordinates.
    path
        ``float32`` of shape ``(length, 20)``: 1 for each channel that the annotated path uses
        inside the segments.
    """

    codes: Codes
    segments: Intervals
    path: npt.NDArray[np.float32]

    @property
    def bases(self) -> int:
        """Number of bases to learn from."""
        return int((self.segments[:, 1] - self.segments[:, 0]).sum())


def cut_window(stretch: Stretch, start: int, length: int) -> Window:
    """Cut ``[start, start + length)`` of a contig; bases outside the stretch read as N."""
    low, high = max(start, stretch.start), min(start + length, stretch.end)
    codes = np.full(length, N, dtype=np.uint8)
    codes[low - start : high - start] = stretch.codes[low:high]
    segments = stretch.targets.segments(low, high) - start
    path = np.zeros((length, N_CHANNELS), dtype=np.float32)
    positions, channels = stretch.targets.signals(low, high)
    learnt = np.zeros(length, dtype=np.bool_)
    for first, last in segments:
        learnt[first:last] = True
        channel = _CHANNEL[stretch.targets.labels[start + first : start + last]]
        inside = np.flatnonzero(channel >= 0)
        path[first + inside, channel[inside]] = 1
    kept = learnt[positions - start]
    path[positions[kept] - start, channels[kept]] = 1
    return Window(codes, segments, path)


class WindowSampler:
    """Draw windows at random, group by group, without an end.

    Parameters
    ----------
    groups
        Stretches of each genome.
    weights
        Share of the windows that each genome gets.
    length
        Bases a window.
    seed
        Seed of the draw; the ranks of a distributed run use different ones.
    """

    def __init__(
        self,
        groups: Sequence[Sequence[Stretch]],
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
            np.cumsum([stretch.end - stretch.start for stretch in group]) for group in self._groups
        ]

    @property
    def bases(self) -> int:
        """Bases that windows are drawn from."""
        return int(sum(places[-1] for places in self._places))

    def draw(self) -> Window:
        """Return one window with at least one base to learn from."""
        while True:
            group = self._random.choice(len(self._groups), p=self._weights)
            places = self._places[group]
            place = int(self._random.integers(places[-1]))
            which = int(np.searchsorted(places, place, side="right"))
            stretch = self._groups[group][which]
            centre = stretch.end - (int(places[which]) - place)
            window = cut_window(stretch, centre - self._length // 2, self._length)
            if len(window.segments):
                return window

    def state(self) -> dict[str, object]:
        """Return the state of the draw, to go on from later."""
        return dict(self._random.bit_generator.state)

    def restore(self, state: dict[str, object]) -> None:
        """Go on from a state returned by :meth:`state`."""
        self._random.bit_generator.state = state
