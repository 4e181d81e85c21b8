"""Novelty: how much the hidden state changes from step to step, and the boundaries it marks.

Nothing here sees an annotation. At each edge between two blocks the mean state of
the ``span`` blocks before is compared with that of the ``span`` blocks after, in both readings; the
novelty of the edge is the mean of the two Euclidean distances. Peaks of that track are called as
boundaries.

With an annotation, the peaks are compared with its boundaries, beside as many peaks of the change
in GC content, which needs no network, and beside the same peaks shifted by a random distance, which
keeps how many there are and how they are spaced.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from genefinder.dna import C as CYTOSINE
from genefinder.dna import Codes, G, N
from genefinder.errors import InputError
from genefinder.interpret.activations import Tracer
from genefinder.interpret.sequence import AnnotatedSequence, count_before, distance_to_nearest
from genefinder.io.output import open_output
from genefinder.io.tsv import write_tsv

BOUNDARIES = ("gene", "exon", "intron")
_DEVIATION = 1.4826
"""Standard deviations of a normal distribution in a median absolute deviation."""
_GC_SPAN = 99
"""Bases on either side of an edge whose GC contents are compared."""
_STEPS = 30
"""Points of a precision-recall curve."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """A value at each edge between two blocks of a sequence.

    Attributes
    ----------
    positions
        First base of the block after each edge, in coordinates of the sequence, shape ``(n,)``.
    values
        Shape ``(n,)``.
    """

    positions: Ints
    values: Floats


def trace_novelty(tracer: Tracer, sequence: AnnotatedSequence, span: int) -> Track:
    """Compute the novelty of every edge between two blocks of a sequence.

    Parameters
    ----------
    tracer
        Either kind of network; its first recurrent layer is read.
    sequence
        Sequence; needs no annotation.
    span
        Blocks compared on either side; 1 compares each state with the one before it.

    Returns
    -------
    Track
        Edges whose blocks hold an unknown base on either side are left out.
    """
    stride = tracer.stride
    positions, values = [], []
    for window, activations in tracer.trace(sequence.codes):
        states = activations.recurrences[0].states.numpy().astype(np.float64)
        change = np.zeros(states.shape[1] + 1)
        for row in (states[0], states[1, ::-1]):
            means = _running_means(row, span)  # means[k] is of the blocks k to k + span
            apart = np.linalg.norm(means[span:] - means[:-span], axis=1)
            change[span : span + len(apart)] += apart / 2
        first = window.first // stride
        edges = np.arange(max(1, window.start // stride), -(-window.end // stride))
        positions.append(edges * stride)
        values.append(change[edges - first])
    position, value = np.concatenate(positions), np.concatenate(values)
    known = _all_known(sequence.codes, position, span * stride)
    return Track(position[known], value[known])


def call_peaks(tracks: Sequence[Track], apart: int, deviations: float) -> list[Ints]:
    """Call the peaks that stand out from all tracks together.

    Parameters
    ----------
    tracks
        One for each sequence.
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
    positions, values = track.positions, track.values
    order = np.argsort(-values, kind="stable")
    low = np.searchsorted(positions, positions - apart, side="right")
    high = np.searchsorted(positions, positions + apart, side="left")
    free = np.ones(len(positions), dtype=np.bool_)
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


def _all_known(codes: Codes, positions: Ints, reach: int) -> npt.NDArray[np.bool_]:
    """Tell for which positions no base within reach is unknown, nor beyond the ends."""
    unknown = count_before(codes == N)
    low, high = positions - reach, positions + reach
    inside = (low >= 0) & (high <= len(codes))
    low, high = np.clip(low, 0, len(codes)), np.clip(high, 0, len(codes))
    return np.asarray(inside & (unknown[high] == unknown[low]))


@dataclass(frozen=True, slots=True)
class PeakScore:
    """How well peaks mark boundaries of one kind.

    Attributes
    ----------
    boundary
        ``gene`` (start and stop), ``exon`` (any edge of a coding exon) or ``intron`` (donor and
        acceptor).
    method
        ``novelty``, ``gc_change`` or ``random``.
    peaks, boundaries
        How many.
    precision, recall, f1
        Share of peaks within the tolerance of a boundary, share of boundaries within the tolerance
        of a peak, and their harmonic mean. Of ``random``, means over the shifts.
    p
        Share of random shifts whose F1 is as high (one added to both counts); NaN for random.
    """

    boundary: str
    method: str
    peaks: int
    boundaries: int
    precision: float
    recall: float
    f1: float
    p: float


def trace_gc_change(sequence: AnnotatedSequence, positions: Ints) -> Track:
    """Compute the change of GC content at given edges: the baseline that needs no network."""
    codes = sequence.codes
    strong = count_before((codes == G) | (codes == CYTOSINE))
    known = count_before(codes != N)
    low, high = np.maximum(positions - _GC_SPAN, 0), np.minimum(positions + _GC_SPAN, len(codes))
    before = (strong[positions] - strong[low]) / np.maximum(known[positions] - known[low], 1)
    after = (strong[high] - strong[positions]) / np.maximum(known[high] - known[positions], 1)
    return Track(positions, np.abs(after - before))


def score_peaks(
    sequences: Sequence[AnnotatedSequence],
    novelty: Sequence[Track],
    peaks: Sequence[Ints],
    apart: int,
    tolerance: int,
    rounds: int = 1_000,
    seed: int = 1,
) -> tuple[list[PeakScore], list[tuple[str, str, Floats]]]:
    """Compare peaks with the boundaries of an annotation.

    Peaks and boundaries in masked regions, where the annotation cannot be trusted, do not count.

    Parameters
    ----------
    sequences
        Annotated sequence.
    novelty, peaks
        The track of each sequence, and its peaks.
    apart
        Bases between two peaks, at least; for the peaks of GC change.
    tolerance
        Bases between a peak and a boundary that it marks, at most.
    rounds
        Random shifts.
    seed
        Of these.

    Returns
    -------
    tuple
        Scores; and curves: boundary, method, and precision and recall at falling thresholds,
        shape ``(n, 2)``.

    Raises
    ------
    InputError
        If there is no boundary or no peak to compare.
    """
    gc = [
        trace_gc_change(sequence, track.positions)
        for sequence, track in zip(sequences, novelty, strict=True)
    ]
    ranked = {
        "novelty": _rank(sequences, novelty, apart),
        "gc_change": _rank(sequences, gc, apart),
    }
    called = _Spread(sequences, [t.positions[p] for t, p in zip(novelty, peaks, strict=True)])
    chosen = called.positions
    if not len(chosen):
        raise InputError("no peak stands out: lower --deviations")
    rng = np.random.default_rng(seed)
    scores: list[PeakScore] = []
    curves: list[tuple[str, str, Floats]] = []
    known = _boundaries(sequences)
    for boundary in BOUNDARIES:
        truth = called.spread(known[boundary])
        if not len(truth):
            raise InputError(f"the annotation has no {boundary} boundary in this sequence")
        shifts = rng.integers(1, called.total, rounds)
        drawn = np.array(
            [_agree(called.shift(chosen, int(shift)), truth, tolerance) for shift in shifts]
        )
        for method, order in ranked.items():
            given = chosen if method == "novelty" else np.sort(order[: len(chosen)])
            precision, recall, f1 = _agree(given, truth, tolerance)
            p = (1 + (drawn[:, 2] >= f1).sum()) / (rounds + 1)
            scores.append(
                PeakScore(boundary, method, len(given), len(truth), precision, recall, f1, float(p))
            )
            counts = np.unique(np.geomspace(10, max(11, len(order)), _STEPS).astype(int))
            points = [_agree(np.sort(order[:count]), truth, tolerance)[:2] for count in counts]
            curves.append((boundary, method, np.array(points)))
        precision, recall, f1 = drawn.mean(0).tolist()
        scores.append(
            PeakScore(
                boundary, "random", len(chosen), len(truth), precision, recall, f1, float("nan")
            )
        )
    return scores, curves


class _Spread:
    """Positions of all sequences on one line, on which shifts go round."""

    def __init__(self, sequences: Sequence[AnnotatedSequence], peaks: Sequence[Ints]) -> None:
        # Only bases with a trustworthy annotation are on the line.
        self._free = [~sequence.masked for sequence in sequences]
        self._along = [count_before(free) for free in self._free]
        self._begins = np.cumsum([0, *(int(along[-1]) for along in self._along)])
        self.total = int(self._begins[-1])
        if self.total < 2:
            raise InputError("the annotation is masked everywhere: nothing to compare with")
        self.positions = self.spread(peaks)

    def spread(self, positions: Sequence[Ints]) -> Ints:
        """Put positions of each sequence on the line, sorted; masked ones are left out."""
        parts = []
        for number, inside in enumerate(positions):
            inside = inside[inside < len(self._free[number])]
            free = inside[self._free[number][inside]]
            parts.append(self._begins[number] + self._along[number][free])
        return np.sort(np.concatenate(parts)).astype(np.int64)

    def shift(self, positions: Ints, by: int) -> Ints:
        """Move positions along the line, from its end to its start."""
        return np.sort((positions + by) % self.total)


def _rank(sequences: Sequence[AnnotatedSequence], tracks: Sequence[Track], apart: int) -> Ints:
    """Return all local maxima on the line of :class:`_Spread`, highest first."""
    line = _Spread(sequences, [np.zeros(0, dtype=np.int64) for _ in sequences])
    positions, heights = [], []
    for number, (sequence, track) in enumerate(zip(sequences, tracks, strict=True)):
        top = find_tops(track, apart)
        top = top[~sequence.masked[track.positions[top]]]
        alone = [np.zeros(0, dtype=np.int64)] * len(sequences)
        alone[number] = np.sort(track.positions[top])
        positions.append(line.spread(alone))
        heights.append(track.values[np.sort(top)])
    order = np.argsort(-np.concatenate(heights), kind="stable")
    return np.asarray(np.concatenate(positions)[order])


def _agree(peaks: Ints, truth: Ints, tolerance: int) -> tuple[float, float, float]:
    """Return precision, recall and F1 of sorted peaks."""
    precision = float((distance_to_nearest(peaks, truth) <= tolerance).mean())
    recall = float((distance_to_nearest(truth, peaks) <= tolerance).mean())
    total = precision + recall
    return precision, recall, 2 * precision * recall / total if total else 0.0


def _boundaries(sequences: Sequence[AnnotatedSequence]) -> Mapping[str, list[Ints]]:
    """Return the boundaries of each kind: the first base right of each, by sequence."""
    found: dict[str, list[Ints]] = {kind: [] for kind in BOUNDARIES}
    for sequence in sequences:
        exons = [
            edge for transcript in sequence.transcripts for span in transcript.cds for edge in span
        ]
        introns = [
            edge
            for transcript in sequence.transcripts
            for span in transcript.introns()
            for edge in span
        ]
        genes = [
            edge
            for transcript in sequence.transcripts
            for edge in (transcript.cds[0][0], transcript.cds[-1][1])
        ]
        for kind, edges in zip(BOUNDARIES, (genes, exons, introns), strict=True):
            found[kind].append(np.unique(np.array(edges, dtype=np.int64) - sequence.start))
    return found


def write_tracks(
    folder: Path,
    sequences: Sequence[AnnotatedSequence],
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
    sequences, tracks, peaks
        Track and peaks of each sequence.
    stride
        Bases a block.

    Raises
    ------
    InputError
        The files cannot be written.
    """
    half = stride // 2
    order = sorted(
        range(len(sequences)),
        key=lambda number: (sequences[number].contig, sequences[number].start),
    )
    highest = max(float(track.values.max(initial=0.0)) for track in tracks) or 1.0
    with open_output(folder / "novelty.bedgraph") as graph:
        graph.write('track type=bedGraph name="novelty"\n')
        for number in order:
            sequence, track = sequences[number], tracks[number]
            starts = sequence.start + np.maximum(track.positions - half, 0)
            ends = sequence.start + np.minimum(track.positions - half + stride, len(sequence))
            for start, end, value in zip(starts, ends, track.values, strict=True):
                graph.write(f"{sequence.contig}\t{start}\t{end}\t{value:.5g}\n")
    with open_output(folder / "peaks.bed") as bed:
        for number in order:
            sequence, track = sequences[number], tracks[number]
            for count, peak in enumerate(peaks[number].tolist(), start=1):
                start = sequence.start + int(track.positions[peak])
                score = round(1000 * float(track.values[peak]) / highest)
                bed.write(f"{sequence.contig}\t{start}\t{start + 1}\tpeak{count}\t{score}\n")


SCORES = ("boundary", "method", "peaks", "boundaries", "precision", "recall", "f1", "p")
"""Columns of ``scores.tsv``, each an attribute of :class:`PeakScore`."""


def write_scores(
    folder: Path, scores: Sequence[PeakScore], curves: Sequence[tuple[str, str, Floats]]
) -> None:
    """Write ``scores.tsv`` and ``curves.tsv``, what :func:`score_peaks` returns.

    Raises
    ------
    InputError
        The files cannot be written.
    """
    write_tsv(
        folder / "scores.tsv",
        SCORES,
        ([getattr(score, name) for name in SCORES] for score in scores),
    )
    write_tsv(
        folder / "curves.tsv",
        ("boundary", "method", "precision", "recall"),
        (
            (boundary, method, float(precision), float(recall))
            for boundary, method, points in curves
            for precision, recall in points
        ),
    )
