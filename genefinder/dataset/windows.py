"""Windows of labelled contigs."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genefinder.dataset.intervals import Intervals
from genefinder.dataset.labels import ContigTargets
from genefinder.dataset.sampling import Sampler
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


class WindowSampler(Sampler[Stretch, Window]):
    """Draw windows with at least one base to learn from."""

    def _cut(self, stretch: Stretch, start: int, length: int) -> Window | None:
        """Cut a window, ``None`` where there is nothing to learn."""
        window = cut_window(stretch, start, length)
        return window if len(window.segments) else None
