"""The sum over all genes that a sequence can hold, and what it says of each base and each part.

The log of the sum (log Z) has the posteriors as its gradient with respect to the scores, which
is what a conditional random field (Lafferty, McCallum and Pereira, 2001) is trained with.

The probability of a part of the best path is the share of all paths, weighted by exp(score), that
hold the very same part, whatever else they hold: an exon with these ends in this reading frame, or
a start codon, stop codon, donor or acceptor at this place and strand. The sums from both sides are
at hand when a gene's posterior is computed, so the parts cost one more pass over the edges.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from genefinder.dna import Codes
from genefinder.grammar.compiled import (
    INTERGENIC_STATE,
    INTRON_STATE,
    N_COLUMNS,
    STRAND_COLUMNS,
    CompiledGrammar,
)
from genefinder.grammar.edges import (
    CHANNEL,
    CHANNEL2,
    ENTER,
    LEAVE,
    PLACE,
    PLACE2,
    SOURCE,
    SOURCE_TIME,
    TARGET,
    TIME,
    Edges,
    Floats,
    PathScores,
    Rows,
    Span,
    edge_scores,
    joins_genes,
    left_end,
    right_end,
    running_sums,
)
from genefinder.grammar.grammar import Grammar
from genefinder.grammar.graph import Graph, build_graph, find_edges
from genefinder.grammar.jit import compiled
from genefinder.grammar.labels import N_CHANNELS
from genefinder.grammar.recursion import backward, forward, logaddexp, spread
from genefinder.grammar.sites import Sites, find_sites

Posterior = npt.NDArray[np.float32]

_NEGLIGIBLE = -40.0


def forward_backward(
    codes: Codes,
    scores: npt.NDArray[Any],
    grammar: Grammar,
    *,
    free_ends: bool = False,
    graph: Graph | None = None,
) -> tuple[float, Posterior]:
    """Sum over all gene structures of one sequence.

    Parameters
    ----------
    codes
        Sequence, shape ``(T,)``.
    scores
        Channel scores, shape ``(T, 20)``, float32 or float64, finite.
    grammar
        The grammar.
    free_ends
        Genes may be cut off at the sequence's ends and at gaps for nothing, instead of for the
        grammar's ``partial``: for windows cut out of a longer sequence.
    graph
        That of the sequence, where :func:`~genefinder.grammar.graph.build_graph` has built it.

    Returns
    -------
    log_z : float
        Log of the sum of exp(score) over all paths; at least 0, the score of no gene at all.
    posterior : Posterior
        Shape ``(T, 20)``: the probability of each label at each base, and of each signal at
        its place. It is the gradient of ``log_z`` with respect to the scores.
    """
    tables = grammar.tables
    partial = 0.0 if free_ends else tables.partial
    return _whole(_checked(codes, scores), graph or build_graph(codes, grammar), tables, partial)


def segment_posteriors(
    codes: Codes,
    scores: npt.NDArray[Any],
    segments: npt.NDArray[np.int64],
    grammar: Grammar,
) -> tuple[float, Posterior]:
    """Sum over all gene structures of parts of a window, each on its own.

    Genes may be cut off at the ends of segments for nothing. A segment should not begin or
    end inside a start or stop codon of a gene that it is to be trained on.

    Parameters
    ----------
    codes
        Sequence of the window, shape ``(T,)``.
    scores
        Channel scores, shape ``(T, 20)``.
    segments
        Shape ``(n, 2)``: begin and end of each segment, ascending and disjoint.
    grammar
        The grammar.

    Returns
    -------
    log_z : float
        Sum of the segments' log Z.
    posterior : Posterior
        Shape ``(T, 20)``; zero outside the segments.

    Notes
    -----
    Runs without the interpreter lock, so windows can be run in parallel by threads.
    """
    segments = np.ascontiguousarray(segments, dtype=np.int64).reshape(-1, 2)
    return _segments(codes, _checked(codes, scores), segments, grammar.tables)


def _checked(codes: Codes, scores: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the scores as one block of memory, of the sequence's length."""
    if scores.shape != (len(codes), N_CHANNELS):
        raise ValueError(f"scores of shape {scores.shape} for a sequence of {len(codes)}")
    return np.ascontiguousarray(scores)


@compiled
def _whole(
    scores: npt.NDArray[Any], graph: Graph, tables: CompiledGrammar, partial: float
) -> tuple[float, Posterior]:
    """Sum over the graph of a whole sequence."""
    length = len(scores)
    path_scores = PathScores(running_sums(scores, tables), scores, partial)
    alpha, beta, change = _rooms(length, tables)
    posterior = np.zeros((length, N_CHANNELS), dtype=np.float32)
    log_z = 0.0
    if length:
        log_z = _sum(
            graph.span,
            graph.sites,
            graph.edges,
            path_scores,
            tables,
            alpha,
            beta,
            change,
            posterior,
        )
    return log_z, posterior


@compiled
def _segments(
    codes: Codes,
    scores: npt.NDArray[Any],
    segments: npt.NDArray[np.int64],
    tables: CompiledGrammar,
) -> tuple[float, Posterior]:
    """Sum over the graphs of segments, whose open ends cost nothing."""
    length = len(codes)
    sites = find_sites(codes, tables)
    path_scores = PathScores(running_sums(scores, tables), scores, 0.0)
    alpha, beta, change = _rooms(length, tables)
    posterior = np.zeros((length, N_CHANNELS), dtype=np.float32)
    log_z = 0.0
    for number in range(len(segments)):
        low, high = segments[number]
        if low >= high:
            continue
        span = Span(low, low, high, True, True)
        edges = find_edges(span, sites, tables)
        log_z += _sum(span, sites, edges, path_scores, tables, alpha, beta, change, posterior)
    return log_z, posterior


@compiled
def _rooms(length: int, tables: CompiledGrammar) -> tuple[Floats, Floats, Floats]:
    """Return room for the sums from the left and the right, and for changes of columns."""
    states = INTRON_STATE + len(tables.intron_phase)
    return (
        np.empty((length + 1, states)),
        np.empty((length + 1, states)),
        np.zeros((length + 1, N_COLUMNS)),
    )


@compiled
def _sum(
    span: Span,
    sites: Sites,
    edges: Edges,
    path_scores: PathScores,
    tables: CompiledGrammar,
    alpha: Floats,
    beta: Floats,
    change: Floats,
    posterior: Posterior,
) -> float:
    """Sum over all paths of a span, write its posteriors, and return log Z."""
    edge_score = edge_scores(edges, path_scores)
    forward(span, sites, edges, edge_score, False, alpha)
    backward(span, sites, edges, edge_score, alpha, beta, change, posterior)
    spread(span.low, span.high, tables, change, posterior)
    change[span.high] = 0.0
    return float(alpha[span.high, INTERGENIC_STATE])


@compiled
def part_posteriors(
    path: npt.NDArray[np.int64],
    edge: Rows,
    edge_score: Floats,
    alpha: Floats,
    beta: Floats,
    log_z: float,
) -> tuple[Floats, Floats]:
    """Sum up all paths that share exons or sites with the best one.

    Parameters
    ----------
    path
        Row numbers of the best path's edges, ascending.
    edge, edge_score
        All edges, shape ``(edges, 13)``, and their scores.
    alpha, beta
        Log sums of all paths from the left and from the right, by time and state.
    log_z
        Log of the sum over all paths.

    Returns
    -------
    exon : Floats
        Shape ``(T + 1,)``: the probability of the path's exon that begins at this position.
    site : Floats
        Shape ``(T + 1,)``: the probability of the path's signal that stands at this base.
        Zero where no exon begins, or no signal stands. For an exon beside an open end, where
        genes of either kind begin, it may be a little too low.
    """
    size = len(beta)
    column = np.full(size, -1, dtype=np.int64)  # of the path's exon that begins here
    arrival = np.zeros(size, dtype=np.int64)  # time from which it may be left
    leaving = np.full(size, -1, dtype=np.int64)  # time at which the path leaves it
    end = np.full(size, -1, dtype=np.int64)  # where it ends
    begin = np.full(size, -1, dtype=np.int64)  # of the path's exon that ends here
    channel = np.full(size, -1, dtype=np.int64)  # of the path's signal that stands here
    start = 0
    for place in range(len(path)):
        row = edge[path[place]]
        if row[LEAVE] >= 0 and _is_exon(row[LEAVE]):
            high = right_end(row)
            begin[high], end[start], leaving[start] = start, high, row[SOURCE_TIME]
        if row[ENTER] >= 0:
            start = left_end(row)
            if _is_exon(row[ENTER]):
                # Into a gene that overlaps the one before, the way is longer than into it alone.
                column[start] = row[ENTER]
                arrival[start] = start if joins_genes(row) else row[TIME]
                if row[TARGET] == INTERGENIC_STATE:
                    begin[row[TIME]], end[start] = start, row[TIME]
        if row[CHANNEL] >= 0:
            channel[row[PLACE]] = row[CHANNEL]
        if row[CHANNEL2] >= 0:
            channel[row[PLACE2]] = row[CHANNEL2]

    exon = np.zeros(size)
    site = np.zeros(size)
    entered = np.full(size, -np.inf)
    left = np.full(size, -np.inf)
    for number in range(len(edge)):
        row = edge[number]
        before = alpha[row[SOURCE_TIME], row[SOURCE]] + edge_score[number]
        after = beta[row[TIME], row[TARGET]]
        if before == -np.inf or after == -np.inf:
            continue
        mass = 0.0
        if before + after > log_z + _NEGLIGIBLE:
            mass = math.exp(min(0.0, before + after - log_z))
        if row[CHANNEL] >= 0 and channel[row[PLACE]] == row[CHANNEL]:
            site[row[PLACE]] += mass
        if row[CHANNEL2] >= 0 and channel[row[PLACE2]] == row[CHANNEL2]:
            site[row[PLACE2]] += mass
        at = left_end(row)
        if row[ENTER] >= 0 and column[at] == row[ENTER]:
            if row[TARGET] != INTERGENIC_STATE:
                # Others may come in earlier or later only at open ends; a stop codon may end the
                # earlier ones, and the later ones may be too late for so short an exon.
                if arrival[at] <= row[TIME] <= leaving[at]:
                    entered[at] = logaddexp(entered[at], before)
            elif end[at] == row[TIME]:
                exon[at] += mass
        at = right_end(row)
        first = begin[at]
        if row[LEAVE] < 0 or first < 0 or column[first] != row[LEAVE]:
            continue
        if row[SOURCE_TIME] >= arrival[first]:
            left[at] = logaddexp(left[at], edge_score[number] + after)
    for at in range(size):
        if leaving[at] >= 0 and entered[at] > -np.inf:
            exon[at] += math.exp(min(0.0, entered[at] + left[end[at]] - log_z))
    return np.minimum(exon, 1.0), np.minimum(site, 1.0)


@compiled
def _is_exon(column: int) -> bool:
    return column % STRAND_COLUMNS < 3
