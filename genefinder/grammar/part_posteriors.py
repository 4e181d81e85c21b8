"""How probable the parts of the best path are: its exons and the sites that it uses.

A part's probability is the share of all paths, weighted by exp(score), that hold the very same
part, whatever else they hold: an exon with these ends in this reading frame, or a start codon, stop
codon, donor or acceptor at this place and strand. The sums from both sides are at hand when a
gene's posterior is computed, so the parts cost one more pass over the edges.
"""

import math

import numpy as np
import numpy.typing as npt

from genefinder.grammar.compiled import INTERGENIC_STATE, STRAND_COLUMNS
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
    TIME,
    Rows,
)
from genefinder.grammar.jit import compiled
from genefinder.grammar.path_scores import Floats
from genefinder.grammar.recursion import logaddexp

_NEGLIGIBLE = -40.0


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
        All edges, shape ``(edges, 12)``, and their scores.
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
            begin[row[AT]], end[start], leaving[start] = start, row[AT], row[SOURCE_TIME]
        if row[ENTER] >= 0:
            start = row[AT]
            if _is_exon(row[ENTER]):
                column[start], arrival[start] = row[ENTER], row[TIME]
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
        at = row[AT]
        if row[ENTER] >= 0 and column[at] == row[ENTER]:
            if row[TARGET] != INTERGENIC_STATE:
                # Others may come in earlier or later only at open ends; a stop codon may end the
                # earlier ones, and the later ones may be too late for so short an exon.
                if arrival[at] <= row[TIME] <= leaving[at]:
                    entered[at] = logaddexp(entered[at], before)
            elif end[at] == row[TIME]:
                exon[at] += mass
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
