"""The two passes over the graph: sums (or maxima) of path scores from the left and from the right.

A row of values holds, for one time, the log score of all paths (or of the best one) up to then in
each state, less the running sum of the state's label scores. So a row is the one before, except at
sites. All is float64 and logarithmic: nothing overflows, underflows or needs rescaling.
"""

import math

import numpy as np
import numpy.typing as npt

from genefinder.grammar.compiled import (
    EXON_STATE,
    INTERGENIC_STATE,
    INTRON_STATE,
    N_COLUMNS,
    STRAND_COLUMNS,
    CompiledGrammar,
)
from genefinder.grammar.edges import (
    AT,
    CHANNEL,
    CHANNEL2,
    ENTER,
    LEAVE,
    PLACE,
    PLACE2,
    SOURCE,
    SOURCE_TIME,
    TARGET,
    Edges,
    Floats,
    Rows,
    Span,
)
from genefinder.grammar.jit import compiled
from genefinder.grammar.sites import Sites, closed_frames

_NEGLIGIBLE = 40.0
"""exp(-40) is below the resolution of float64."""


@compiled
def logaddexp(a: float, b: float) -> float:
    """Return log(exp(a) + exp(b)), also where either is minus infinity."""
    if a < b:
        a, b = b, a
    if b == -np.inf or b < a - _NEGLIGIBLE:
        return a
    return a + math.log1p(math.exp(b - a))


@compiled
def forward(
    span: Span, sites: Sites, edges: Edges, edge_score: Floats, best: bool, rows: Floats
) -> None:
    """Fill in the rows of values from the left, at times ``span.first`` to ``span.high``.

    Parameters
    ----------
    span, sites, edges, edge_score
        What is decoded.
    best
        Keep the best path's score instead of the sum of all.
    rows
        Shape ``(T + 1, states)``, by time. Rows before ``span.first`` must be given as far as edges
        reach; where ``span.first`` is ``span.low``, all paths begin there, intergenic.
    """
    states = rows.shape[1]
    begin, order, edge = edges.begin, edges.order, edges.edge
    for time in range(span.first, span.high + 1):
        if time == span.low:
            rows[time] = -np.inf
            rows[time, INTERGENIC_STATE] = 0.0
        else:
            for state in range(states):
                rows[time, state] = rows[time - 1, state]
            if sites.stop[time]:
                ends = closed_frames(time, span.low, sites.stop)
                for state in range(EXON_STATE, INTRON_STATE):
                    if ends >> (state - EXON_STATE) & 1:
                        rows[time, state] = -np.inf
        for place in range(begin[time], begin[time + 1]):
            number = order[place]
            value = rows[edge[number, SOURCE_TIME], edge[number, SOURCE]] + edge_score[number]
            target = edge[number, TARGET]
            if best:
                rows[time, target] = max(rows[time, target], value)
            else:
                rows[time, target] = logaddexp(rows[time, target], value)


@compiled
def backward(
    span: Span,
    sites: Sites,
    edges: Edges,
    edge_score: Floats,
    alpha: Floats,
    beta: Floats,
    change: Floats,
    posterior: npt.NDArray[np.float32],
) -> None:
    """Fill in the rows of log sums from the right, and count what paths use.

    Parameters
    ----------
    span, sites, edges, edge_score
        What is decoded; all paths end at ``span.high``, intergenic.
    alpha
        The sums from the left, of :func:`forward`.
    beta
        Shape ``(T + 1, states)``: the log score of all ways to the end, plus the running sum.
    change
        Shape ``(T + 1, 12)``, or empty: at each time, how much probability comes to each column.
    posterior
        Shape ``(T, 20)``, or empty: each signal's probability is added.
    """
    states = alpha.shape[1]
    begin, order, edge = edges.begin, edges.order, edges.edge
    counting = len(change) > 0
    log_z = alpha[span.high, INTERGENIC_STATE]
    # A row is complete when its time comes: what edges brought to it, and the row after it.
    touched = np.zeros(span.high + 1, dtype=np.bool_)
    beta[span.high] = -np.inf
    beta[span.high, INTERGENIC_STATE] = 0.0
    for time in range(span.high, span.first - 1, -1):
        for place in range(begin[time + 1] - 1, begin[time] - 1, -1):
            number = order[place]
            source_time, source = edge[number, SOURCE_TIME], edge[number, SOURCE]
            before = alpha[source_time, source]
            onward = beta[time, edge[number, TARGET]] + edge_score[number]
            if onward == -np.inf or before == -np.inf:
                continue
            if source_time < time and not touched[source_time]:
                touched[source_time] = True
                beta[source_time] = -np.inf
            beta[source_time, source] = logaddexp(beta[source_time, source], onward)
            if counting and before + onward > log_z - _NEGLIGIBLE:
                mass = math.exp(min(0.0, before + onward - log_z))
                _count(edge[number], time, mass, change, posterior)
        if time > span.low:
            ends = 0
            if sites.stop[time]:
                ends = closed_frames(time, span.low, sites.stop) << EXON_STATE
            for state in range(states):
                value = -np.inf if ends >> state & 1 else beta[time, state]
                if touched[time - 1]:
                    value = logaddexp(beta[time - 1, state], value)
                beta[time - 1, state] = value


@compiled
def _count(
    edge: Rows, time: int, mass: float, change: Floats, posterior: npt.NDArray[np.float32]
) -> None:
    """Add an edge's probability to the columns and signals that it uses."""
    at, enter = edge[AT], edge[ENTER]
    if edge[LEAVE] >= 0:
        change[at, edge[LEAVE]] -= mass
    if enter >= 0:
        change[at, enter] += mass
        if edge[TARGET] == INTERGENIC_STATE:
            change[time, enter] -= mass
    if edge[CHANNEL] >= 0:
        posterior[edge[PLACE], edge[CHANNEL]] += mass
    if edge[CHANNEL2] >= 0:
        posterior[edge[PLACE2], edge[CHANNEL2]] += mass


@compiled
def spread(
    low: int, high: int, tables: CompiledGrammar, change: Floats, posterior: npt.NDArray[np.float32]
) -> None:
    """Turn changes into the label probabilities of bases ``low`` to ``high``.

    Parameters
    ----------
    low, high
        The bases.
    tables
        The compiled grammar.
    change
        Of :func:`backward`.
    posterior
        Shape ``(T, 20)``; the labels' channels are set.
    """
    exons, introns = tables.exon_channel, tables.intron_channel
    level = np.zeros(N_COLUMNS)
    for i in range(low, high):
        for strand in range(2):
            for part in range(3):
                exon = STRAND_COLUMNS * strand + part
                intron = exon + 3
                level[exon] += change[i, exon]
                level[intron] += change[i, intron]
                place = (i + 3 - part) % 3
                posterior[i, exons[strand, place]] = min(1.0, max(0.0, level[exon]))
                posterior[i, introns[strand, part]] = min(1.0, max(0.0, level[intron]))
