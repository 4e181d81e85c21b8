"""Linear probes: what can be read off a network's hidden states, against what needs no network.

What a linear probe decodes is there, which does not say that the network uses it: *decodable is not
causal*. Hence the comparison with the same network before any training, whose states are a random
function of the same bases, and with the words (k-mers) of those bases themselves. Words counted by
frame are codon usage, which needs no network either, but somebody who knows of codons.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from genefinder.errors import InputError
from genefinder.interpret.linear import Probes, Scored
from genefinder.interpret.pieces import Piece
from genefinder.interpret.targets import GC_SPAN, PROPERTIES, Property, answer
from genefinder.interpret.windows import Tracer
from genefinder.interpret.words import words_around
from genefinder.network.layers import mirror

KINDS = ("network", "untrained", "words", "frames")
"""Features: states of the network, of an untrained one, words of the sequence, words by frame."""
FOLDS = 5
BLOCK = 5_000
"""Bases that are drawn together when the uncertainty of a score is estimated."""
CAUTION = (
    "Decodable is not causal: a probe shows that a property can be read off the states, not that "
    "the network uses it."
)
_LEAST_BASES = 100_000
_LEAST_SAMPLES = 200

Features = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Result:
    """A property decoded from one set of features.

    Attributes
    ----------
    property
        What was asked.
    features
        One of :data:`KINDS`.
    view
        ``forward`` (the base and what precedes it in its reading), ``backward`` (the base and what
        follows it), ``both``, or ``joint`` (the last recurrent layer of a gene model, which has
        read both).
    samples
        Bases scored.
    score, low, high
        Balanced accuracy of classes, R² of quantities, on held-out sequence, and its 95 % interval
        (blocks of sequence resampled).
    gain, gain_low, gain_high
        Score less that of the better one of ``untrained`` and ``words`` at the same view, with its
        95 % interval; NaN for these themselves.
    """

    property: Property
    features: str
    view: str
    samples: int
    score: float
    low: float
    high: float
    gain: float = float("nan")
    gain_low: float = float("nan")
    gain_high: float = float("nan")


def probe(
    tracer: Tracer,
    untrained: Tracer,
    pieces: Sequence[Piece],
    samples: int = 20_000,
    rounds: int = 1_000,
    seed: int = 1,
    genetic_code: int = 1,
) -> list[Result]:
    """Probe a network's hidden states.

    Bases are sampled evenly, in both readings, where a block ends. The sequence is cut into five
    stretches, each scored by probes fitted to the other four; a kilobase on either side of a cut is
    left out.

    Parameters
    ----------
    tracer, untrained
        The network, and one of the same shape with random weights.
    pieces
        Annotated sequence.
    samples
        Bases, about.
    rounds
        Resamples for the intervals.
    seed
        Of these.
    genetic_code
        NCBI translation table.

    Returns
    -------
    list of Result
        By property, view and features.

    Raises
    ------
    InputError
        If there is too little sequence, or a property is nowhere defined.
    """
    bases = sum(len(piece) for piece in pieces)
    if bases < _LEAST_BASES:
        raise InputError(
            f"{bases:,} bases are too few to hold out stretches of them: probes need "
            f"{_LEAST_BASES:,} or more"
        )
    step = max(1, 2 * bases // (tracer.stride * samples))
    taken = _take(pieces, tracer.stride, step, genetic_code)
    sets = {
        **{("network", view): part for view, part in _states(tracer, pieces, taken).items()},
        **{("untrained", view): part for view, part in _states(untrained, pieces, taken).items()},
        **words_around(pieces, taken.pieces, taken.sides, taken.places),
    }
    scored: dict[tuple[str, str, str], Scored] = {}
    used = {one.name: taken.usable & taken.subsets[one.subset] for one in PROPERTIES}
    for prop in PROPERTIES:
        if used[prop.name].sum() < _LEAST_SAMPLES:
            raise InputError(
                f"only {used[prop.name].sum()} sampled bases have the property {prop.name}: give a "
                "larger region, or one with more genes"
            )
    for (features, view), values in sets.items():
        probes = Probes(values, taken.folds, taken.blocks)
        for one in PROPERTIES:
            given = taken.values[one.name]
            chosen = used[one.name]
            scored[one.name, features, view] = (
                probes.classify(one.subset, chosen, given.astype(np.int64), len(one.classes))
                if one.classes
                else probes.regress(one.subset, chosen, given)
            )
    rng = np.random.default_rng(seed)
    blocks = int(taken.blocks.max()) + 1
    weights = rng.multinomial(blocks, np.full(blocks, 1 / blocks), rounds).astype(np.float64)
    return list(_results(scored, used, weights))


@dataclass(frozen=True, slots=True, eq=False)
class _Taken:
    """The sampled bases of all pieces: forward coordinates and properties, reading by reading."""

    pieces: Ints
    sides: Ints
    places: Ints
    folds: Ints
    blocks: Ints
    usable: npt.NDArray[np.bool_]
    subsets: dict[str, npt.NDArray[np.bool_]]
    values: dict[str, Floats]


def _take(pieces: Sequence[Piece], stride: int, step: int, genetic_code: int) -> _Taken:
    """Sample the last bases of blocks, in both readings, and look their properties up."""
    total = sum(len(piece) for piece in pieces)
    fold_length = -(-total // FOLDS)
    rows: list[Ints] = []
    answers = []
    begin = 0
    for number, piece in enumerate(pieces):
        whole = len(piece) // stride * stride
        for side in (0, 1):
            # In the reverse reading a block's last base is its first one of the forward strand.
            forward = np.arange(0 if side else stride - 1, whole, stride * step)
            along = begin + forward
            rows.append(
                np.stack([np.full_like(along, number), np.full_like(along, side), forward, along])
            )
            places = len(piece) - 1 - forward if side else forward
            answers.append(answer(piece, side, places, genetic_code))
        begin += len(piece)
    numbers, sides, forward, along = np.concatenate(rows, 1)
    into = along % fold_length
    # What lies before or after a cut must not be known on its other side through the context.
    usable = (into >= GC_SPAN) & (into < fold_length - GC_SPAN)
    return _Taken(
        numbers,
        sides,
        forward,
        along // fold_length,
        along // BLOCK,
        usable,
        {
            name: np.concatenate([one.subsets[name] for one in answers])
            for name in answers[0].subsets
        },
        {name: np.concatenate([one.values[name] for one in answers]) for name in answers[0].values},
    )


def _states(tracer: Tracer, pieces: Sequence[Piece], taken: _Taken) -> dict[str, Features]:
    """Return what a network holds at the sampled bases, ``(n, features)`` for each view."""
    stride = tracer.stride
    views: dict[str, Features] = {}
    for number, piece in enumerate(pieces):
        for window, trace in tracer.trace(piece.forward.codes):
            upstream, downstream = trace.features(stride)
            parts = {
                "forward": upstream,
                "backward": downstream,
                "both": torch.cat([upstream, downstream], 2),
            }
            if len(trace.recurrences) > 1:
                states = trace.recurrences[-1].states
                other = mirror(states)
                parts["joint"] = torch.cat([states[:, :-1], other[:, 1:]], 2)
            rows = np.flatnonzero(
                (taken.pieces == number)
                & (taken.places >= window.start)
                & (taken.places < window.end)
            )
            place = taken.places[rows] - window.first
            sides = taken.sides[rows]
            place = np.where(sides == 0, place, len(window.codes) - 1 - place)
            entry = (place + 1) // stride - 1
            for view, values in parts.items():
                if view not in views:
                    views[view] = np.zeros((len(taken.places), values.shape[2]), np.float32)
                views[view][rows] = values.numpy()[sides, entry]
    return views


def _results(
    scored: dict[tuple[str, str, str], Scored],
    used: dict[str, npt.NDArray[np.bool_]],
    weights: Floats,
) -> Iterator[Result]:
    """Turn sums into scores with intervals, and compare each view with what needs no training."""
    for prop in PROPERTIES:
        for features, view in sorted({key[1:] for key in scored}, key=_order):
            sums = scored[prop.name, features, view]
            draws = sums.score(weights)
            low, high = np.nanquantile(draws, (0.025, 0.975))
            result = Result(
                prop,
                features,
                view,
                int(used[prop.name].sum()),
                float(sums.score()[0]),
                float(low),
                float(high),
            )
            if features == "network":
                rivals = [("untrained", view), ("words", "both" if view == "joint" else view)]
                rival = max(
                    (scored[(prop.name, *key)] for key in rivals), key=lambda x: float(x.score()[0])
                )
                apart = draws - rival.score(weights)
                low, high = np.nanquantile(apart, (0.025, 0.975))
                gain = result.score - float(rival.score()[0])
                result = replace(result, gain=gain, gain_low=float(low), gain_high=float(high))
            yield result


def _order(key: tuple[str, str]) -> tuple[int, int]:
    """Order views as the report has them, the network first in each."""
    features, view = key
    return (
        ("forward", "backward", "both", "joint").index(view),
        KINDS.index(features),
    )
