"""Gates of a recurrent layer: how open they are around landmarks and in sets of regions.

PyTorch's layers do not show their gates, but all of them follow from the weights, the inputs and
the states, one step's from the state before it (Hochreiter and Schmidhuber 1997; Cho et al. 2014).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from genefinder.data.read_windows import ReadWindow
from genefinder.errors import InputError
from genefinder.interpret.activations import Recurrence, Tracer
from genefinder.interpret.landmarks import Landmarks
from genefinder.interpret.sequence import AnnotatedSequence
from genefinder.interpret.statistics import flip_signs, permute_groups
from genefinder.io.bed import BedRow
from genefinder.io.tsv import write_tsv

FLANK = 300
"""Bases shown on either side of a landmark."""
_AFTER = 27
"""Bases from a landmark on over which its gates are compared with those of its decoys."""
_LEAST_REGIONS = 5
_SHORTEST_INTERGENIC = 30
_LSTM, _GRU = ("input", "forget", "output"), ("reset", "update")

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_Row = tuple[int, int, int, int]
"""Sequence, start, end and side of a region."""


@dataclass(frozen=True, slots=True, eq=False)
class RegionSet:
    """Regions of one kind.

    Attributes
    ----------
    name
        What they are.
    sequences, starts, ends
        Number of the sequence of each, and its interval there (0-based, half-open): int64 of shape
        ``(n,)``.
    sides
        Reading whose gates count: 0 forward, 1 reverse, -1 the mean of both.
    """

    name: str
    sequences: Ints
    starts: Ints
    ends: Ints
    sides: Ints

    def __len__(self) -> int:
        """Regions."""
        return len(self.starts)


def collect_rows(
    name: str, rows: Iterable[BedRow], sequences: Sequence[AnnotatedSequence]
) -> RegionSet:
    """Gather the rows of a BED file that lie inside sequences; parts outside are cut off.

    Raises
    ------
    InputError
        If fewer than five are left.
    """
    found = []
    for row in rows:
        for number, sequence in enumerate(sequences):
            low, high = (
                max(row.start - sequence.start, 0),
                min(row.end - sequence.start, len(sequence)),
            )
            if row.contig == sequence.contig and low < high:
                side = {"+": 0, "-": 1, None: -1}[row.strand]
                found.append((number, low, high, side))
    return _collect(name, found)


def collect_contexts(sequences: Sequence[AnnotatedSequence]) -> list[RegionSet]:
    """Gather coding exons and introns (on their own strand) and intergenic regions."""
    exons: list[_Row] = []
    introns: list[_Row] = []
    between: list[_Row] = []
    for number, sequence in enumerate(sequences):
        for transcript in sequence.transcripts:
            side = int(transcript.strand == "-")
            for found, spans in ((exons, transcript.cds), (introns, transcript.introns())):
                found += [
                    (number, start - sequence.start, end - sequence.start, side)
                    for start, end in spans
                ]
        between += [
            (number, int(start), int(end), -1)
            for start, end in sequence.intergenic()
            if end - start >= _SHORTEST_INTERGENIC
        ]
    named = {"exon": exons, "intron": introns, "intergenic": between}
    return [_collect(name, found) for name, found in named.items()]


def _collect(name: str, found: Sequence[_Row]) -> RegionSet:
    if len(found) < _LEAST_REGIONS:
        raise InputError(
            f"{name}: only {len(found)} regions lie in the sequence; {_LEAST_REGIONS} or more are "
            "needed to compare groups"
        )
    return RegionSet(name, *np.array(found, dtype=np.int64).T)


def open_gates(recurrence: Recurrence) -> dict[str, Tensor]:
    """Compute the gates of a recurrent layer from its inputs and states.

    Parameters
    ----------
    recurrence
        A layer that began with the state zero, with its inputs ``(R, S, inputs)`` and states
        ``(R, S, hidden)``.

    Returns
    -------
    dict
        ``input``, ``forget`` and ``output`` of an LSTM, ``reset`` and ``update`` of a GRU (whose
        update gate keeps the old state where it is open): each ``(R, S, hidden)``, 0 to 1.
    """
    layer, states = recurrence.layer, recurrence.states
    before = functional.pad(states, (0, 0, 1, 0))[:, :-1]
    with torch.inference_mode():
        weights = {name: value.cpu() for name, value in layer.named_parameters()}
        sums = functional.linear(recurrence.inputs, weights["weight_ih_l0"], weights["bias_ih_l0"])
        sums = sums + functional.linear(before, weights["weight_hh_l0"], weights["bias_hh_l0"])
        # In torch's order: input, forget, cell, output; reset, update, new.
        blocks = sums.chunk(4 if isinstance(layer, nn.LSTM) else 3, 2)
        if isinstance(layer, nn.LSTM):
            parts = (blocks[0], blocks[1], blocks[3])
            return {name: part.sigmoid() for name, part in zip(_LSTM, parts, strict=True)}
        return {name: block.sigmoid() for name, block in zip(_GRU, blocks[:2], strict=True)}


@dataclass(frozen=True, slots=True)
class GateContrast:
    """One gate, or one hidden unit of it, in two sets of regions.

    Attributes
    ----------
    first, second
        Names of the sets.
    gate
        Which one.
    unit
        Hidden unit, -1 for the mean over all.
    n_first, n_second, mean_first, mean_second
        Regions, and the mean over regions.
    effect
        Cohen's d, regions as units.
    p, p_corrected
        From permuting which region belongs to which set, two-sided; for this quantity alone,
        and corrected for all gates and units.
    """

    first: str
    second: str
    gate: str
    unit: int
    n_first: int
    n_second: int
    mean_first: float
    mean_second: float
    effect: float
    p: float
    p_corrected: float


@dataclass(frozen=True, slots=True, eq=False)
class GateProfile:
    """One gate, mean over its units, around the landmarks of one kind.

    Attributes
    ----------
    kind, gate
        Which.
    offsets
        Bases from the landmark in strand direction, shape ``(n,)``.
    mean, error, decoys
        Mean over landmarks, its standard error, and the mean over decoys, each ``(n,)``.
    landmarks
        How many.
    effect, p
        Landmark less decoys over the bases that follow: Cohen's d of paired values with
        genes as units, and the p-value from flipping the signs of genes.
    """

    kind: str
    gate: str
    offsets: Ints
    mean: Floats
    error: Floats
    decoys: Floats
    landmarks: int
    effect: float
    p: float


def inspect_gates(
    tracer: Tracer,
    sequences: Sequence[AnnotatedSequence],
    sets: Sequence[RegionSet],
    landmarks: Mapping[str, Landmarks],
    layer: int = 0,
    rounds: int = 10_000,
    seed: int = 1,
) -> tuple[list[GateContrast], list[GateProfile]]:
    """Compare gates between sets of regions, and follow them around landmarks.

    Parameters
    ----------
    tracer
        The network.
    sequences
        Sequence.
    sets
        Regions; each set is compared with each other one.
    landmarks
        By kind; may be empty.
    layer
        Recurrent layer, from 0: the encoder's, which reads its own direction alone.
    rounds
        Permutations and sign flips.
    seed
        Of these.

    Returns
    -------
    tuple
        Contrasts of all pairs of sets, the means over units first in each; and profiles.

    Raises
    ------
    InputError
        If the network has no such layer.
    """
    layers = tracer.recurrent_layers
    if not 0 <= layer < len(layers):
        raise InputError(
            f"recurrent layer {layer}: this network has {len(layers)}, numbered from 0"
        )
    names = _LSTM if isinstance(layers[layer], nn.LSTM) else _GRU
    hidden = layers[layer].hidden_size
    sums = [_Sums(regions, len(names) * hidden, tracer.stride) for regions in sets]
    offsets = np.arange(-FLANK, FLANK + 1, 3)
    around = {
        kind: np.zeros((len(landmark.real), len(offsets), len(names)))
        for kind, landmark in landmarks.items()
        if len(landmark)
    }
    for number, sequence in enumerate(sequences):
        for window, activations in tracer.trace(sequence.codes):
            gates = torch.stack(
                list(open_gates(activations.recurrences[layer]).values()), 2
            ).numpy()
            own = gates.mean(3)
            for kind, values in around.items():
                rows, side, position = landmarks[kind].within(number, window, len(sequence))
                blocks = (position[:, None] + offsets) // tracer.stride
                values[rows] = own[side[:, None], blocks]
            forward = np.stack([gates[0], gates[1, ::-1]]).reshape(2, len(own[0]), -1)
            for regions_sums in sums:
                regions_sums.add(number, window, forward)
    contrasts = []
    for first, second in combinations(sums, 2):
        contrasts += _contrast(first, second, names, rounds, seed)
    profiles = [
        profile
        for kind, values in around.items()
        for profile in _profiles(landmarks[kind], values, offsets, names, rounds, seed)
    ]
    return contrasts, profiles


class _Sums:
    """Sums of the gates over the blocks of each region of a set."""

    def __init__(self, regions: RegionSet, quantities: int, stride: int) -> None:
        self.regions = regions
        self._stride = stride
        # The blocks whose middle lies inside; of a shorter region, the one that holds its middle.
        half = stride // 2
        first = -(-(regions.starts - half) // stride)
        end = -(-(regions.ends - half) // stride)
        middle = (regions.starts + regions.ends) // 2 // stride
        short = end <= first
        self._first = np.where(short, middle, np.maximum(first, 0))
        self._end = np.where(short, middle + 1, end)
        self._sums = np.zeros((len(regions), quantities))
        self._blocks = np.zeros(len(regions))

    def add(self, number: int, window: ReadWindow, gates: npt.NDArray[np.float32]) -> None:
        """Take in a window: gates ``(2, S, quantities)``, both readings in forward order."""
        regions = self.regions
        low = np.maximum(self._first, window.start // self._stride)
        high = np.minimum(self._end, -(-window.end // self._stride))
        rows = np.flatnonzero((regions.sequences == number) & (low < high))
        if not len(rows):
            return
        running = np.zeros((2, gates.shape[1] + 1, gates.shape[2]))
        np.cumsum(gates, axis=1, dtype=np.float64, out=running[:, 1:])
        origin = window.first // self._stride
        low, high, sides = low[rows] - origin, high[rows] - origin, regions.sides[rows]
        for side in (0, 1):
            share = np.where(sides < 0, 0.5, (sides == side).astype(np.float64))
            self._sums[rows] += share[:, None] * (running[side, high] - running[side, low])
        self._blocks[rows] += high - low

    def means(self) -> Floats:
        """Return the mean of each quantity over each region, ``(regions, quantities)``."""
        return self._sums / np.maximum(self._blocks, 1)[:, None]


def _contrast(
    first: _Sums, second: _Sums, names: Sequence[str], rounds: int, seed: int
) -> list[GateContrast]:
    """Compare two sets: all gates' means over units, then every unit."""
    values, labels = [], []
    for sums in (first, second):
        units = sums.means().reshape(len(sums.regions), len(names), -1)
        values.append(np.concatenate([units.mean(2), units.reshape(len(units), -1)], 1))
        labels = [(name, -1) for name in names] + [
            (name, unit) for name in names for unit in range(units.shape[2])
        ]
    effect, p, corrected = permute_groups(values[0], values[1], rounds, seed)
    means = values[0].mean(0), values[1].mean(0)
    return [
        GateContrast(
            first=first.regions.name,
            second=second.regions.name,
            gate=name,
            unit=unit,
            n_first=len(first.regions),
            n_second=len(second.regions),
            mean_first=float(means[0][index]),
            mean_second=float(means[1][index]),
            effect=float(effect[index]),
            p=float(p[index]),
            p_corrected=float(corrected[index]),
        )
        for index, (name, unit) in enumerate(labels)
    ]


def _profiles(
    landmarks: Landmarks,
    values: Floats,
    offsets: Ints,
    names: Sequence[str],
    rounds: int,
    seed: int,
) -> list[GateProfile]:
    """Average gates around landmarks and their decoys."""
    real, decoys = values[landmarks.real], values[~landmarks.real]
    after = (offsets >= 0) & (offsets < _AFTER)
    effect, p = flip_signs(
        landmarks.differences(values[:, after].mean(1)), landmarks.genes, rounds, seed
    )
    mean, error = real.mean(0), real.std(0) / np.sqrt(len(real))
    return [
        GateProfile(
            kind=landmarks.kind,
            gate=name,
            offsets=offsets,
            mean=mean[:, gate],
            error=error[:, gate],
            decoys=decoys.mean(0)[:, gate],
            landmarks=len(landmarks),
            effect=float(effect[gate]),
            p=float(p[gate]),
        )
        for gate, name in enumerate(names)
    ]


CONTRASTS = (
    *("first", "second", "gate", "unit", "n_first", "n_second", "mean_first", "mean_second"),
    *("effect", "p", "p_corrected"),
)
"""Columns of ``contrasts.tsv``, each an attribute of :class:`GateContrast`."""


def write_gates(
    folder: Path, contrasts: Sequence[GateContrast], profiles: Sequence[GateProfile] | None
) -> None:
    """Write ``contrasts.tsv``, and ``profiles.tsv`` and ``landmarks.tsv`` where there are profiles.

    Raises
    ------
    InputError
        The files cannot be written.
    """
    write_tsv(
        folder / "contrasts.tsv",
        CONTRASTS,
        ([getattr(contrast, name) for name in CONTRASTS] for contrast in contrasts),
    )
    if profiles is None:
        return
    write_tsv(
        folder / "profiles.tsv",
        ("landmark", "gate", "offset", "mean", "error", "decoys"),
        (
            (profile.kind, profile.gate, int(offset), float(mean), float(error), float(decoys))
            for profile in profiles
            for offset, mean, error, decoys in zip(
                profile.offsets, profile.mean, profile.error, profile.decoys, strict=True
            )
        ),
    )
    write_tsv(
        folder / "landmarks.tsv",
        ("landmark", "gate", "n", "effect", "p"),
        (
            (profile.kind, profile.gate, profile.landmarks, profile.effect, profile.p)
            for profile in profiles
        ),
    )
