"""The sum over all genes that a sequence can hold, and what it says of each base.

The log of the sum (log Z) has the posteriors as its gradient with respect to the scores, which
is what a conditional random field (Lafferty, McCallum and Pereira, 2001) is trained with.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from genefinder.dna import Codes
from genefinder.grammar.compiled import INTERGENIC_STATE, INTRON_STATE, N_COLUMNS, CompiledGrammar
from genefinder.grammar.edges import Span
from genefinder.grammar.grammar import Grammar
from genefinder.grammar.graph import find_edges
from genefinder.grammar.jit import compiled
from genefinder.grammar.labels import N_CHANNELS
from genefinder.grammar.path_scores import PathScores, edge_scores, running_sums
from genefinder.grammar.recursion import backward, forward, spread
from genefinder.grammar.sites import find_sites

Posterior = npt.NDArray[np.float32]


def forward_backward(
    codes: Codes, scores: npt.NDArray[Any], grammar: Grammar, *, free_ends: bool = False
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

    Returns
    -------
    log_z : float
        Log of the sum of exp(score) over all paths; at least 0, the score of no gene at all.
    posterior : Posterior
        Shape ``(T, 20)``: the probability of each label at each base, and of each signal at
        its place. It is the gradient of ``log_z`` with respect to the scores.
    """
    segments = np.array([[0, len(codes)]], dtype=np.int64)
    partial = 0.0 if free_ends else grammar.tables.partial
    return _segments(codes, _checked(codes, scores), segments, grammar.tables, partial)


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
    return _segments(codes, _checked(codes, scores), segments, grammar.tables, 0.0)


def _checked(codes: Codes, scores: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the scores as one block of memory, of the sequence's length."""
    if scores.shape != (len(codes), N_CHANNELS):
        raise ValueError(f"scores of shape {scores.shape} for a sequence of {len(codes)}")
    return np.ascontiguousarray(scores)


@compiled
def _segments(
    codes: Codes,
    scores: npt.NDArray[Any],
    segments: npt.NDArray[np.int64],
    tables: CompiledGrammar,
    partial: float,
) -> tuple[float, Posterior]:
    length = len(codes)
    sites = find_sites(codes, tables)
    path_scores = PathScores(running_sums(scores, tables), scores, partial)
    states = INTRON_STATE + len(tables.intron_phase)
    alpha = np.empty((length + 1, states))
    beta = np.empty((length + 1, states))
    change = np.zeros((length + 1, N_COLUMNS))
    posterior = np.zeros((length, N_CHANNELS), dtype=np.float32)
    log_z = 0.0
    for number in range(len(segments)):
        low, high = segments[number]
        if low >= high:
            continue
        span = Span(low, low, high, True, True)
        edges = find_edges(span, sites, tables)
        edge_score = edge_scores(edges, path_scores)
        forward(span, sites, edges, edge_score, False, alpha)
        backward(span, sites, edges, edge_score, alpha, beta, change, posterior)
        spread(low, high, tables, change, posterior)
        change[high] = 0.0
        log_z += alpha[high, INTERGENIC_STATE]
    return log_z, posterior
