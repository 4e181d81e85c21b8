"""Genes that lie in an intron of another gene, on the other strand.

The grammar gives every base one label, so of two such genes the best path holds one, mostly the
inner one, and parts of the other on either side of it. Here the best path is read once more, with
an intron passing over one gene or a few neighbours on one strand; if that is much more probable,
the gene around them takes the place of these parts.

The bases of the inner genes say nothing of an intron that passes over them, so there it scores what
intergenic sequence does: 0. How probable it is then follows from what lies on either side, and both
halves are known already: they are the sums of all paths from the left to where the inner genes
begin, and from the right to where they end, in the states of introns. So a look at every gene costs
next to nothing, and only the few surroundings that pass are decoded again.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
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

_FORCE = 4096.0
"""More than a path can gain elsewhere; a power of 2, so that sums stay exact."""


@dataclass(frozen=True, slots=True)
class Nesting:
    """When a gene is called around others.

    Attributes
    ----------
    against
        Log odds against each gene's lying in an intron; chosen on validation regions.
    reach
        Bases on either side of the inner genes within which the outer one is sought.
    most_inner
        Neighbouring genes that an intron may pass over.
    """

    against: float = 6.0
    reach: int = 20_000
    most_inner: int = 3


NESTING = Nesting()


class Decoded(NamedTuple):
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


def find_outer(
    best: Sequence[Structure], decoded: Decoded, tables: CompiledGrammar, nesting: Nesting
) -> list[Outer]:
    """Find the genes around genes of the best path.

    Parameters
    ----------
    best
        The genes of the best path between ``decoded.low`` and ``decoded.high``, ascending.
    decoded
        What was decoded.
    tables
        The compiled grammar.
    nesting
        When a gene is called.

    Returns
    -------
    list of Outer
        Ascending; no two share a base. Of those that would, the more probable one is kept.
    """
    log_z = float(decoded.alpha[decoded.high, INTERGENIC_STATE])
    probable: list[tuple[float, int, int]] = []
    for first, leftmost in enumerate(best):
        score = 0.0
        for last in range(first, min(first + nesting.most_inner, len(best))):
            inner = best[last]
            if inner.partial_low or inner.partial_high or inner.strand != leftmost.strand:
                break
            score += inner.score
            if inner.end + tables.min_intron > decoded.high:
                break
            around = _log_sum(1 - leftmost.strand, leftmost.begin, inner.end, decoded, tables)
            odds = around + score - log_z - nesting.against * (last - first + 1)
            if odds > 0.0:
                probable.append((-odds, first, last))
    found: list[Outer] = []
    for odds, first, last in sorted(probable):
        share = 1.0 / (1.0 + math.exp(odds))
        outer = _decode(best, first, last, share, decoded, tables, nesting.reach)
        if outer and all(outer.end <= kept.begin or kept.end <= outer.begin for kept in found):
            found.append(outer)
    return sorted(found)


@compiled
def _log_sum(strand: int, begin: int, end: int, decoded: Decoded, tables: CompiledGrammar) -> float:
    """Return the log sum of all paths with an intron from before ``begin`` to beyond ``end``.

    The bases between do not count. On either side the intron has at least its minimum length.
    """
    total = -np.inf
    for intron in range(tables.intron_first[strand], tables.intron_first[strand + 1]):
        state = INTRON_STATE + intron
        column = state_column(state, tables)
        skipped = decoded.sums[end, column] - decoded.sums[begin, column]
        left, right = decoded.alpha[begin, state], decoded.beta[end + tables.min_intron, state]
        total = logaddexp(total, left + right - skipped)
    return total


def _decode(
    best: Sequence[Structure],
    first: int,
    last: int,
    share: float,
    decoded: Decoded,
    tables: CompiledGrammar,
    reach: int,
) -> Outer | None:
    """Find the best gene with an intron that passes over neighbouring genes of the best path.

    ``share`` is the probability that there is one. There is none if it would be longer than
    ``reach`` allows, or cut off.
    """
    begin, end = best[first].begin, best[last].end
    low, high = max(decoded.low, begin - reach), min(decoded.high, end + reach)
    for gene in best:
        if gene.begin < low < gene.end:
            low = gene.begin
        if gene.begin < high < gene.end:
            high = gene.end
    codes, scores = decoded.codes[low:high], decoded.scores[low:high].copy()
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
            min(gene.begin for gene in changed),
            max(gene.end for gene in changed),
            outer,
            posterior,
            parts,
            replaced,
        )
    return None
