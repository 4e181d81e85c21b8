"""Genes of contigs of any length, in bounded memory.

A contig is decoded in chunks. Where all paths that may still become the best one are intergenic
at the same base, what lies before it is settled, whatever follows: its genes are handed out, and
the rest is decoded from there on. So the genes are those of the best path through the whole contig,
but for genes around others (:mod:`genefinder.grammar.nested`), which are settled together.
Sums from the left are carried over as they are; those from the right begin at the end of a chunk,
a chunk's last tens of thousands of bases being decoded again in the next one.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from genefinder.dna import Codes, N
from genefinder.genes import Gene
from genefinder.grammar.compiled import GAP_CLOSE, GAP_OPEN, INTERGENIC_STATE
from genefinder.grammar.edges import (
    Floats,
    PathScores,
    Span,
    edge_scores,
    rounded,
    running_sums,
    state_column,
)
from genefinder.grammar.grammar import Grammar
from genefinder.grammar.graph import find_edges
from genefinder.grammar.nested import NESTING, Decoded, Nesting, Outer, find_outer
from genefinder.grammar.paths import meeting_point, trace
from genefinder.grammar.posteriors import part_posteriors
from genefinder.grammar.recursion import backward, forward
from genefinder.grammar.sites import GAP, find_sites
from genefinder.grammar.structures import structures

Scores = npt.NDArray[np.float32]
Block = tuple[Codes, Scores]

LONG_GAP = 10_000
"""Runs of at least so many N end a contig's part; no intron crosses them."""


def decode_contig(
    contig: str,
    blocks: Iterable[tuple[Codes, npt.NDArray[Any]]],
    grammar: Grammar,
    *,
    min_posterior: float = 0.0,
    nested: Nesting | None = NESTING,
    chunk: int = 150_000,
    lookahead: int = 20_000,
) -> Iterator[Gene]:
    """Yield the genes of a contig, by ascending start.

    Parameters
    ----------
    contig
        Its name.
    blocks
        Consecutive parts of it: codes of shape ``(n,)`` and scores of shape ``(n, 20)``, of any
        sizes. The genes do not depend on where the blocks are cut.
    grammar
        The grammar.
    min_posterior
        Genes of a lower posterior are left out.
    nested
        When a gene is called around others (:mod:`genefinder.grammar.nested`); without, the genes
        are those of the best path, and no two overlap.
    chunk
        Bases decoded at once; more only while the end of a gene is not in sight.
    lookahead
        Bases that are decoded beyond the genes handed out, for their posteriors.

    Yields
    ------
    Gene
        One transcript each, with its posterior and with empty identifiers.
    """
    decoder: _Decoder | None = None
    for part in _parts(blocks):
        if part is None:
            genes = decoder.finish() if decoder else iter(())
            decoder = None
        else:
            position, codes, scores = part
            if decoder is None:
                decoder = _Decoder(contig, position, grammar, nested, chunk, lookahead)
            genes = decoder.push(codes, scores)
        for gene in genes:
            if (gene.posterior or 0.0) >= min_posterior:
                yield gene


class _Decoder:
    """The decoding of one part of a contig, between long gaps.

    The buffer begins a little before the last settled base, so that edges that span it are found
    again; ``settled`` is its time within the buffer.
    """

    def __init__(
        self,
        contig: str,
        position: int,
        grammar: Grammar,
        nested: Nesting | None,
        chunk: int,
        lookahead: int,
    ) -> None:
        self.contig = contig
        self.tables = grammar.tables
        self.min_coding = grammar.min_coding
        self.nested = nested
        self.chunk = chunk
        self.history = self.tables.reach + 2 * GAP
        self.lookahead = max(lookahead, self.history)
        self.position = position
        self.settled = 0
        self.target = chunk
        self.codes: Codes = np.empty(0, dtype=np.uint8)
        self.scores: Scores = np.empty((0, 20), dtype=np.float32)
        self.waiting: list[Block] = []
        self.waiting_bases = 0
        self.alpha: Floats | None = None
        self.rows = np.empty((2, 0, self.tables.states))

    def push(self, codes: Codes, scores: npt.NDArray[Any]) -> Iterator[Gene]:
        """Take in the next bases and yield the genes that they settle."""
        scores = rounded(np.ascontiguousarray(scores, dtype=np.float32))
        self.waiting.append((codes, scores))
        self.waiting_bases += len(codes)
        while len(self.codes) + self.waiting_bases >= self.target:
            self._take_in()
            yield from self._decode(self.codes[: self.target], final=False)

    def finish(self) -> Iterator[Gene]:
        """Yield the remaining genes."""
        self._take_in()
        yield from self._decode(self.codes, final=True)

    def _take_in(self) -> None:
        if self.waiting:
            self.codes = np.concatenate([self.codes, *(codes for codes, _ in self.waiting)])
            self.scores = np.concatenate([self.scores, *(block for _, block in self.waiting)])
            self.waiting = []
            self.waiting_bases = 0

    def _decode(self, codes: Codes, *, final: bool) -> Iterator[Gene]:
        high = len(codes) if final else _last_known(codes)
        if high - self.lookahead <= self.settled and not final:
            self.target += self.target - self.settled
            return
        tables, settled = self.tables, self.settled
        sites = find_sites(codes, tables)
        span = Span(0, settled + 1 if self.alpha is not None else 0, high, self.alpha is None, True)
        edges = find_edges(span, sites, tables)
        scores = self.scores[: len(codes)]
        sums = running_sums(scores, tables)
        edge_score = edge_scores(edges, PathScores(sums, scores, tables.partial))

        best, alpha = self._rows(high + 1)
        best[: settled + 1] = -np.inf
        best[settled, INTERGENIC_STATE] = 0.0
        forward(span, sites, edges, edge_score, True, best)
        end = high
        if not final:
            latest, seeds = high - self.lookahead, high - self.history
            end = meeting_point(settled, latest, seeds, high, sites, edges, edge_score, best)
            if end == settled:
                self.target += self.target - self.settled
                return
        path = trace(settled, high, sites, edges, edge_score, best)
        beta = best  # The best scores are not needed any more.

        if self.alpha is not None:
            alpha[: settled + 1] = self.alpha
        forward(span, sites, edges, edge_score, False, alpha)
        nothing = np.empty((0, 0)), np.empty((0, 0), dtype=np.float32)
        backward(span, sites, edges, edge_score, alpha, beta, *nothing)
        found = list(structures(edges.edge[path], edge_score[path]))
        outer: list[Outer] = []
        if self.nested and len(tables.intron_phase):
            decoded = Decoded(settled, high, codes, scores, sums, alpha, beta)
            outer = find_outer(found, decoded, tables, self.nested)
            end = _outside(outer, end, sites.site)
            if end <= settled and not final:
                self.target += self.target - self.settled
                return
        log_z = float(alpha[high, INTERGENIC_STATE])
        exon, site = part_posteriors(path, edges.edge, edge_score, alpha, beta, log_z)
        replaced = frozenset[int]().union(*(outer_gene.replaced for outer_gene in outer))
        settling = []
        for number, gene in enumerate(found):
            if gene.end <= end and gene.is_called(self.min_coding) and number not in replaced:
                parts = gene.part_posteriors(exon, site)
                if len(tables.intron_phase):
                    posterior = gene.posterior(alpha, beta, log_z)
                else:
                    posterior = gene.posterior_by_parts(parts)
                settling.append((gene, posterior, parts))
        settling += [
            (outer_gene.structure, outer_gene.posterior, outer_gene.parts)
            for outer_gene in outer
            if outer_gene.end <= end and outer_gene.structure.is_called(self.min_coding)
        ]
        settling.sort(key=lambda entry: entry[0].begin)
        for structure, posterior, parts in settling:
            yield structure.gene(self.contig, self.position, posterior, parts)
        if not final:
            self._settle(end, alpha, sums)

    def _rows(self, length: int) -> tuple[Floats, Floats]:
        """Return room for two sets of rows; it is kept, as fresh memory is slow to touch."""
        if self.rows.shape[1] < length:
            self.rows = np.empty((2, length, self.tables.states))
        return self.rows[0, :length], self.rows[1, :length]

    def _settle(self, end: int, alpha: Floats, sums: Floats) -> None:
        """Drop what lies before ``end``, but for what edges reach back to."""
        # A multiple of 3, so that frames keep their numbers.
        dropped = max(0, end - self.history) // 3 * 3
        kept = alpha[dropped : end + 1] - alpha[end, INTERGENIC_STATE]
        for state in range(1, self.tables.states):
            kept[:, state] += sums[dropped, state_column(state, self.tables)]
        self.alpha = kept
        self.codes = self.codes[dropped:].copy()
        self.scores = self.scores[dropped:].copy()
        self.position += dropped
        self.settled = end - dropped
        self.target = self.settled + self.chunk


def _outside(outer: Sequence[Outer], end: int, site: npt.NDArray[np.uint16]) -> int:
    """Return the last time up to ``end`` at which no gene goes on that holds others."""
    for outer_gene in outer:
        if outer_gene.begin < end < outer_gene.end:
            end = outer_gene.begin
            while site[end] & (GAP_OPEN | GAP_CLOSE):
                end -= 1
    return end


def _last_known(codes: Codes) -> int:
    """Return the time up to which the sites are known whatever follows: a gap may begin after."""
    known = np.flatnonzero(codes[::-1] != N)
    if not len(known):
        return 0
    return len(codes) - int(known[0]) - (1 if known[0] else 0)


def _parts(
    blocks: Iterable[tuple[Codes, npt.NDArray[Any]]],
) -> Iterator[tuple[int, Codes, npt.NDArray[Any]] | None]:
    """Cut a contig at long gaps.

    Yields position, codes and scores of consecutive bases, and ``None`` where a part ends. The N
    of long gaps are dropped; an N run at the end of a block is held back until its length is known.
    """
    position = unknown = 0
    held: list[tuple[int, Codes, npt.NDArray[Any]]] = []
    begun = False
    for codes, scores in blocks:
        start = 0
        for run_start, run_end in (*_runs(codes), (len(codes), len(codes))):
            if run_start > start:
                if unknown >= LONG_GAP and begun:
                    yield None
                yield from held
                held, unknown, begun = [], 0, True
                yield position + start, codes[start:run_start], scores[start:run_start]
            unknown += run_end - run_start
            if unknown >= LONG_GAP:
                held = []
            elif run_end > run_start:
                held.append(
                    (position + run_start, codes[run_start:run_end], scores[run_start:run_end])
                )
            start = run_end
        position += len(codes)
    yield from held
    if begun or held:
        yield None


def _runs(codes: Codes) -> Iterator[tuple[int, int]]:
    """Yield the runs of N that are long or reach an end of the block."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], codes == N, [False]]).astype(np.int8)))
    for start, end in edges.reshape(-1, 2).tolist():
        if start == 0 or end == len(codes) or end - start >= LONG_GAP:
            yield start, end
