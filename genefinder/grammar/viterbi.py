"""The best gene structure of one sequence (Viterbi, 1967)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from genefinder.dna import Codes
from genefinder.genes import Gene
from genefinder.grammar import assemble
from genefinder.grammar.compiled import INTERGENIC_STATE
from genefinder.grammar.edges import CHANNEL, PLACE, Rows, Span
from genefinder.grammar.grammar import Grammar
from genefinder.grammar.graph import find_edges
from genefinder.grammar.path_scores import Floats, PathScores, edge_scores, rounded, running_sums
from genefinder.grammar.recursion import forward
from genefinder.grammar.sites import find_sites
from genefinder.grammar.traceback import trace


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
        return assemble.labels(self.edges, self.length)

    def signals(self) -> npt.NDArray[np.int64]:
        """Return position and channel of each signal used, shape ``(n, 2)``, ascending."""
        pairs = self.edges[:, PLACE : PLACE + 4].reshape(-1, 2).astype(np.int64)
        pairs = pairs[pairs[:, CHANNEL - PLACE] >= 0]
        return pairs[np.lexsort(pairs.T[::-1])]

    def genes(self, contig: str) -> list[Gene]:
        """Return the genes, without identifiers and posteriors.

        What is left of a gene between two open ends is none where it holds no complete codon.
        """
        found = assemble.structures(self.edges, self.edge_score)
        return [structure.gene(contig) for structure in found if structure.codons > 0]


def viterbi(
    codes: Codes, scores: npt.NDArray[Any], grammar: Grammar, *, free_ends: bool = False
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

    Returns
    -------
    Path
        The best path. Memory is about 300 bytes a base: for long sequences see
        :func:`genefinder.grammar.stream.decode_contig`.
    """
    tables = grammar.tables
    scores = rounded(np.ascontiguousarray(scores, dtype=np.float32))
    sites = find_sites(codes, tables)
    span = Span(0, 0, len(codes), True, True)
    edges = find_edges(span, sites, tables)
    partial = 0.0 if free_ends else tables.partial
    edge_score = edge_scores(edges, PathScores(running_sums(scores, tables), scores, partial))
    rows = np.empty((len(codes) + 1, tables.states))
    forward(span, sites, edges, edge_score, True, rows)
    path = trace(0, span.high, sites, edges, edge_score, rows)
    score = float(rows[span.high, INTERGENIC_STATE])
    return Path(score, len(codes), edges.edge[path], edge_score[path])
