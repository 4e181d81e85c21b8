"""How well peaks of a track mark the boundaries of an annotation.

They are judged beside as many peaks of the change in GC content, which needs no network, and beside
the same peaks shifted by a random distance, which keeps how many there are and how they are spaced.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genefinder.dna import C as CYTOSINE
from genefinder.dna import G, N
from genefinder.errors import InputError
from genefinder.interpret.novelty import Track, count_before, find_tops
from genefinder.interpret.pieces import Piece

BOUNDARIES = ("gene", "exon", "intron")
_GC_SPAN = 99
"""Bases on either side of an edge whose GC contents are compared."""
_STEPS = 30
"""Points of a precision-recall curve."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Score:
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


def trace_gc_change(piece: Piece, places: Ints) -> Track:
    """Compute the change of GC content at given edges: the baseline that needs no network."""
    codes = piece.forward.codes
    strong = count_before((codes == G) | (codes == CYTOSINE))
    known = count_before(codes != N)
    low, high = np.maximum(places - _GC_SPAN, 0), np.minimum(places + _GC_SPAN, len(codes))
    before = (strong[places] - strong[low]) / np.maximum(known[places] - known[low], 1)
    after = (strong[high] - strong[places]) / np.maximum(known[high] - known[places], 1)
    return Track(places, np.abs(after - before))


def score_peaks(
    pieces: Sequence[Piece],
    novelty: Sequence[Track],
    peaks: Sequence[Ints],
    apart: int,
    tolerance: int,
    rounds: int = 1_000,
    seed: int = 1,
) -> tuple[list[Score], list[tuple[str, str, Floats]]]:
    """Judge peaks by an annotation.

    Peaks and boundaries in masked stretches, where the annotation cannot be trusted, do not count.

    Parameters
    ----------
    pieces
        Annotated sequence.
    novelty, peaks
        The track of each piece, and its peaks.
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
        trace_gc_change(piece, track.places) for piece, track in zip(pieces, novelty, strict=True)
    ]
    ranked = {
        "novelty": _rank(pieces, novelty, apart),
        "gc_change": _rank(pieces, gc, apart),
    }
    called = _Spread(pieces, [t.places[p] for t, p in zip(novelty, peaks, strict=True)])
    chosen = called.positions
    if not len(chosen):
        raise InputError("no peak stands out: lower --deviations")
    rng = np.random.default_rng(seed)
    scores: list[Score] = []
    curves: list[tuple[str, str, Floats]] = []
    known = _boundaries(pieces)
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
                Score(boundary, method, len(given), len(truth), precision, recall, f1, float(p))
            )
            counts = np.unique(np.geomspace(10, max(11, len(order)), _STEPS).astype(int))
            points = [_agree(np.sort(order[:count]), truth, tolerance)[:2] for count in counts]
            curves.append((boundary, method, np.array(points)))
        precision, recall, f1 = drawn.mean(0).tolist()
        scores.append(
            Score(boundary, "random", len(chosen), len(truth), precision, recall, f1, float("nan"))
        )
    return scores, curves


class _Spread:
    """Positions of all pieces on one line, on which shifts go round."""

    def __init__(self, pieces: Sequence[Piece], peaks: Sequence[Ints]) -> None:
        # Only bases with a trustworthy annotation are on the line.
        self._free = [~piece.forward.masked for piece in pieces]
        self._along = [count_before(free) for free in self._free]
        self._begins = np.cumsum([0, *(int(along[-1]) for along in self._along)])
        self.total = int(self._begins[-1])
        if self.total < 2:
            raise InputError("the annotation is masked everywhere: nothing to compare with")
        self.positions = self.spread(peaks)

    def spread(self, places: Sequence[Ints]) -> Ints:
        """Put places of each piece on the line, sorted; masked ones are left out."""
        parts = []
        for number, some in enumerate(places):
            some = some[some < len(self._free[number])]
            free = some[self._free[number][some]]
            parts.append(self._begins[number] + self._along[number][free])
        return np.sort(np.concatenate(parts)).astype(np.int64)

    def shift(self, positions: Ints, by: int) -> Ints:
        """Move positions along the line, from its end to its start."""
        return np.sort((positions + by) % self.total)


def _rank(pieces: Sequence[Piece], tracks: Sequence[Track], apart: int) -> Ints:
    """Return all local maxima on the line of :class:`_Spread`, highest first."""
    line = _Spread(pieces, [np.zeros(0, dtype=np.int64) for _ in pieces])
    places, heights = [], []
    for number, (piece, track) in enumerate(zip(pieces, tracks, strict=True)):
        top = find_tops(track, apart)
        top = top[~piece.forward.masked[track.places[top]]]
        alone = [np.zeros(0, dtype=np.int64)] * len(pieces)
        alone[number] = np.sort(track.places[top])
        places.append(line.spread(alone))
        heights.append(track.values[np.sort(top)])
    order = np.argsort(-np.concatenate(heights), kind="stable")
    return np.asarray(np.concatenate(places)[order])


def _agree(peaks: Ints, truth: Ints, tolerance: int) -> tuple[float, float, float]:
    """Return precision, recall and F1 of sorted peaks."""
    precision = float((_nearest(peaks, truth) <= tolerance).mean())
    recall = float((_nearest(truth, peaks) <= tolerance).mean())
    total = precision + recall
    return precision, recall, 2 * precision * recall / total if total else 0.0


def _nearest(places: Ints, others: Ints) -> Ints:
    """Return the distance of each place to the nearest of sorted others."""
    after = np.searchsorted(others, places)
    left = np.abs(places - others[np.maximum(after - 1, 0)])
    right = np.abs(others[np.minimum(after, len(others) - 1)] - places)
    return np.asarray(np.minimum(left, right))


def _boundaries(pieces: Sequence[Piece]) -> Mapping[str, list[Ints]]:
    """Return the boundaries of each kind: the first base right of each, by piece."""
    found: dict[str, list[Ints]] = {kind: [] for kind in BOUNDARIES}
    for piece in pieces:
        exons = [
            edge for transcript in piece.transcripts for span in transcript.cds for edge in span
        ]
        introns = [
            edge
            for transcript in piece.transcripts
            for span in transcript.introns()
            for edge in span
        ]
        genes = [
            edge
            for transcript in piece.transcripts
            for edge in (transcript.cds[0][0], transcript.cds[-1][1])
        ]
        for kind, edges in zip(BOUNDARIES, (genes, exons, introns), strict=True):
            found[kind].append(np.unique(np.array(edges, dtype=np.int64) - piece.start))
    return found
