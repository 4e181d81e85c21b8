"""Novelty: how much the hidden state changes from step to step, and the boundaries it marks.

Nothing here sees an annotation. At each edge between two blocks the mean state of
the ``span`` blocks before is compared with that of the ``span`` blocks after, in both readings; the
novelty of the edge is the mean of the two Euclidean distances. Peaks of that track are called as
boundaries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from genefinder.dna import Codes, N
from genefinder.errors import InputError
from genefinder.interpret.pieces import Piece
from genefinder.interpret.windows import Tracer
from genefinder.io.output import open_output

_DEVIATION = 1.4826
"""Standard deviations of a normal distribution in a median absolute deviation."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A value at each edge between two blocks of a piece.

    Attributes
    ----------
    places
        First base of the block after each edge, in coordinates of the piece, shape ``(n,)``.
    values
        Shape ``(n,)``.
    """

    places: Ints
    values: Floats


def trace_novelty(tracer: Tracer, piece: Piece, span: int) -> Track:
    """Compute the novelty of every edge between two blocks of a piece.

    Parameters
    ----------
    tracer
        Either kind of network; its first recurrent layer is read.
    piece
        Sequence; needs no annotation.
    span
        Blocks compared on either side; 1 compares each state with the one before it.

    Returns
    -------
    Track
        Edges whose blocks hold an unknown base on either side are left out.
    """
    stride = tracer.stride
    places, values = [], []
    for window, trace in tracer.trace(piece.forward.codes):
        states = trace.recurrences[0].states.numpy().astype(np.float64)
        change = np.zeros(states.shape[1] + 1)
        for row in (states[0], states[1, ::-1]):
            means = _running_means(row, span)  # means[k] is of the blocks k to k + span
            apart = np.linalg.norm(means[span:] - means[:-span], axis=1)
            change[span : span + len(apart)] += apart / 2
        first = window.first // stride
        edges = np.arange(max(1, window.start // stride), -(-window.end // stride))
        places.append(edges * stride)
        values.append(change[edges - first])
    place, value = np.concatenate(places), np.concatenate(values)
    known = _all_known(piece.forward.codes, place, span * stride)
    return Track(place[known], value[known])


def call_peaks(tracks: Sequence[Track], apart: int, deviations: float) -> list[Ints]:
    """Call the peaks that stand out from all tracks together.

    Parameters
    ----------
    tracks
        One for each piece.
    apart
        Bases between two peaks, at least.
    deviations
        A peak is above the median by so many standard deviations (estimated from the median
        absolute deviation, which peaks do not move).

    Returns
    -------
    list of ndarray
        Indices into each track, by position.
    """
    values = np.concatenate([track.values for track in tracks])
    if not len(values):
        raise InputError("no two neighbouring blocks without unknown bases: nothing to compare")
    middle = float(np.median(values))
    threshold = middle + deviations * _DEVIATION * float(np.median(np.abs(values - middle)))
    tops = [find_tops(track, apart) for track in tracks]
    return [
        np.sort(top[track.values[top] > threshold]) for top, track in zip(tops, tracks, strict=True)
    ]


def find_tops(track: Track, apart: int) -> Ints:
    """Return the indices of a track that are the highest within ``apart`` bases, ties the first."""
    places, values = track.places, track.values
    order = np.argsort(-values, kind="stable")
    low = np.searchsorted(places, places - apart, side="right")
    high = np.searchsorted(places, places + apart, side="left")
    free = np.ones(len(places), dtype=np.bool_)
    chosen = []
    for index in order:
        if free[index]:
            chosen.append(index)
            free[low[index] : high[index]] = False
    return np.array(chosen, dtype=np.int64)


def _running_means(rows: Floats, span: int) -> Floats:
    """Return the means of ``span`` rows that begin at each row."""
    total = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0)])
    return np.asarray((total[span:] - total[:-span]) / span)


def count_before(flags: npt.NDArray[np.bool_]) -> Ints:
    """Count the true ones before each place, shape ``(n + 1,)``."""
    return np.concatenate(([0], np.cumsum(flags))).astype(np.int64)


def _all_known(codes: Codes, places: Ints, reach: int) -> npt.NDArray[np.bool_]:
    """Tell for which places no base within reach is unknown, nor beyond the ends."""
    unknown = count_before(codes == N)
    low, high = places - reach, places + reach
    inside = (low >= 0) & (high <= len(codes))
    low, high = np.clip(low, 0, len(codes)), np.clip(high, 0, len(codes))
    return np.asarray(inside & (unknown[high] == unknown[low]))


def write_tracks(
    folder: Path,
    pieces: Sequence[Piece],
    tracks: Sequence[Track],
    peaks: Sequence[Ints],
    stride: int,
) -> None:
    """Write ``novelty.bedgraph`` and ``peaks.bed``.

    Each edge has the stretch of one block around it; the score of a peak is its share of the
    highest one, from 0 to 1000 as BED has it.

    Parameters
    ----------
    folder
        Where to.
    pieces, tracks, peaks
        Track and peaks of each piece.
    stride
        Bases a block.

    Raises
    ------
    InputError
        The files cannot be written.
    """
    half = stride // 2
    order = sorted(range(len(pieces)), key=lambda one: (pieces[one].contig, pieces[one].start))
    highest = max(float(track.values.max(initial=0.0)) for track in tracks) or 1.0
    with open_output(folder / "novelty.bedgraph") as graph:
        graph.write('track type=bedGraph name="novelty"\n')
        for number in order:
            piece, track = pieces[number], tracks[number]
            starts = piece.start + np.maximum(track.places - half, 0)
            ends = piece.start + np.minimum(track.places - half + stride, len(piece))
            for start, end, value in zip(starts, ends, track.values, strict=True):
                graph.write(f"{piece.contig}\t{start}\t{end}\t{value:.5g}\n")
    with open_output(folder / "peaks.bed") as bed:
        for number in order:
            piece, track = pieces[number], tracks[number]
            for count, peak in enumerate(peaks[number].tolist(), start=1):
                start = piece.start + int(track.places[peak])
                score = round(1000 * float(track.values[peak]) / highest)
                bed.write(f"{piece.contig}\t{start}\t{start + 1}\tpeak{count}\t{score}\n")
