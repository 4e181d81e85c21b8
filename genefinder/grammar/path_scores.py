"""Scores as the kernels need them: running sums of the labels, and a score for each edge."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from genefinder.grammar.compiled import (
    INTERGENIC_STATE,
    N_COLUMNS,
    QUANTUM,
    STRAND_COLUMNS,
    CompiledGrammar,
)
from genefinder.grammar.edges import (
    AT,
    CHANNEL,
    CHANNEL2,
    ENTER,
    LEAVE,
    OPEN,
    PLACE,
    PLACE2,
    TARGET,
    TIME,
    Edges,
)
from genefinder.grammar.jit import compiled

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
        score = 0.0
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
