import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from genefinder.intervals import (
    as_intervals,
    covered,
    enclosing,
    meets,
    merge,
    outside,
    overlaps,
    widen,
)

SIZE = 40
pairs = st.lists(st.tuples(st.integers(0, SIZE), st.integers(0, SIZE)).map(sorted).map(tuple))


def depth(intervals):
    counts = np.zeros(SIZE, dtype=int)
    for start, end in intervals:
        counts[start:end] += 1
    return counts


def is_sorted_and_apart(intervals, gap):
    return (intervals[:, 0] < intervals[:, 1]).all() and (
        intervals[1:, 0] >= intervals[:-1, 1] + gap
    ).all()


@given(pairs)
def test_merge_covers_the_same_bases_without_overlap(intervals):
    for touching in (True, False):
        merged = merge(as_intervals(intervals), touching=touching)
        assert is_sorted_and_apart(merged, gap=1 if touching else 0)
        assert (depth(merged) == (depth(intervals) > 0)).all()


def test_merge_keeps_abutting_intervals_apart_on_request():
    abutting = as_intervals([(0, 3), (3, 5), (4, 6)])
    assert merge(abutting).tolist() == [[0, 6]]
    assert merge(abutting, touching=False).tolist() == [[0, 3], [3, 6]]


@given(pairs)
def test_overlaps_are_the_bases_in_two_or_more(intervals):
    assert (depth(overlaps(as_intervals(intervals))) == (depth(intervals) > 1)).all()


@given(pairs, st.integers(0, SIZE), st.integers(0, SIZE))
def test_outside_is_the_rest_of_the_window(intervals, first, second):
    start, end = sorted((first, second))
    expected = depth([(start, end)]) * (depth(intervals) == 0)
    parts = outside(merge(as_intervals(intervals)), start, end)
    assert (depth(parts) == expected).all()
    assert is_sorted_and_apart(parts, gap=1)


@given(pairs)
def test_covered_positions(intervals):
    positions = np.arange(SIZE)
    assert (covered(positions, merge(as_intervals(intervals))) == (depth(intervals) > 0)).all()


@given(pairs, pairs)
def test_meets_tells_which_share_a_base(intervals, others):
    intervals = as_intervals(intervals)
    expected = [bool(depth(others)[start:end].any()) for start, end in intervals]
    assert meets(intervals, merge(as_intervals(others))).tolist() == expected


@given(pairs, pairs)
def test_widened_intervals_break_nothing(intervals, unbreakable):
    unbreakable = merge(as_intervals(unbreakable), touching=False)
    widened = widen(as_intervals(intervals), unbreakable)
    assert (depth(widened) >= (depth(intervals) > 0)).all()
    assert all(enclosing(cut, unbreakable) is None for cut in widened.ravel().tolist())
    kept = as_intervals(
        pair for pair in unbreakable.tolist() if not depth(intervals)[slice(*pair)].any()
    )
    assert not (depth(kept) * depth(widened)).any()


def test_enclosing_leaves_the_edges_alone():
    intervals = as_intervals([(2, 5), (5, 8)])
    found = [enclosing(position, intervals) for position in range(10)]
    assert found == [None, None, None, (2, 5), (2, 5), None, (5, 8), (5, 8), None, None]
