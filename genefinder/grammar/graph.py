"""The graph of all gene structures of a sequence: every edge that the grammar allows.

This is the one place where the grammar's structure is written; summing, maximising and tracing back
all walk the same edges.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from genefinder.dna import Codes
from genefinder.grammar.compiled import (
    EXON_STATE,
    GAP_CLOSE,
    GAP_OPEN,
    GENE_IN,
    GENE_OUT,
    INTERGENIC_STATE,
    INTRON_IN,
    INTRON_OUT,
    INTRON_STATE,
    QUANTUM,
    STRAND_BITS,
    STRAND_COLUMNS,
    CompiledGrammar,
)
from genefinder.grammar.edges import (
    CHANNEL2,
    EDGE_FIELDS,
    OWN_SCORE,
    PLACE2,
    TIME,
    Edges,
    Rows,
    Span,
    grown,
    put,
    state_column,
)
from genefinder.grammar.grammar import Grammar
from genefinder.grammar.jit import compiled
from genefinder.grammar.overlaps import kind_of_overlap, switch_of_labels
from genefinder.grammar.sites import Sites, exon_end, find_sites, intron_after

Times = npt.NDArray[np.int64]

# Columns of the tables of signals.
_GENE_IN, _GENE_OUT, _INTRON_IN, _INTRON_OUT = range(4)

_BOTH = 1 + (1 << STRAND_BITS)


class Graph(NamedTuple):
    """All gene structures of a sequence; it does not depend on scores."""

    span: Span
    sites: Sites
    edges: Edges


def build_graph(codes: Codes, grammar: Grammar) -> Graph:
    """Build the graph of a whole sequence, whose genes may be cut off at its ends.

    Parameters
    ----------
    codes
        Sequence, shape ``(T,)``.
    grammar
        The grammar.
    """
    tables = grammar.tables
    sites = find_sites(codes, tables)
    span = Span(0, 0, len(codes), True, True)
    return Graph(span, sites, find_edges(span, sites, tables))


@compiled
def find_edges(span: Span, sites: Sites, tables: CompiledGrammar) -> Edges:
    """List the edges that arrive at times ``span.first`` to ``span.high``.

    Parameters
    ----------
    span, sites, tables
        What is decoded, its sites, and the grammar.
    """
    closings, openings = _open_ends(span, sites.site)
    edge = np.empty((2 * (span.high - span.first) + 64, EDGE_FIELDS), dtype=np.int32)
    edge, count = _introns(span, closings, sites, tables, edge, 0)
    edge, count = _gene_ends(span, sites, tables, edge, count)
    edge, count = _exons(span, closings, sites, tables, edge, count)
    edge, count = _overlaps(span, closings, sites, tables, edge, count)
    edge, count = _cut_off(closings, openings, sites, tables, edge, count)
    begin = np.zeros(span.high + 2, dtype=np.int64)
    for number in range(count):
        begin[edge[number, TIME] + 1] += 1
    for time in range(span.high + 1):
        begin[time + 1] += begin[time]
    free = begin.copy()
    order = np.empty(count, dtype=np.int32)
    for number in range(count):
        time = edge[number, TIME]
        order[free[time]] = number
        free[time] += 1
    return Edges(begin, order, edge[:count])


@compiled
def _frame_codons(strand: int, position: int, sites: Sites) -> int:
    """Return the codons of a gene whose start codon stands at a position, or would."""
    if position < 0 or sites.codons.shape[1] == 0:
        return 0
    return int(sites.codons[strand, position])


@compiled
def _length_score(codons: int, tables: CompiledGrammar) -> int:
    """Return the score of a gene of so many codons, in units of QUANTUM; of none it is 0."""
    if codons <= 0 or len(tables.length) == 0:
        return 0
    return int(tables.length[min(codons, len(tables.length) - 1)])


@compiled
def _open_ends(span: Span, site: npt.NDArray[np.uint16]) -> tuple[Times, Times]:
    """Return the times at which genes may be cut off at their right, and at their left."""
    closings = [0 for _ in range(0)]
    openings = [0 for _ in range(0)]
    if span.partial_low:
        openings.append(span.low)
    for time in range(max(span.first, span.low), span.high):
        if site[time] & GAP_CLOSE and time > span.low:
            closings.append(time)
        if site[time] & GAP_OPEN and not (time == span.low and span.partial_low):
            openings.append(time)
    if span.partial_high and span.high > span.low:
        closings.append(span.high)
    return np.array(closings, dtype=np.int64), np.array(openings, dtype=np.int64)


@compiled
def _introns(
    span: Span, closings: Times, sites: Sites, tables: CompiledGrammar, edges: Rows, count: int
) -> tuple[Rows, int]:
    """Introns, which arrive when they have their minimum length or at open ends before."""
    low, minimum = span.low, tables.min_intron
    site, codes = sites.site, sites.codes
    no_stop_prefix, after_one, after_two = tables.no_stop_prefix, tables.after_one, tables.after_two
    columns, channels, offsets = tables.intron_column, tables.signal_channel, tables.signal_offset
    closing = 0
    for position in range(max(low, span.first - minimum), span.high):
        if not site[position] & (INTRON_IN * _BOTH):
            continue
        while closing < len(closings) and closings[closing] <= position:
            closing += 1
        for strand in range(2):
            if not site[position] >> (STRAND_BITS * strand) & INTRON_IN:
                continue
            place = position + offsets[strand, _INTRON_IN]
            channel = channels[strand, _INTRON_IN]
            for frame in range(3):
                phase = (position + 3 - frame) % 3
                intron = intron_after(
                    strand, phase, position, low, codes, site, no_stop_prefix, after_one, after_two
                )
                source = EXON_STATE + 3 * strand + frame
                leave, enter = STRAND_COLUMNS * strand + frame, columns[intron]
                number = closing
                while True:
                    is_open = number < len(closings) and closings[number] < position + minimum
                    if is_open:
                        time, target = closings[number], INTERGENIC_STATE
                    else:
                        time, target = position + minimum, INTRON_STATE + intron
                    if count == len(edges):
                        edges = grown(edges)
                    if span.first <= time <= span.high:
                        count = put(
                            edges,
                            count,
                            time,
                            target,
                            position,
                            source,
                            position,
                            leave,
                            enter,
                            place,
                            channel,
                            is_open,
                        )
                    if not is_open:
                        break
                    number += 1
    return edges, count


@compiled
def _exons(
    span: Span, closings: Times, sites: Sites, tables: CompiledGrammar, edges: Rows, count: int
) -> tuple[Rows, int]:
    """Exons at the left of genes or after introns, which arrive like introns do."""
    low, minimum = span.low, tables.min_exon
    site, codes, next_stop = sites.site, sites.codes, sites.next_stop
    firsts, phases, columns = tables.intron_first, tables.intron_phase, tables.intron_column
    extended, completes_stop = tables.extended, tables.completes_stop
    channels, offsets = tables.signal_channel, tables.signal_offset
    closing = 0
    for position in range(max(low, span.first - minimum), span.high + 1):
        if not site[position] & ((GENE_IN | INTRON_OUT) * _BOTH):
            continue
        while closing < len(closings) and closings[closing] < position:
            closing += 1
        is_open = closing < len(closings) and closings[closing] < position + minimum
        time = closings[closing] if is_open else position + minimum
        if not span.first <= time <= span.high:
            continue
        if count + 4 + len(phases) > len(edges):
            edges = grown(edges)
        for strand in range(2):
            bits = site[position] >> (STRAND_BITS * strand)
            states = EXON_STATE + 3 * strand
            if bits & GENE_IN and position + 3 <= time and next_stop[strand, position + 3] > time:
                frame = position % 3
                count = put(
                    edges,
                    count,
                    time,
                    INTERGENIC_STATE if is_open else states + frame,
                    position,
                    INTERGENIC_STATE,
                    position,
                    -1,
                    STRAND_COLUMNS * strand + frame,
                    position + offsets[strand, _GENE_IN],
                    channels[strand, _GENE_IN],
                    is_open,
                )
                if strand == 0:
                    seen = _frame_codons(strand, position, sites)
                else:
                    seen = (time - position) // 3 if is_open else 0
                edges[count - 1, OWN_SCORE] = _length_score(seen, tables)
            if bits & INTRON_OUT and position > low:
                place = position + offsets[strand, _INTRON_OUT]
                channel = channels[strand, _INTRON_OUT]
                for intron in range(firsts[strand], firsts[strand + 1]):
                    phase = phases[intron]
                    end = exon_end(
                        strand, intron, phase, position, codes, next_stop, extended, completes_stop
                    )
                    if end <= time:
                        continue
                    frame = (position + 3 - phase) % 3
                    count = put(
                        edges,
                        count,
                        time,
                        INTERGENIC_STATE if is_open else states + frame,
                        position,
                        INTRON_STATE + intron,
                        position,
                        columns[intron],
                        STRAND_COLUMNS * strand + frame,
                        place,
                        channel,
                        is_open,
                    )
    return edges, count


@compiled
def _gene_ends(
    span: Span, sites: Sites, tables: CompiledGrammar, edges: Rows, count: int
) -> tuple[Rows, int]:
    """Genes that go out with the three bases from a position."""
    low = span.low
    site, codes, next_stop = sites.site, sites.codes, sites.next_stop
    firsts, phases, columns = tables.intron_first, tables.intron_phase, tables.intron_column
    extended, completes_stop = tables.extended, tables.completes_stop
    channels, offsets = tables.signal_channel, tables.signal_offset
    for position in range(max(low, span.first - 3), span.high - 2):
        if not site[position] & (GENE_OUT * _BOTH):
            continue
        if count + 4 + 3 * len(phases) > len(edges):
            edges = grown(edges)
        time = position + 3
        frame = position % 3
        for strand in range(2):
            if not site[position] >> (STRAND_BITS * strand) & GENE_OUT:
                continue
            column = STRAND_COLUMNS * strand + frame
            place = position + offsets[strand, _GENE_OUT]
            channel = channels[strand, _GENE_OUT]
            source = EXON_STATE + 3 * strand + frame
            count = put(
                edges, count, time, 0, position, source, time, column, -1, place, channel, False
            )
            if strand == 1:
                seen = _frame_codons(strand, position, sites)
                edges[count - 1, OWN_SCORE] = _length_score(seen, tables)
            # Exons so short that they are no state of their own at ``position`` yet.
            shortest = time - tables.min_exon
            for begin in range(max(low + 1, shortest - 2), shortest + 1):
                if not site[begin] >> (STRAND_BITS * strand) & INTRON_OUT:
                    continue
                for intron in range(firsts[strand], firsts[strand + 1]):
                    phase = phases[intron]
                    if (begin + 3 - phase) % 3 != frame:
                        continue
                    end = exon_end(
                        strand, intron, phase, begin, codes, next_stop, extended, completes_stop
                    )
                    if end <= position:
                        continue
                    state = INTRON_STATE + intron
                    leave = columns[intron]
                    first = begin + offsets[strand, _INTRON_OUT]
                    out = channels[strand, _INTRON_OUT]
                    count = put(
                        edges, count, time, 0, begin, state, begin, leave, column, first, out, False
                    )
                    edges[count - 1, PLACE2] = place
                    edges[count - 1, CHANNEL2] = channel
    return edges, count


@compiled
def _overlaps(
    span: Span, closings: Times, sites: Sites, tables: CompiledGrammar, edges: Rows, count: int
) -> tuple[Rows, int]:
    """Genes that begin before the one at their left has ended.

    The left gene is left where the right one begins, or at its own last three bases, so that it is
    long enough before; the right gene is entered when it is long enough behind the left one's last
    three bases. In between both frames must be free of stop codons. So no base is in three genes.
    """
    low, minimum = span.low, tables.min_exon
    site, next_stop = sites.site, sites.next_stop
    channels, offsets, overlap = tables.signal_channel, tables.signal_offset, tables.overlap
    longest = overlap.shape[1] - 1
    closing = 0
    first = max(low, span.first - minimum - 2)
    for position in range(first if longest else span.high, span.high - 2):
        if not site[position] & (GENE_OUT * _BOTH):
            continue
        end, frame = position + 3, position % 3
        while closing < len(closings) and closings[closing] < end:
            closing += 1
        for begin in range(max(low + 1, end - longest), end):
            if not site[begin] & (GENE_IN * _BOTH):
                continue
            time = max(begin, position) + minimum
            is_open = closing < len(closings) and closings[closing] < time
            if is_open:
                time = closings[closing]
            if not max(span.first, begin + 3) <= time <= span.high:
                continue
            left_at = min(begin, position)
            codon = left_at - (left_at + 3 - frame) % 3
            if codon < low:
                codon += 3
            if count + 4 > len(edges):
                edges = grown(edges)
            for strand in range(2):
                if not site[position] >> (STRAND_BITS * strand) & GENE_OUT:
                    continue
                if next_stop[strand, codon] <= position:
                    continue
                for other in range(2):
                    if not site[begin] >> (STRAND_BITS * other) & GENE_IN:
                        continue
                    score = overlap[kind_of_overlap(strand, other), end - begin]
                    if score == -np.inf or next_stop[other, begin + 3] <= time:
                        continue
                    target = EXON_STATE + 3 * other + begin % 3
                    count = put(
                        edges,
                        count,
                        time,
                        INTERGENIC_STATE if is_open else target,
                        left_at,
                        EXON_STATE + 3 * strand + frame,
                        switch_of_labels(strand, other, begin, end),
                        STRAND_COLUMNS * strand + frame,
                        STRAND_COLUMNS * other + begin % 3,
                        position + offsets[strand, _GENE_OUT],
                        channels[strand, _GENE_OUT],
                        is_open,
                    )
                    edges[count - 1, PLACE2] = begin + offsets[other, _GENE_IN]
                    edges[count - 1, CHANNEL2] = channels[other, _GENE_IN]
                    own = round(score / QUANTUM)
                    if strand == 1:
                        own += _length_score(_frame_codons(strand, position, sites), tables)
                    if other == 0:
                        own += _length_score(_frame_codons(other, begin, sites), tables)
                    elif is_open:
                        own += _length_score((time - begin) // 3, tables)
                    edges[count - 1, OWN_SCORE] = own
    return edges, count


@compiled
def _cut_off(
    closings: Times,
    openings: Times,
    sites: Sites,
    tables: CompiledGrammar,
    edges: Rows,
    count: int,
) -> tuple[Rows, int]:
    """Genes that an open end cuts off in a state."""
    states = INTRON_STATE + len(tables.intron_phase)
    while count + states * (len(closings) + len(openings)) > len(edges):
        edges = grown(edges)
    for time in closings:
        for state in range(EXON_STATE, states):
            column = state_column(state, tables)
            count = put(edges, count, time, 0, time, state, time, column, -1, 0, -1, True)
            if EXON_STATE + 3 <= state < INTRON_STATE:
                last = time - 3 - (time - (state - EXON_STATE)) % 3
                seen = _frame_codons(1, last, sites)
                edges[count - 1, OWN_SCORE] = _length_score(seen, tables)
    for time in openings:
        for state in range(EXON_STATE, states):
            strand = int(state >= INTRON_STATE + tables.intron_first[1])
            intron = state - INTRON_STATE
            if intron < 0 or tables.no_stop_prefix[strand, tables.intron_phase[intron]] == intron:
                column = state_column(state, tables)
                count = put(edges, count, time, state, time, 0, time, -1, column, 0, -1, True)
                if state < EXON_STATE + 3:
                    first = time + (state - EXON_STATE + 3 - time % 3) % 3
                    seen = _frame_codons(0, first, sites)
                    edges[count - 1, OWN_SCORE] = _length_score(seen, tables)
    return edges, count
