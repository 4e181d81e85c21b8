"""Where a sequence lets genes and introns begin and end, found once a sequence."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from genefinder.dna import Codes, N
from genefinder.grammar.compiled import GAP_CLOSE, GAP_OPEN, CompiledGrammar
from genefinder.grammar.jit import compiled

GAP = 10
"""Runs of at least so many N are gaps."""

_NEVER = 1 << 60
_ALL_FRAMES = 63
_UNKNOWN = 64


class Sites(NamedTuple):
    """What a sequence of T bases allows where; a time is a number of bases gone by, 0 to T."""

    codes: Codes
    """[T + 2] the sequence, followed by two N."""
    site: npt.NDArray[np.uint16]
    """[T + 1] bits: a gene or intron may come in at this position, a gene go out with the three
    bases from it, an intron go out before it; a gap begins or has ended at this time."""
    stop: npt.NDArray[np.uint8]
    """[T + 1] bits: the exon states (strand, frame) that end at this time; 64: by unknown bases."""
    next_stop: npt.NDArray[np.int64]
    """[2, T + 4] time at which an exon ends whose codon starts at this position."""
    codons: npt.NDArray[np.int32]
    """[2, T + 4] codons of a frame from the one at this position on, forward to its stop codon and
    on the reverse strand back to it; empty where the grammar has no scores of lengths."""


@compiled
def find_sites(codes: Codes, tables: CompiledGrammar) -> Sites:
    """Find the sites of a sequence.

    Parameters
    ----------
    codes
        Sequence, shape ``(T,)``.
    tables
        The compiled grammar.
    """
    length = len(codes)
    padded = np.full(length + 2, N, dtype=np.uint8)
    padded[:length] = codes
    site = np.zeros(length + 1, dtype=np.uint16)
    stop = np.zeros(length + 1, dtype=np.uint8)
    next_stop = np.full((2, length + 4), _NEVER, dtype=np.int64)
    gap = np.zeros(length + 1, dtype=np.bool_)
    run = 0
    for i in range(length + 1):
        if i < length and codes[i] == N:
            run += 1
            continue
        if run >= GAP:
            gap[i - run : i] = True
            site[i - run] |= np.uint16(GAP_CLOSE)
            site[i] |= np.uint16(GAP_OPEN)
        run = 0
    for i in range(length - 1):
        pair = padded[i] * 5 + padded[i + 1]
        site[i] |= tables.pair_in[pair]
        site[i + 2] |= tables.pair_out[pair]
    for i in range(length - 2):
        word = padded[i] * 25 + padded[i + 1] * 5 + padded[i + 2]
        site[i] |= tables.triplet[word]
        if not (gap[i] or gap[i + 2]):
            for strand in range(2):
                if tables.stop[strand, word]:
                    stop[i + 3] |= np.uint8(1 << (3 * strand + i % 3))
    for i in range(1, length):
        if padded[i] == N and padded[i - 1] == N:
            stop[i + 1] |= np.uint8(_ALL_FRAMES | _UNKNOWN)
    for i in range(length - 1, -1, -1):
        for strand in range(2):
            next_stop[strand, i] = next_stop[strand, i + 3]
            for time in range(min(i + 3, length), i, -1):
                ended = stop[time] & _UNKNOWN
                if time == i + 3:
                    ended |= stop[time] & (1 << (3 * strand + i % 3))
                if ended:
                    next_stop[strand, i] = time
    return Sites(padded, site, stop, next_stop, _codons(next_stop, stop, tables))


@compiled
def _codons(
    next_stop: npt.NDArray[np.int64], stop: npt.NDArray[np.uint8], tables: CompiledGrammar
) -> npt.NDArray[np.int32]:
    """Count the codons of frames; see :class:`Sites`."""
    length = len(stop) - 1
    if not len(tables.length):
        return np.zeros((2, 0), dtype=np.int32)
    codons = np.zeros((2, length + 4), dtype=np.int32)
    for i in range(length - 2):
        codons[0, i] = (min(next_stop[0, i], length) - i) // 3
        if (stop[i + 1] | stop[i + 2] | stop[i + 3]) & _UNKNOWN:
            continue
        is_stop = stop[i + 3] & (1 << (3 + i % 3))
        codons[1, i] = 1 if is_stop or i < 3 else codons[1, i - 3] + 1
    return codons


@compiled
def closed_frames(time: int, low: int, stop: npt.NDArray[np.uint8]) -> int:
    """Return the exon states, as bits, that end at a time, of a sequence that begins at ``low``."""
    bits = int(stop[time])
    if time < low + 3 and not bits & _UNKNOWN:
        return 0
    return bits & _ALL_FRAMES if time > low + 1 else 0


@compiled
def exon_end(
    strand: int,
    intron: int,
    phase: int,
    position: int,
    codes: Codes,
    next_stop: npt.NDArray[np.int64],
    extended: npt.NDArray[np.int64],
    completes_stop: npt.NDArray[np.bool_],
) -> int:
    """Return the time at which an exon at ``position`` after this intron meets a stop codon."""
    if phase == 0:
        return int(next_stop[strand, position])
    if phase == 1:
        first, second = codes[position], codes[position + 1]
        if (first == N and second == N) or completes_stop[extended[intron, first], second]:
            return position + 2
        return int(next_stop[strand, position + 2])
    if completes_stop[intron, codes[position]]:
        return position + 1
    return int(next_stop[strand, position + 1])


@compiled
def intron_after(
    strand: int,
    phase: int,
    position: int,
    low: int,
    codes: Codes,
    site: npt.NDArray[np.uint16],
    no_stop_prefix: npt.NDArray[np.int64],
    after_one: npt.NDArray[np.int64],
    after_two: npt.NDArray[np.int64],
) -> int:
    """Return the intron of this phase that comes in at ``position``.

    A codon cut off by the open end at ``low`` or by a gap makes no stop codon, whatever its bases.
    """
    begin = position - phase
    if phase == 0 or begin < low:
        return int(no_stop_prefix[strand, phase])
    for time in range(begin + 1, position + 1):
        if site[time] & GAP_OPEN:
            return int(no_stop_prefix[strand, phase])
    if phase == 1:
        return int(after_one[strand, codes[begin]])
    return int(after_two[strand, codes[begin], codes[begin + 1]])
