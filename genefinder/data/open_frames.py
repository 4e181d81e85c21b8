"""Open reading frames that are longer than chance makes them, and the first tables from them.

A frame is open from after one stop codon to before the next. In sequence without genes its length
is geometric, with the chance of a stop codon at the local base composition, so it can be told how
many long ones chance alone gives.

They give the words of coding sequence for a genome of which nothing is known but its sequence, and
sites look as in nearly every eukaryote. Donors follow the consensus AG|GTRAGT and acceptors a
pyrimidine tract and YAG|G (Mount 1982, doi:10.1093/nar/10.2.459; Shapiro and Senapathy 1987,
doi:10.1093/nar/15.17.7155), starts have a purine three bases before them (Kozak 1987,
doi:10.1093/nar/15.20.8125). The shares below are those of such tables in round numbers. They are
halved towards even shares, because lineages differ: these are good enough to find the first
introns, from which the lineage's own are counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from genefinder.data.counts import (
    CountedTables,
    LabelledContig,
    TableShape,
    count_tables,
    penalize_intron_length,
)
from genefinder.dna import Codes, N, encode, reverse_complement
from genefinder.errors import InputError
from genefinder.grammar import Grammar
from genefinder.grammar.labels import CODON, EXON

_WINDOW = 10_000
"""Bases over which the composition counts as even."""
_BY_CHANCE = 0.05
"""Share of the chosen frames that chance may have opened."""
_LOW_CONFIDENCE = 0.5
"""Frames so long that chance opens this share of them are no background either."""
_FEWEST = 10
"""Frames that there must be, at least; fewer are an accident."""
_LONGEST = 2_000
"""Codons; nobody needs to ask for longer frames than this."""
_REVERSE = 7 + EXON
_FORWARD = 1 + EXON

Frames = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class FrameLengths:
    """From how many codons on frames are believed.

    Attributes
    ----------
    coding
        Longer frames are coding, but for one in twenty.
    low_confidence
        Of longer frames every second one is.
    run_on
        Codons by which a frame outruns its coding sequence, on average: the mean length by chance.
    """

    coding: int
    low_confidence: int
    run_on: int


def open_frames(codes: Codes, stops: Sequence[str]) -> Frames:
    """Find the open reading frames of one strand.

    Parameters
    ----------
    codes
        The strand in its own direction, shape ``(T,)``.
    stops
        Stop codons.

    Returns
    -------
    Frames
        Shape ``(n, 2)``: start and end of each frame of a codon or more, without the stop codons;
        unknown bases end frames too.
    """
    closes = np.zeros((5, 5, 5), dtype=np.bool_)
    closes[N] = closes[:, N] = closes[:, :, N] = True
    for stop in stops:
        closes[tuple(encode(stop).tolist())] = True
    closing = closes.ravel()
    frames = []
    for offset in range(CODON):
        whole = (len(codes) - offset) // CODON
        if whole <= 0:
            continue
        first, second, third = (
            codes[offset + place : offset + CODON * whole : CODON] for place in range(CODON)
        )
        # A byte holds the numbers of all 125 codons.
        codons = first * np.uint8(25) + second * np.uint8(5) + third
        broken = closing[codons]
        edges = np.concatenate(([-1], np.flatnonzero(broken), [whole]))
        pairs = np.stack((edges[:-1] + 1, edges[1:]), axis=1)
        frames.append(offset + CODON * pairs[pairs[:, 0] < pairs[:, 1]])
    return np.concatenate(frames) if frames else np.empty((0, 2), dtype=np.int64)


def frame_lengths(sequences: Iterable[Codes], grammar: Grammar) -> FrameLengths:
    """Find out which lengths chance does not explain.

    Parameters
    ----------
    sequences
        The genome or a sample of it.
    grammar
        Has the stop codons.

    Raises
    ------
    InputError
        If no length has enough more frames than chance gives: there are no genes, or too few.
    """
    stops = grammar.stops
    lengths = np.arange(_LONGEST + 1)
    observed = np.zeros(_LONGEST + 1)
    expected = np.zeros(_LONGEST + 1)
    closings = bases = 0.0
    for codes in sequences:
        for reading in (codes, reverse_complement(codes)):
            frames = open_frames(reading, stops)
            codons = np.minimum((frames[:, 1] - frames[:, 0]) // CODON, _LONGEST)
            observed += np.bincount(codons, minlength=_LONGEST + 1)
            for start in range(0, len(reading), _WINDOW):
                counts = np.bincount(reading[start : start + _WINDOW], minlength=5)[:N]
                known = int(counts.sum())
                chance = _stop_chance(counts / max(known, 1), stops)
                expected += known * chance * (1 - chance) ** lengths
                closings += known * chance
                bases += known
    found = np.cumsum(observed[::-1])[::-1]
    believed = np.flatnonzero((found >= _FEWEST) & (expected <= _BY_CHANCE * found))
    if not len(believed):
        raise InputError(
            "the genome has no more long open reading frames than chance gives, so there is "
            "nothing to begin with; give more sequence, or check the genetic code"
        )
    return FrameLengths(
        coding=int(believed[0]),
        low_confidence=int(np.flatnonzero(expected <= _LOW_CONFIDENCE * found)[0]),
        run_on=int(bases / max(closings, 1.0)),
    )


def label_frames(codes: Codes, lengths: FrameLengths, grammar: Grammar) -> LabelledContig:
    """Label the longest frames that do not overlap as coding, and the rest as background.

    Where real frames overlap, which they do where few codons are stops, the longer one is nearly
    always the coding one. What a frame has run on by chance, at either end, is masked, and so are
    frames of a length in between. The stop codon counts as coding, for it belongs to the gene:
    otherwise it would look as if no coding sequence held one, and genes would never end.

    Parameters
    ----------
    codes
        A contig, or a part of one.
    lengths
        Of :func:`frame_lengths`.
    grammar
        Has the stop codons.
    """
    size = len(codes)
    labels = np.zeros(size, dtype=np.uint8)
    masked = np.zeros(size, dtype=np.bool_)
    stops = grammar.stops
    candidates: list[tuple[int, int, int, int]] = []
    for strand, reading in enumerate((codes, reverse_complement(codes))):
        frames = open_frames(reading, stops)
        codons = (frames[:, 1] - frames[:, 0]) // CODON
        for start, end in frames[codons >= lengths.low_confidence].tolist():
            low, high = (size - end, size - start) if strand else (start, end)
            candidates.append((end - start, strand, low, high))
            masked[low:high] = True
    trim = CODON * lengths.run_on
    taken = np.zeros(size, dtype=np.bool_)
    for length, strand, low, high in sorted(
        candidates, key=lambda candidate: (-candidate[0], *candidate[1:])
    ):
        if length < CODON * lengths.coding or taken[low:high].any():
            continue
        taken[low:high] = True
        stop = (low - CODON, low) if strand else (high, high + CODON)
        if stop[0] < 0 or stop[1] > size or (codes[slice(*stop)] == N).any():
            stop = (low, low)
        for inner in (np.arange(low + trim, high - trim), np.arange(*stop)):
            place = (high - 1 - inner if strand else inner - low) % CODON
            labels[inner] = (_REVERSE if strand else _FORWARD) + place
            masked[inner] = False
    nothing = np.empty(0, dtype=np.int64)
    return LabelledContig(codes, labels, nothing, nothing.astype(np.uint8), masked)


def _stop_chance(shares: npt.NDArray[np.float64], stops: Sequence[str]) -> float:
    """Return the chance of a stop codon where bases follow each other at random."""
    return float(sum(np.prod(shares[encode(stop)]) for stop in stops))


_Shares = dict[int, tuple[float, float, float, float]]

_START: _Shares = {-3: (0.52, 0.10, 0.30, 0.08), 3: (0.24, 0.16, 0.42, 0.18)}
_DONOR: _Shares = {
    -2: (0.60, 0.13, 0.13, 0.14),
    -1: (0.10, 0.04, 0.78, 0.08),
    2: (0.57, 0.03, 0.36, 0.04),
    3: (0.70, 0.08, 0.12, 0.10),
    4: (0.07, 0.06, 0.80, 0.07),
    5: (0.17, 0.16, 0.18, 0.49),
}
_ACCEPTOR: _Shares = {
    **dict.fromkeys(range(-15, -4), (0.14, 0.28, 0.12, 0.46)),
    -2: (0.06, 0.60, 0.01, 0.33),
    1: (0.25, 0.14, 0.48, 0.13),
}
_LOG_PRIORS = (-4.0, -2.0, -6.0, -5.0)
"""Of start, stop, donor, acceptor: about one candidate in ten, one, one in fifty, one in twenty,
each with the same penalty as counted ones."""
_TRUST = 0.5
"""Weight of the shares against even ones."""


def first_tables(sequences: Sequence[Codes], grammar: Grammar, shape: TableShape) -> CountedTables:
    """Make tables of long open reading frames and of what sites look like in most eukaryotes.

    Parameters
    ----------
    sequences
        The genome or a sample of it.
    grammar
        Has the stop codons.
    shape
        Of the tables.

    Raises
    ------
    InputError
        If there are no more long open reading frames than chance gives.
    """
    lengths = frame_lengths(sequences, grammar)
    counted = count_tables(
        (label_frames(codes, lengths, grammar) for codes in sequences), grammar, shape
    )
    if not grammar.spliced:
        return unspliced_tables(counted)
    return penalize_intron_length(universal_tables(counted, shape.before))


def unspliced_tables(coding: CountedTables) -> CountedTables:
    """Return the tables to begin with where genes have no introns, and nothing is known of sites.

    Parameters
    ----------
    coding
        Tables counted on open reading frames: only the words of coding states are used.
    """
    words = coding.words.copy()
    words[:, 3] = 0.0
    bias = np.array(_LOG_PRIORS, dtype=np.float32)
    weights = np.zeros_like(coding.weights)
    return replace(coding, words=words, weights=weights, bias=bias, motifs=None)


def universal_tables(coding: CountedTables, before: int) -> CountedTables:
    """Return the tables to begin with where only coding sequence was counted.

    Introns score as background does (as in GeneMark-ES; Lomsadze et al. 2005,
    doi:10.1093/nar/gki937), and sites as in most eukaryotes.

    Parameters
    ----------
    coding
        Tables counted on open reading frames: only the words of coding states are used.
    before
        Bases before a site that its weights span.
    """
    words = coding.words.copy()
    words[:, 3] = 0.0
    weights = np.zeros_like(coding.weights)
    for signal, shares in ((0, _START), (2, _DONOR), (3, _ACCEPTOR)):
        for offset, share in shares.items():
            if 0 <= before + offset < weights.shape[3]:
                weights[signal, :, :, before + offset] = _log_odds(share)
    return replace(
        coding, words=words, weights=weights, bias=np.array(_LOG_PRIORS, dtype=np.float32)
    )


def _log_odds(share: tuple[float, float, float, float]) -> npt.NDArray[np.float32]:
    """Return log-odds against even shares, of shares halved towards them."""
    flattened = _TRUST * np.array(share) + (1 - _TRUST) * 0.25
    return np.log(flattened / 0.25).astype(np.float32)
