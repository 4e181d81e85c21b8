"""The best path through the graph (Viterbi, 1967): the best gene structure of one sequence."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from genefinder.dna import Codes
from genefinder.genes import Gene
from genefinder.grammar import structures
from genefinder.grammar.compiled import (
    EXON_STATE,
    GAP_CLOSE,
    GAP_OPEN,
    INTERGENIC_STATE,
    INTRON_STATE,
)
from genefinder.grammar.edges import (
    CHANNEL,
    PLACE,
    SOURCE,
    SOURCE_TIME,
    TARGET,
    Edges,
    Floats,
    PathScores,
    Rows,
    edge_scores,
    rounded,
    running_sums,
)
from genefinder.grammar.grammar import Grammar
from genefinder.grammar.graph import Graph, build_graph
from genefinder.grammar.jit import compiled
from genefinder.grammar.recursion import forward
from genefinder.grammar.sites import Sites, closed_frames


@dataclass(frozen=True)
class Path:
    """A way through the grammar: one gene structure of a whole sequence.

    Attributes
    ----------
    score
        Sum of its labels' and signals' scores, and of its open ends.
    length
        Number of bases T.
    edges, edge_score
        The edges that it takes and their scores.
    """

    score: float
    length: int
    edges: Rows
    edge_score: Floats

    def labels(self) -> npt.NDArray[np.uint8]:
        """Return the label of each base, shape ``(T,)``; see :mod:`genefinder.grammar.labels`."""
        return structures.labels(self.edges, self.length)

    def signals(self) -> npt.NDArray[np.int64]:
        """Return position and channel of each signal used, shape ``(n, 2)``, ascending."""
        pairs = self.edges[:, PLACE : PLACE + 4].reshape(-1, 2).astype(np.int64)
        pairs = pairs[pairs[:, CHANNEL - PLACE] >= 0]
        return pairs[np.lexsort(pairs.T[::-1])]

    def genes(self, contig: str, min_coding: int = 0) -> list[Gene]:
        """Return the genes of so many coding bases at least, without identifiers and posteriors.

        What is left of a gene between two open ends is none where it holds no complete codon.
        """
        found = structures.structures(self.edges, self.edge_score)
        return [structure.gene(contig) for structure in found if structure.is_called(min_coding)]


def viterbi(
    codes: Codes,
    scores: npt.NDArray[Any],
    grammar: Grammar,
    *,
    free_ends: bool = False,
    graph: Graph | None = None,
) -> Path:
    """Find the gene structure of the highest score.

    The search is exact. Scores are rounded to multiples of 2^-20; of equal paths, the choice is
    always the same.

    Parameters
    ----------
    codes
        Sequence, shape ``(T,)``.
    scores
        Channel scores, shape ``(T, 20)``, finite.
    grammar
        The grammar.
    free_ends
        Open ends cost nothing, instead of the grammar's ``partial``.
    graph
        That of the sequence, where :func:`~genefinder.grammar.graph.build_graph` has built it.

    Returns
    -------
    Path
        The best path. Memory is about 300 bytes a base: for long sequences see
        :func:`genefinder.grammar.stream.decode_contig`.
    """
    tables = grammar.tables
    scores = rounded(np.ascontiguousarray(scores, dtype=np.float32))
    span, sites, edges = graph or build_graph(codes, grammar)
    partial = 0.0 if free_ends else tables.partial
    edge_score = edge_scores(edges, PathScores(running_sums(scores, tables), scores, partial))
    rows = np.empty((len(codes) + 1, tables.states))
    forward(span, sites, edges, edge_score, True, rows)
    path = trace(0, span.high, sites, edges, edge_score, rows)
    score = float(rows[span.high, INTERGENIC_STATE])
    return Path(score, len(codes), edges.edge[path], edge_score[path])


@compiled
def trace(
    low: int, high: int, sites: Sites, edges: Edges, edge_score: Floats, rows: Floats
) -> npt.NDArray[np.int64]:
    """Return the edges of the best path, ascending.

    Parameters
    ----------
    low, high
        Times of its beginning and end; it is intergenic at both.
    sites, edges, edge_score, rows
        What was decoded, and the best scores of :func:`genefinder.grammar.recursion.forward`.

    Returns
    -------
    numpy.ndarray
        Row numbers of ``edges.edge``.
    """
    edge, stop = edges.edge, sites.stop
    path = np.empty(64, dtype=np.int64)
    length = 0
    time, state = high, INTERGENIC_STATE
    while True:
        while time > low and _goes_on(time, state, stop, rows):
            time -= 1
        if time <= low and state == INTERGENIC_STATE:
            break
        number = _arrived_by(time, state, edges, edge_score, rows)
        if length == len(path):
            longer = np.empty(2 * length, dtype=np.int64)
            longer[:length] = path
            path = longer
        path[length] = number
        length += 1
        time, state = edge[number, SOURCE_TIME], edge[number, SOURCE]
    return path[:length][::-1].copy()


@compiled
def meeting_point(
    low: int,
    latest: int,
    seeds: int,
    high: int,
    sites: Sites,
    edges: Edges,
    edge_score: Floats,
    rows: Floats,
) -> int:
    """Find the last time at which all paths that may still become the best are intergenic.

    Parameters
    ----------
    low, latest
        Times between which it is sought.
    seeds, high
        The best paths to every state at each of these times are followed back; ``seeds`` is as many
        bases before ``high`` as an edge can span, so that edges under way at ``high`` are among
        them.
    sites, edges, edge_score, rows
        As for :func:`trace`.

    Returns
    -------
    int
        The time, away from the edges of gaps; ``low`` if there is none.
    """
    edge, stop, site = edges.edge, sites.stop, sites.site
    states = rows.shape[1]
    alive = np.zeros((high + 1, states), dtype=np.bool_)
    reached = high
    for time in range(high, low, -1):
        if time >= seeds:
            alive[time] = rows[time] > -np.inf
        settled = reached >= time and not alive[time, 1:].any()
        if settled and time <= latest and not site[time] & (GAP_OPEN | GAP_CLOSE):
            return time
        # Edges from this very time lead to states that were not alive yet: go round until all are.
        followed = np.zeros(states, dtype=np.bool_)
        while True:
            found = False
            for state in range(states):
                if not alive[time, state] or followed[state]:
                    continue
                followed[state] = True
                found = True
                if _goes_on(time, state, stop, rows):
                    alive[time - 1, state] = True
                else:
                    number = _arrived_by(time, state, edges, edge_score, rows)
                    source_time = edge[number, SOURCE_TIME]
                    alive[source_time, edge[number, SOURCE]] = True
                    reached = min(reached, source_time)
            if not found:
                break
    return low


@compiled
def _goes_on(time: int, state: int, stop: npt.NDArray[np.uint8], rows: Floats) -> bool:
    """Tell whether the best path to a state was in that state a base before."""
    if rows[time - 1, state] != rows[time, state]:
        return False
    if stop[time] and EXON_STATE <= state < INTRON_STATE:
        return not closed_frames(time, 0, stop) >> (state - EXON_STATE) & 1
    return True


@compiled
def _arrived_by(
    time: int,
    state: int,
    edges: Edges,
    edge_score: Floats,
    rows: Floats,
) -> int:
    """Return the edge by which the best path came to a state."""
    begin, order, edge = edges.begin, edges.order, edges.edge
    for place in range(begin[time], begin[time + 1]):
        number = order[place]
        if edge[number, TARGET] == state:
            before = rows[edge[number, SOURCE_TIME], edge[number, SOURCE]]
            if before + edge_score[number] == rows[time, state]:
                return int(number)
    raise RuntimeError("the best path has no edge here")
