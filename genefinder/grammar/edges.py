"""What an edge of the grammar's graph is, and its score.

An edge is a way to arrive at a time other than by going on. It leads from a state at an earlier
time (or the same time, at an open end) to a state at its time of arrival and spans the bases that
it must: a whole site and the minimum length behind it. Going on in a state needs no edge, and where
a state's value is kept relative to the running sum of its label's scores it changes nothing.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from genefinder.grammar.compiled import (
    EXON_STATE,
    INTERGENIC_STATE,
    INTRON_STATE,
    N_COLUMNS,
    QUANTUM,
    STRAND_COLUMNS,
    CompiledGrammar,
)
from genefinder.grammar.jit import compiled

Rows = npt.NDArray[np.int32]

# Columns of an edge: time and state at its end and at its source, where the path leaves one column
# of the running sums for another (-1: none), the one or two signals used (channel -1: none),
# whether an end is open, and what the edge scores by itself, in units of QUANTUM. An edge to
# intergenic that enters a column leaves it where it arrives.
(
    TIME,
    TARGET,
    SOURCE_TIME,
    SOURCE,
    AT,
    LEAVE,
    ENTER,
    PLACE,
    CHANNEL,
    PLACE2,
    CHANNEL2,
    OPEN,
    OWN_SCORE,
) = range(13)
EDGE_FIELDS = 13


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
    """[edges, 13] the columns named above."""


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
    edges[count, OWN_SCORE] = 0
    return count + 1


@compiled
def joins_genes(edge: Rows) -> bool:
    """Tell whether an edge leads from a gene into one that overlaps it."""
    leave, enter = edge[LEAVE], edge[ENTER]
    if leave < 0 or enter < 0:
        return False
    return bool(leave % STRAND_COLUMNS < 3 and enter % STRAND_COLUMNS < 3)


@compiled
def left_end(edge: Rows) -> int:
    """Return where the gene or exon that an edge enters has its first base, left to right."""
    if not joins_genes(edge):
        return int(edge[AT])
    # On the reverse strand a gene comes in with its stop codon, whose signal stands on its last.
    return int(edge[PLACE2] - (2 if edge[ENTER] >= STRAND_COLUMNS else 0))


@compiled
def right_end(edge: Rows) -> int:
    """Return where the gene or exon that an edge leaves ends."""
    if not joins_genes(edge):
        return int(edge[AT])
    return int(edge[PLACE] + (1 if edge[LEAVE] >= STRAND_COLUMNS else 3))


Floats = npt.NDArray[np.float64]


class PathScores(NamedTuple):
    """The scores of a sequence."""

    sums: Floats
    """[T + 1, 12] running sums of the label scores of each strand's exon frames and introns."""
    scores: npt.NDArray[Any]
    """[T, 20] scores as given."""
    partial: float
    """Score of an open end."""


@compiled
def running_sums(scores: npt.NDArray[Any], tables: CompiledGrammar) -> Floats:
    """Sum up label scores along the sequence, for each exon frame and intron phase.

    Parameters
    ----------
    scores
        Shape ``(T, 20)``.
    tables
        The compiled grammar.

    Returns
    -------
    Floats
        Shape ``(T + 1, 12)``; row t sums the bases before position t.
    """
    length = len(scores)
    exons, introns = tables.exon_channel, tables.intron_channel
    sums = np.zeros((length + 1, N_COLUMNS))
    for i in range(length):
        for strand in range(2):
            for part in range(3):
                exon = STRAND_COLUMNS * strand + part
                intron = exon + 3
                place = (i + 3 - part) % 3
                sums[i + 1, exon] = sums[i, exon] + scores[i, exons[strand, place]]
                sums[i + 1, intron] = sums[i, intron] + scores[i, introns[strand, part]]
    return sums


@compiled
def rounded(scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Round scores to multiples of 2^-20, so that sums of them are exact in whatever order."""
    result = np.empty_like(scores)
    for i in range(scores.shape[0]):
        for j in range(scores.shape[1]):
            result[i, j] = np.rint(scores[i, j] / QUANTUM) * QUANTUM
    return result


@compiled
def edge_scores(edges: Edges, path_scores: PathScores) -> Floats:
    """Return the score of each edge, between relative values.

    Parameters
    ----------
    edges, path_scores
        What is decoded.

    Returns
    -------
    Floats
        Shape ``(edges,)``.
    """
    sums, scores, partial = path_scores.sums, path_scores.scores, path_scores.partial
    edge = edges.edge
    result = np.zeros(len(edge))
    for number in range(len(edge)):
        leave, enter = edge[number, LEAVE], edge[number, ENTER]
        score = edge[number, OWN_SCORE] * QUANTUM
        if leave >= 0:
            score += sums[edge[number, AT], leave]
        if enter >= 0:
            score -= sums[edge[number, AT], enter]
            if edge[number, TARGET] == INTERGENIC_STATE:
                score += sums[edge[number, TIME], enter]
        if edge[number, CHANNEL] >= 0:
            score += scores[edge[number, PLACE], edge[number, CHANNEL]]
        if edge[number, CHANNEL2] >= 0:
            score += scores[edge[number, PLACE2], edge[number, CHANNEL2]]
        if edge[number, OPEN]:
            score += partial
        result[number] = score
    return result
