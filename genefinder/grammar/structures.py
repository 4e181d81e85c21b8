"""From a path through the graph to genes."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from genefinder.genes import Gene, PartPosteriors, Strand, Transcript
from genefinder.grammar.compiled import INTERGENIC_STATE, STRAND_COLUMNS
from genefinder.grammar.edges import (
    AT,
    CHANNEL,
    ENTER,
    LEAVE,
    OPEN,
    SOURCE,
    SOURCE_TIME,
    TARGET,
    TIME,
    Floats,
    Rows,
    joins_genes,
    left_end,
    right_end,
)
from genefinder.grammar.labels import INTERGENIC, N_LABELS

_STRAND_LABELS = (N_LABELS - 1) // 2


@dataclass(frozen=True)
class Structure:
    """One gene of a path, as coordinates within the decoded sequence.

    Attributes
    ----------
    begin, end
        Times between which the path is not intergenic.
    strand
        0 forward, 1 reverse.
    segments
        Exons and introns, ascending: start, end, and whether it is an exon.
    frame
        Position modulo 3 at which codons begin in the first exon, and in the last one.
    partial_low, partial_high
        The gene is cut off at this end.
    score
        Score of the path from where it was last intergenic to ``end``.
    """

    begin: int
    end: int
    strand: int
    segments: tuple[tuple[int, int, bool], ...]
    frame: tuple[int, int]
    partial_low: bool
    partial_high: bool
    score: float

    @property
    def exons(self) -> tuple[tuple[int, int], ...]:
        """The coding exons that have any base."""
        return tuple((start, end) for start, end, exon in self.segments if exon and start < end)

    @property
    def phase(self) -> int:
        """Bases to skip at the 5' end to reach the first complete codon."""
        if self.strand == 0:
            return (self.frame[0] - self.exons[0][0]) % 3
        return (self.exons[-1][1] - self.frame[1]) % 3

    @property
    def codons(self) -> int:
        """Number of complete codons that stand for an amino acid."""
        if not self.exons:
            return 0
        ended = not (self.partial_high if self.strand == 0 else self.partial_low)
        return (self.coding - self.phase) // 3 - ended

    @property
    def coding(self) -> int:
        """Number of coding bases."""
        return sum(end - start for start, end in self.exons)

    def is_called(self, min_coding: int) -> bool:
        """Tell whether it stands for an amino acid at least, and has so many coding bases."""
        return self.codons > 0 and self.coding >= min_coding

    def moved(self, offset: int) -> "Structure":
        """Return the structure with coordinates moved by ``offset``."""
        first, last = self.frame
        return replace(
            self,
            begin=self.begin + offset,
            end=self.end + offset,
            segments=tuple(
                (start + offset, end + offset, exon) for start, end, exon in self.segments
            ),
            frame=((first + offset) % 3, (last + offset) % 3),
        )

    def gene(
        self,
        contig: str,
        offset: int = 0,
        posterior: float | None = None,
        part_posteriors: PartPosteriors | None = None,
    ) -> Gene:
        """Return the gene, with coordinates moved by ``offset`` and empty identifiers."""
        strand: Strand = "-" if self.strand else "+"
        exons = tuple((start + offset, end + offset) for start, end in self.exons)
        transcript = Transcript(
            id="",
            contig=contig,
            strand=strand,
            exons=exons,
            cds=exons,
            phase=self.phase,
            partial_low=self.partial_low,
            partial_high=self.partial_high,
            posterior=posterior,
            part_posteriors=part_posteriors,
        )
        return Gene(id="", contig=contig, strand=strand, transcripts=(transcript,))

    def posterior(self, alpha: Floats, beta: Floats, log_z: float) -> float:
        """Return the probability of exactly this structure.

        Parameters
        ----------
        alpha, beta
            Log sums of all paths from the left and from the right, by time and state.
        log_z
            Log of the sum over all paths.
        """
        before = alpha[self.begin, INTERGENIC_STATE]
        after = beta[self.end, INTERGENIC_STATE]
        return math.exp(min(0.0, before + self.score + after - log_z))

    def posterior_by_parts(self, parts: PartPosteriors) -> float:
        """Return the probability of exactly this structure, of a grammar without introns.

        Such a gene has one exon, and all that it can be follows from its start codon. It may
        overlap others, whatever they are.

        Parameters
        ----------
        parts
            Probabilities of its parts.
        """
        start = parts.ends[0][self.strand]
        return parts.exons[0] if start is None else start

    def part_posteriors(self, exon: Floats, site: Floats) -> PartPosteriors:
        """Return the probabilities of its parts.

        Parameters
        ----------
        exon, site
            Of :func:`genefinder.grammar.posteriors.part_posteriors`.
        """
        exons = self.exons
        first, last = (0, -3) if self.strand == 0 else (2, -1)
        ends: list[tuple[float | None, float | None]] = []
        for place, (start, end) in enumerate(exons):
            low: float | None = float(site[start - 1 if place else start + first])
            high: float | None = float(site[end if place < len(exons) - 1 else end + last])
            if place == 0 and self.partial_low:
                low = None
            if place == len(exons) - 1 and self.partial_high:
                high = None
            ends.append((low, high))
        return PartPosteriors(tuple(float(exon[start]) for start, _ in exons), tuple(ends))


def structures(edges: Rows, edge_score: Floats) -> Iterator[Structure]:
    """Cut a path into genes.

    Parameters
    ----------
    edges
        The path's edges in order, shape ``(n, 13)``.
    edge_score
        Their scores, shape ``(n,)``.

    Yields
    ------
    Structure
        Every part of the path that is not intergenic, also where it codes for nothing.
    """
    segments: list[tuple[int, int, int]] = []
    begin = start = 0
    partial_low = False
    score = 0.0
    for row, edge, value in zip(edges, edges.tolist(), edge_score.tolist(), strict=True):
        if edge[SOURCE] == INTERGENIC_STATE:
            segments, begin, score = [], edge[SOURCE_TIME], 0.0
            partial_low = edge[CHANNEL] < 0
        score += value
        joined = edge[LEAVE] >= 0 and edge[ENTER] >= 0 and joins_genes(row)
        if edge[LEAVE] >= 0:
            segments.append((start, right_end(row) if joined else edge[AT], edge[LEAVE]))
        if joined:
            yield _structure(segments, begin, segments[-1][1], partial_low, False, score)
            segments, begin, partial_low = [], left_end(row), False
        if edge[ENTER] >= 0:
            start = begin if joined else edge[AT]
        if edge[TARGET] != INTERGENIC_STATE:
            continue
        if edge[ENTER] >= 0:
            segments.append((start, edge[TIME], edge[ENTER]))
        yield _structure(segments, begin, edge[TIME], partial_low, bool(edge[OPEN]), score)


def _structure(
    segments: list[tuple[int, int, int]],
    begin: int,
    end: int,
    partial_low: bool,
    partial_high: bool,
    score: float,
) -> Structure:
    """Return the gene of segments with their columns of the running sums."""
    coding = [column for start, end, column in segments if _is_exon(column) and start < end]
    return Structure(
        begin=begin,
        end=end,
        strand=segments[0][2] // STRAND_COLUMNS,
        segments=tuple((start, end, _is_exon(column)) for start, end, column in segments),
        frame=(coding[0] % STRAND_COLUMNS, coding[-1] % STRAND_COLUMNS) if coding else (0, 0),
        partial_low=partial_low,
        partial_high=partial_high,
        score=score,
    )


def labels(edges: Rows, length: int) -> npt.NDArray[np.uint8]:
    """Paint a path's labels.

    Parameters
    ----------
    edges
        The path's edges in order, shape ``(n, 13)``.
    length
        Number of bases T.

    Returns
    -------
    numpy.ndarray
        Shape ``(T,)``, see :mod:`genefinder.grammar.labels`.
    """
    result = np.full(length, INTERGENIC, dtype=np.uint8)
    start = 0
    for edge in edges.tolist():
        if edge[LEAVE] >= 0:
            _paint(result, start, edge[AT], edge[LEAVE])
        if edge[ENTER] >= 0:
            start = edge[AT]
            if edge[TARGET] == INTERGENIC_STATE:
                _paint(result, start, edge[TIME], edge[ENTER])
    return result


def _paint(result: npt.NDArray[np.uint8], start: int, end: int, column: int) -> None:
    strand, part = divmod(column, STRAND_COLUMNS)
    first = 1 + _STRAND_LABELS * strand
    if part >= 3:
        phase = part - 3
        result[start:end] = first + 3 + ((3 - phase) % 3 if strand else phase)
    else:
        place = (np.arange(start, end) - part) % 3
        result[start:end] = first + (2 - place if strand else place)


def _is_exon(column: int) -> bool:
    return column % STRAND_COLUMNS < 3
