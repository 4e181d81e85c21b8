"""What an edge of the grammar's graph is: a way to arrive at a time other than by going on.

An edge leads from a state at an earlier time (or the same time, at an open end) to a state at its
time of arrival and spans the bases that it must: a whole site and the minimum length behind it.
Going on in a state needs no edge, and where a state's value is kept relative to the running sum of
its label's scores (:mod:`genefinder.grammar.path_scores`) it changes nothing.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from genefinder.grammar.compiled import EXON_STATE, INTRON_STATE, STRAND_COLUMNS, CompiledGrammar
from genefinder.grammar.jit import compiled

Rows = npt.NDArray[np.int32]

# Columns of an edge: time and state at its end and at its source, where the path leaves one column
# of the running sums for another (-1: none), the one or two signals used (channel -1: none), and
# whether an end is open. An edge to intergenic that enters a column leaves it where it arrives.
TIME, TARGET, SOURCE_TIME, SOURCE, AT, LEAVE, ENTER, PLACE, CHANNEL, PLACE2, CHANNEL2, OPEN = range(
    12
)
EDGE_FIELDS = 12


class Span(NamedTuple):
    """The part of a sequence that is decoded, and its ends; times count the bases gone by."""

    low: int
    """Time of its beginning; no edge reaches before it."""
    first: int
    """First time to be computed; the values at earlier times are given."""
    high: int
    """Time of its end."""
    partial_low: bool
    """Genes may be cut off at its beginning."""
    partial_high: bool
    """Genes may be cut off at its end."""


class Edges(NamedTuple):
    """The edges of a span."""

    begin: npt.NDArray[np.int64]
    """[high + 2] edges that arrive at time t are numbers begin[t] .. begin[t + 1] of the order."""
    order: npt.NDArray[np.int32]
    """[edges] rows by time of arrival; of one time, edges from that same time come last."""
    edge: Rows
    """[edges, 12] the columns named above."""


@compiled
def state_column(state: int, tables: CompiledGrammar) -> int:
    """Return the column of the running sums that scores a state other than intergenic."""
    if state >= INTRON_STATE:
        return int(tables.intron_column[state - INTRON_STATE])
    return (state - EXON_STATE) // 3 * STRAND_COLUMNS + (state - EXON_STATE) % 3


@compiled
def grown(edges: Rows) -> Rows:
    """Return the rows with room for as many again."""
    larger = np.empty((2 * len(edges), EDGE_FIELDS), dtype=np.int32)
    larger[: len(edges)] = edges
    return larger


@compiled
def put(
    edges: Rows,
    count: int,
    time: int,
    target: int,
    source_time: int,
    source: int,
    at: int,
    leave: int,
    enter: int,
    place: int,
    channel: int,
    is_open: bool,
) -> int:
    """Write a row and return the new count."""
    edges[count, TIME] = time
    edges[count, TARGET] = target
    edges[count, SOURCE_TIME] = source_time
    edges[count, SOURCE] = source
    edges[count, AT] = at
    edges[count, LEAVE] = leave
    edges[count, ENTER] = enter
    edges[count, PLACE] = place
    edges[count, CHANNEL] = channel
    edges[count, PLACE2] = 0
    edges[count, CHANNEL2] = -1
    edges[count, OPEN] = is_open
    return count + 1
