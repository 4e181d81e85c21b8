"""Sets of intervals as arrays: int64 of shape ``(n, 2)``, half-open, sorted by start."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from genefinder.genes import Interval

Intervals = npt.NDArray[np.int64]


def as_intervals(pairs: Iterable[Interval]) -> Intervals:
    """Collect pairs into an array of shape ``(n, 2)``; empty intervals are left out."""
    intervals = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
    return intervals[intervals[:, 0] < intervals[:, 1]]


def merge(intervals: Intervals, *, touching: bool = True) -> Intervals:
    """Join intervals that share a base.

    Parameters
    ----------
    intervals
        Shape ``(n, 2)``, in any order.
    touching
        Also join neighbours that only abut.

    Returns
    -------
    Intervals
        Disjoint and sorted.
    """
    if not len(intervals):
        return intervals
    ordered = intervals[np.argsort(intervals[:, 0], kind="stable")]
    reach = np.maximum.accumulate(ordered[:, 1])
    starts = ordered[1:, 0]
    apart = starts > reach[:-1] if touching else starts >= reach[:-1]
    first = np.flatnonzero(np.concatenate(([True], apart)))
    last = np.concatenate((first[1:] - 1, [len(ordered) - 1]))
    return np.stack((ordered[first, 0], reach[last]), axis=1)


def overlaps(intervals: Intervals) -> Intervals:
    """Return the bases that lie in two or more of the intervals, as disjoint intervals."""
    if len(intervals) < 2:
        return intervals[:0]
    ordered = intervals[np.argsort(intervals[:, 0], kind="stable")]
    reach = np.maximum.accumulate(ordered[:, 1])[:-1]
    shared = np.stack((ordered[1:, 0], np.minimum(ordered[1:, 1], reach)), axis=1)
    return merge(shared[shared[:, 0] < shared[:, 1]])


def enclosing(position: int, intervals: Intervals) -> Interval | None:
    """Return the one of the disjoint intervals that a cut before ``position`` would break.

    A cut at an interval's own start or end does not break it.
    """
    index = int(np.searchsorted(intervals[:, 0], position)) - 1
    if index < 0 or position >= intervals[index, 1]:
        return None
    return int(intervals[index, 0]), int(intervals[index, 1])


def widen(intervals: Intervals, unbreakable: Intervals) -> Intervals:
    """Grow intervals until none of their ends breaks an unbreakable one.

    Parameters
    ----------
    intervals
        Shape ``(n, 2)``.
    unbreakable
        Shape ``(m, 2)``, disjoint and sorted.

    Returns
    -------
    Intervals
        Disjoint and sorted; they cover at least what they covered before.
    """
    if not len(intervals) or not len(unbreakable):
        return merge(intervals)
    grown = intervals.copy()
    for side in (0, 1):
        cuts = intervals[:, side]
        index = np.maximum(np.searchsorted(unbreakable[:, 0], cuts) - 1, 0)
        broken = (unbreakable[index, 0] < cuts) & (cuts < unbreakable[index, 1])
        grown[broken, side] = unbreakable[index[broken], side]
    return merge(grown)


def outside(intervals: Intervals, start: int, end: int) -> Intervals:
    """Return the parts of ``[start, end)`` that none of the disjoint intervals covers."""
    first = np.searchsorted(intervals[:, 1], start, side="right")
    last = np.searchsorted(intervals[:, 0], end)
    within = intervals[first:last]
    starts = np.concatenate(([start], within[:, 1]))
    ends = np.concatenate((within[:, 0], [end]))
    parts = np.stack((starts, ends), axis=1).astype(np.int64)
    return parts[parts[:, 0] < parts[:, 1]]


def covered(positions: npt.NDArray[np.int64], intervals: Intervals) -> npt.NDArray[np.bool_]:
    """Tell for each position whether one of the disjoint intervals holds it."""
    if not len(intervals):
        return np.zeros(len(positions), dtype=bool)
    index = np.searchsorted(intervals[:, 0], positions, side="right") - 1
    inside = positions < intervals[np.maximum(index, 0), 1]
    return np.asarray((index >= 0) & inside, dtype=bool)


def meets(intervals: Intervals, others: Intervals) -> npt.NDArray[np.bool_]:
    """Tell for each interval whether it shares a base with one of the disjoint others."""
    begun = np.searchsorted(others[:, 0], intervals[:, 1])
    over = np.searchsorted(others[:, 1], intervals[:, 0], side="right")
    return np.asarray(begun > over, dtype=bool)
