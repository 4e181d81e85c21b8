"""Features of sampled bases that probes read: states of networks, and words of the sequence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from genefinder.dna import Codes, N
from genefinder.interpret.activations import Tracer
from genefinder.interpret.properties import GC_SPAN, look_up
from genefinder.interpret.sequence import AnnotatedSequence
from genefinder.network.layers import mirror

FOLDS = 5
BLOCK = 5_000
"""Bases that are drawn together when the uncertainty of a score is estimated."""
_RECENT = 12
"""Bases that are given one by one."""
SPANS = (99, 999)
"""Bases whose words of three are counted by frame."""
_WORDS = 4**3

Features = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class SampledBases:
    """Bases of all sequences, reading by reading, and their properties.

    Attributes
    ----------
    sequences, sides, positions
        Sequence, reading (0 forward, 1 reverse) and forward coordinate of each: ``(n,)``.
    folds, blocks
        Part of the sequence that is held out together, and block that is resampled, ``(n,)``.
    usable
        Far enough from the ends of its fold: ``(n,)``.
    subsets, values
        As in :class:`genefinder.interpret.properties.Answers`.
    """

    sequences: Ints
    sides: Ints
    positions: Ints
    folds: Ints
    blocks: Ints
    usable: npt.NDArray[np.bool_]
    subsets: dict[str, npt.NDArray[np.bool_]]
    values: dict[str, Floats]


def sample_bases(
    sequences: Sequence[AnnotatedSequence], stride: int, step: int, genetic_code: int
) -> SampledBases:
    """Sample the last bases of blocks, in both readings, and look their properties up.

    Parameters
    ----------
    sequences
        Annotated sequence.
    stride
        Bases a block.
    step
        Every how many blocks a base is sampled.
    genetic_code
        NCBI translation table.
    """
    total = sum(len(sequence) for sequence in sequences)
    fold_length = -(-total // FOLDS)
    rows: list[Ints] = []
    answers = []
    begin = 0
    for number, sequence in enumerate(sequences):
        whole = len(sequence) // stride * stride
        for side in (0, 1):
            # In the reverse reading a block's last base is its first one of the forward strand.
            forward = np.arange(0 if side else stride - 1, whole, stride * step)
            along = begin + forward
            rows.append(
                np.stack([np.full_like(along, number), np.full_like(along, side), forward, along])
            )
            positions = len(sequence) - 1 - forward if side else forward
            answers.append(look_up(sequence, side, positions, genetic_code))
        begin += len(sequence)
    numbers, sides, forward, along = np.concatenate(rows, 1)
    into = along % fold_length
    # What lies before or after a cut must not be known on its other side through the context.
    usable = (into >= GC_SPAN) & (into < fold_length - GC_SPAN)
    return SampledBases(
        numbers,
        sides,
        forward,
        along // fold_length,
        along // BLOCK,
        usable,
        {
            name: np.concatenate([answer.subsets[name] for answer in answers])
            for name in answers[0].subsets
        },
        {
            name: np.concatenate([answer.values[name] for answer in answers])
            for name in answers[0].values
        },
    )


def collect_features(
    tracer: Tracer,
    untrained: Tracer,
    sequences: Sequence[AnnotatedSequence],
    sampled: SampledBases,
    spans: Sequence[int] = SPANS,
) -> dict[tuple[str, str], Features]:
    """Return all features of sampled bases, ``(n, features)`` by kind and view.

    Parameters
    ----------
    tracer, untrained, sequences
        The network, one of the same shape with random weights, and annotated sequence.
    sampled
        The bases.
    spans
        As for :func:`count_words`.
    """
    return {
        **{("network", view): part for view, part in states(tracer, sequences, sampled).items()},
        **{
            ("untrained", view): part
            for view, part in states(untrained, sequences, sampled).items()
        },
        **words_around(sequences, sampled.sequences, sampled.sides, sampled.positions, spans),
    }


def states(
    tracer: Tracer, sequences: Sequence[AnnotatedSequence], sampled: SampledBases
) -> dict[str, Features]:
    """Return what a network holds at the sampled bases, ``(n, features)`` for each view."""
    stride = tracer.stride
    views: dict[str, Features] = {}
    for number, sequence in enumerate(sequences):
        for window, activations in tracer.trace(sequence.codes):
            upstream, downstream = activations.features(stride)
            parts = {
                "forward": upstream,
                "backward": downstream,
                "both": torch.cat([upstream, downstream], 2),
            }
            if len(activations.recurrences) > 1:
                own = activations.recurrences[-1].states
                parts["joint"] = torch.cat([own[:, :-1], mirror(own)[:, 1:]], 2)
            rows = np.flatnonzero(
                (sampled.sequences == number)
                & (sampled.positions >= window.start)
                & (sampled.positions < window.end)
            )
            position = sampled.positions[rows] - window.first
            sides = sampled.sides[rows]
            position = np.where(sides == 0, position, window.length - 1 - position)
            entry = (position + 1) // stride - 1
            for view, values in parts.items():
                if view not in views:
                    views[view] = np.zeros((len(sampled.positions), values.shape[2]), np.float32)
                views[view][rows] = values.numpy()[sides, entry]
    return views


def words_around(
    sequences: Sequence[AnnotatedSequence],
    numbers: Ints,
    sides: Ints,
    positions: Ints,
    spans: Sequence[int] = SPANS,
) -> dict[tuple[str, str], Features]:
    """Describe both sides of bases by their words.

    Parameters
    ----------
    sequences
        The sequence.
    numbers, sides, positions
        Number of the sequence, reading (0 forward, 1 reverse) and forward coordinate of each base,
        shape ``(n,)``.
    spans
        As for :func:`count_words`.

    Returns
    -------
    dict
        By kind and view, shape ``(n, features)``. ``frames`` counts words by frame (see
        :func:`count_words`), ``words`` whatever their frame. The views are what precedes a base in
        its reading (``forward``), what follows it (``backward``), and ``both``.
    """
    width = 4 * _RECENT + 3 * _WORDS * len(spans)
    before, after = np.zeros((2, len(positions), width), np.float32)
    for number, sequence in enumerate(sequences):
        readings = [reading.codes for reading in sequence.readings()]
        for side in (0, 1):
            rows = np.flatnonzero((numbers == number) & (sides == side))
            forward = positions[rows]
            own, other = (forward, len(sequence) - 1 - forward)[:: -1 if side else 1]
            before[rows] = count_words(readings[side], own, spans)
            after[rows] = count_words(readings[1 - side], other, spans)
    views = {"forward": before, "backward": after, "both": np.concatenate([before, after], 1)}
    joined = {
        "forward": _join_frames(before, len(spans)),
        "backward": _join_frames(after, len(spans)),
    }
    joined["both"] = np.concatenate([joined["forward"], joined["backward"]], 1)
    return {
        **{("words", view): part for view, part in joined.items()},
        **{("frames", view): part for view, part in views.items()},
    }


def _join_frames(counted: Features, spans: int) -> Features:
    """Sum the shares of words over the three frames; the last bases stay as they are."""
    recent, shares = np.split(counted, [4 * _RECENT], 1)
    summed = shares.reshape(len(shares), spans, 3, _WORDS).sum(2)
    return np.concatenate([recent, summed.reshape(len(shares), _WORDS * spans)], 1)


def count_words(codes: Codes, positions: Ints, spans: Sequence[int] = SPANS) -> Features:
    """Describe what precedes bases by its words.

    Parameters
    ----------
    codes
        One reading, shape ``(T,)``.
    positions
        Bases, shape ``(n,)``.
    spans
        Numbers of bases whose words are counted.

    Returns
    -------
    ndarray
        ``(n, 48 + 192 * spans)``: the last 12 bases one by one (zero before the start and at N);
        then, for each span, the shares of the words of three in it that end at the base, one before
        it, two before it, and every third base from there.
    """
    deepest = max(spans) + 2
    padded = np.concatenate([np.full(deepest, N, dtype=np.int64), codes])
    here = positions + deepest
    recent = padded[here[:, None] - np.arange(_RECENT)]
    parts = [
        (recent[:, :, None] == np.arange(N)).reshape(len(positions), 4 * _RECENT).astype(np.float32)
    ]
    words = np.full(len(padded), _WORDS)
    first, second, third = padded[:-2], padded[1:-1], padded[2:]
    inside = (first < N) & (second < N) & (third < N)
    words[2:][inside] = (16 * first + 4 * second + third)[inside]
    for span in spans:
        counts = np.zeros((len(positions), 3, _WORDS + 1), np.float32)
        rows = np.arange(len(positions))
        for back in range(span):
            # No two of the same call fall on one cell, so the sum needs no care.
            counts[rows, back % 3, words[here - back]] += 1
        parts.append(counts[:, :, :_WORDS].reshape(len(positions), 3 * _WORDS) / span)
    return np.concatenate(parts, 1)
