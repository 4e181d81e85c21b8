"""The words of the bases around places: what can be known of them without any network."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from genefinder.dna import Codes, N
from genefinder.interpret.pieces import Piece

_RECENT, _SPANS = 12, (99, 999)
"""Bases given one by one, and the spans whose words of three are counted by frame."""
_WORDS = 4**3

Features = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


def words_around(
    pieces: Sequence[Piece], numbers: Ints, sides: Ints, places: Ints
) -> dict[tuple[str, str], Features]:
    """Describe both sides of bases by their words.

    Parameters
    ----------
    pieces
        The sequence.
    numbers, sides, places
        Piece, reading (0 forward, 1 reverse) and forward coordinate of each base, shape ``(n,)``.

    Returns
    -------
    dict
        By kind and view, shape ``(n, features)``. ``frames`` counts words by frame (see
        :func:`count_words`), ``words`` whatever their frame. The views are what precedes a base in
        its reading (``forward``), what follows it (``backward``), and ``both``.
    """
    width = 4 * _RECENT + 3 * _WORDS * len(_SPANS)
    before, after = np.zeros((2, len(places), width), np.float32)
    for number, piece in enumerate(pieces):
        readings = [reading.codes for reading in piece.readings()]
        for side in (0, 1):
            rows = np.flatnonzero((numbers == number) & (sides == side))
            forward = places[rows]
            own, other = (forward, len(piece) - 1 - forward)[:: -1 if side else 1]
            before[rows] = count_words(readings[side], own)
            after[rows] = count_words(readings[1 - side], other)
    views = {"forward": before, "backward": after, "both": np.concatenate([before, after], 1)}
    joined = {"forward": _join_frames(before), "backward": _join_frames(after)}
    joined["both"] = np.concatenate([joined["forward"], joined["backward"]], 1)
    return {
        **{("words", view): part for view, part in joined.items()},
        **{("frames", view): part for view, part in views.items()},
    }


def _join_frames(counted: Features) -> Features:
    """Sum the shares of words over the three frames; the last bases stay as they are."""
    recent, shares = np.split(counted, [4 * _RECENT], 1)
    summed = shares.reshape(len(shares), len(_SPANS), 3, _WORDS).sum(2)
    return np.concatenate([recent, summed.reshape(len(shares), _WORDS * len(_SPANS))], 1)


def count_words(codes: Codes, places: Ints) -> Features:
    """Describe what precedes bases by its words.

    Parameters
    ----------
    codes
        One reading, shape ``(T,)``.
    places
        Bases, shape ``(n,)``.

    Returns
    -------
    ndarray
        ``(n, 48 + 2 * 192)``: the last 12 bases one by one (zero before the start and at N); then,
        for the last 99 and the last 999 bases, the shares of the words of three that end at the
        base, one before it, two before it, and every third base from there.
    """
    deepest = max(_SPANS) + 2
    padded = np.concatenate([np.full(deepest, N, dtype=np.int64), codes])
    here = places + deepest
    recent = padded[here[:, None] - np.arange(_RECENT)]
    parts = [
        (recent[:, :, None] == np.arange(N)).reshape(len(places), 4 * _RECENT).astype(np.float32)
    ]
    words = np.full(len(padded), _WORDS)
    first, second, third = padded[:-2], padded[1:-1], padded[2:]
    inside = (first < N) & (second < N) & (third < N)
    words[2:][inside] = (16 * first + 4 * second + third)[inside]
    for span in _SPANS:
        counts = np.zeros((len(places), 3, _WORDS + 1), np.float32)
        rows = np.arange(len(places))
        for back in range(span):
            # No two of the same call fall on one cell, so the sum needs no care.
            counts[rows, back % 3, words[here - back]] += 1
        parts.append(counts[:, :, :_WORDS].reshape(len(places), 3 * _WORDS) / span)
    return np.concatenate(parts, 1)
