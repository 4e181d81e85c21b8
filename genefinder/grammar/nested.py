"""Genes that lie in an intron of another gene, on the other strand.

The grammar gives every base one label, so of two such genes the best path holds one, mostly the
inner one, and pieces of the other on either side of it. Here the best path is read once more, with
an intron passing over one gene or a few neighbours on one strand; if that is much more probable,
the gene around them takes the place of its pieces.

The bases of the inner genes say nothing of an intron that passes over them, so there it scores what
intergenic sequence does: 0. How probable it is then follows from what lies on either side, and both
halves are known already: they are the sums of all paths from the left to where the inner genes
begin, and from the right to where they end, in the states of introns. So a look at every gene costs
next to nothing, and only the few surroundings that pass are decoded again.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from genefinder.dna import Codes
from genefinder.genes import PartPosteriors
from genefinder.grammar.compiled import INTERGENIC_STATE, INTRON_STATE, CompiledGrammar
from genefinder.grammar.edges import (
    Floats,
    PathScores,
    Span,
    edge_scores,
    running_sums,
    state_column,
)
from genefinder.grammar.graph import find_edges
from genefinder.grammar.jit import compiled
from genefinder.grammar.paths import trace
from genefinder.grammar.posteriors import part_posteriors
from genefinder.grammar.recursion import backward, forward, logaddexp
from genefinder.grammar.sites import find_sites
from genefinder.grammar.structures import Structure, structures

AGAINST = 6.0
"""Log odds against each gene's lying in an intron; chosen on validation regions."""
REACH = 20_000
"""Bases on either side of the inner genes within which the outer one is sought."""
_MOST_INNER = 3
"""Neighbouring genes that an intron may pass over."""
_FORCE = 4096.0
"""More than a path can gain elsewhere; a power of 2, so that sums stay exact."""


class Stretch(NamedTuple):
    """A decoded sequence of T bases; its best path is intergenic at ``low`` and ``high``."""

    low: int
    high: int
    codes: Codes
    scores: npt.NDArray[np.float32]
    """[T, 20] scores, rounded."""
    sums: Floats
    """[T + 1, 12] its running sums."""
    alpha: Floats
    """[T + 1, states] log sums of all paths from the left, and ``beta`` from the right."""
    beta: Floats


class Outer(NamedTuple):
    """A gene with an intron that holds genes of the best path."""

    begin: int
    """Times between which it changes the best path."""
    end: int
    structure: Structure
    posterior: float
    parts: PartPosteriors
    replaced: frozenset[int]
    """Numbers of the genes of the best path whose place it takes."""


def find_outer(best: Sequence[Structure], stretch: Stretch, tables: CompiledGrammar) -> list[Outer]:
    """Find the genes around genes of the best path.

    Parameters
    ----------
    best
        The genes of the best path between ``stretch.low`` and ``stretch.high``, ascending.
    stretch
        What was decoded.
    tables
        The compiled grammar.

    Returns
    -------
    list of Outer
        Ascending; no two share a base. Of those that would, the more probable one is kept.
    """
    log_z = float(stretch.alpha[stretch.high, INTERGENIC_STATE])
    probable: list[tuple[float, int, int]] = []
    for first, one in enumerate(best):
        score = 0.0
        for last in range(first, min(first + _MOST_INNER, len(best))):
            inner = best[last]
            if inner.partial_low or inner.partial_high or inner.strand != one.strand:
                break
            score += inner.score
            if inner.end + tables.min_intron > stretch.high:
                break
            around = _log_sum(1 - one.strand, one.begin, inner.end, stretch, tables)
            odds = around + score - log_z - AGAINST * (last - first + 1)
            if odds > 0.0:
                probable.append((-odds, first, last))
    found: list[Outer] = []
    for odds, first, last in sorted(probable):
        share = 1.0 / (1.0 + math.exp(odds))
        outer = _decode(best, first, last, share, stretch, tables)
        if outer and all(outer.end <= one.begin or one.end <= outer.begin for one in found):
            found.append(outer)
    return sorted(found)


@compiled
def _log_sum(strand: int, begin: int, end: int, stretch: Stretch, tables: CompiledGrammar) -> float:
    """Return the log sum of all paths with an intron from before ``begin`` to beyond ``end``.

    The bases between do not count. On either side the intron has at least its minimum length.
    """
    total = -np.inf
    for intron in range(tables.intron_first[strand], tables.intron_first[strand + 1]):
        state = INTRON_STATE + intron
        column = state_column(state, tables)
        skipped = stretch.sums[end, column] - stretch.sums[begin, column]
        left, right = stretch.alpha[begin, state], stretch.beta[end + tables.min_intron, state]
        total = logaddexp(total, left + right - skipped)
    return total


def _decode(
    best: Sequence[Structure],
    first: int,
    last: int,
    share: float,
    stretch: Stretch,
    tables: CompiledGrammar,
) -> Outer | None:
    """Find the best gene with an intron that passes over neighbouring genes of the best path.

    ``share`` is the probability that there is one. There is none if it would be longer than
    ``REACH`` allows, or cut off.
    """
    begin, end = best[first].begin, best[last].end
    low, high = max(stretch.low, begin - REACH), min(stretch.high, end + REACH)
    for one in best:
        if one.begin < low < one.end:
            low = one.begin
        if one.begin < high < one.end:
            high = one.end
    codes, scores = stretch.codes[low:high], stretch.scores[low:high].copy()
    begin, end = begin - low, end - low
    # No path but one with an intron over the inner genes can be the best, or count.
    introns = tables.intron_channel[1 - best[first].strand]
    scores[begin:end] = -_FORCE
    scores[begin:end, introns] = 0.0
    scores[begin, introns] = _FORCE
    sites = find_sites(codes, tables)
    sites.site[max(0, begin - tables.min_intron + 1) : end + tables.min_intron] = 0
    span = Span(0, 0, len(codes), False, False)
    edges = find_edges(span, sites, tables)
    edge_score = edge_scores(
        edges, PathScores(running_sums(scores, tables), scores, tables.partial)
    )
    rows = np.empty((2, len(codes) + 1, tables.states))
    forward(span, sites, edges, edge_score, True, rows[0])
    path = trace(0, span.high, sites, edges, edge_score, rows[0])
    alpha, beta = rows
    forward(span, sites, edges, edge_score, False, alpha)
    nothing = np.empty((0, 0)), np.empty((0, 0), dtype=np.float32)
    backward(span, sites, edges, edge_score, alpha, beta, *nothing)
    log_z = float(alpha[span.high, INTERGENIC_STATE])
    exon, site = part_posteriors(path, edges.edge, edge_score, alpha, beta, log_z)
    for structure in structures(edges.edge[path], edge_score[path]):
        if not structure.begin < begin < end < structure.end or structure.codons <= 0:
            continue
        posterior = share * structure.posterior(alpha, beta, log_z)
        parts = structure.part_posteriors(share * exon, share * site)
        outer = structure.moved(low)
        others = [*range(first), *range(last + 1, len(best))]
        replaced = frozenset(
            number
            for number in others
            if best[number].begin < outer.end and outer.begin < best[number].end
        )
        changed = [outer, *(best[number] for number in replaced)]
        return Outer(
            min(one.begin for one in changed),
            max(one.end for one in changed),
            outer,
            posterior,
            parts,
            replaced,
        )
    return None
