"""Gates of a recurrent layer: how open they are around landmarks and inside groups of regions.

PyTorch's layers do not show their gates, but all of them follow from the weights, the inputs and
the states, one step's from the state before it (Hochreiter and Schmidhuber 1997; Cho et al. 2014).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from genefinder.errors import InputError
from genefinder.interpret.groups import Group
from genefinder.interpret.landmarks import Landmarks
from genefinder.interpret.pieces import Piece
from genefinder.interpret.statistics import flip_signs, permute_groups
from genefinder.interpret.windows import Recurrence, Tracer, Window

FLANK = 300
"""Bases shown on either side of a landmark."""
_AFTER = 27
"""Bases from a landmark on over which its gates are compared with those of its decoys."""
_LSTM, _GRU = ("input", "forget", "output"), ("reset", "update")

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


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
class Contrast:
    """One gate, or one hidden unit of it, in two groups of regions.

    Attributes
    ----------
    first, second
        Names of the groups.
    gate
        Which one.
    unit
        Hidden unit, -1 for the mean over all.
    n_first, n_second, mean_first, mean_second
        Regions, and the mean over regions.
    effect
        Cohen's d, regions as units.
    p, p_corrected
        From permuting which region belongs to which group, two-sided; for this quantity alone,
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
class Profile:
    """One gate, mean over its units, around the landmarks of one kind.

    Attributes
    ----------
    kind, gate
        Which.
    offsets
        Bases from the landmark in strand direction, shape ``(n,)``.
    mean, error, alike
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
    alike: Floats
    landmarks: int
    effect: float
    p: float


def inspect_gates(
    tracer: Tracer,
    pieces: Sequence[Piece],
    groups: Sequence[Group],
    landmarks: Mapping[str, Landmarks],
    layer: int = 0,
    rounds: int = 10_000,
    seed: int = 1,
) -> tuple[list[Contrast], list[Profile]]:
    """Compare gates between groups of regions, and follow them around landmarks.

    Parameters
    ----------
    tracer
        The network.
    pieces
        Sequence.
    groups
        Each is compared with each other one.
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
        Contrasts of all pairs of groups, the means over units first in each; and profiles.

    Raises
    ------
    InputError
        If the network has no such layer.
    """
    layers = [module for module in tracer.network.modules() if isinstance(module, nn.LSTM | nn.GRU)]
    if not 0 <= layer < len(layers):
        raise InputError(
            f"recurrent layer {layer}: this network has {len(layers)}, numbered from 0"
        )
    names = _LSTM if isinstance(layers[layer], nn.LSTM) else _GRU
    hidden = layers[layer].hidden_size
    sums = [_Sums(group, len(names) * hidden, tracer.stride) for group in groups]
    offsets = np.arange(-FLANK, FLANK + 1, 3)
    around = {
        kind: np.zeros((len(landmark.real), len(offsets), len(names)))
        for kind, landmark in landmarks.items()
        if len(landmark)
    }
    for number, piece in enumerate(pieces):
        for window, trace in tracer.trace(piece.forward.codes):
            gates = torch.stack(list(open_gates(trace.recurrences[layer]).values()), 2).numpy()
            own = gates.mean(3)
            for kind, values in around.items():
                rows, side, place = landmarks[kind].within(number, window, len(piece))
                blocks = (place[:, None] + offsets) // tracer.stride
                values[rows] = own[side[:, None], blocks]
            forward = np.stack([gates[0], gates[1, ::-1]]).reshape(2, len(own[0]), -1)
            for one in sums:
                one.add(number, window, forward)
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
    """Sums of the gates over the blocks of each region of a group."""

    def __init__(self, group: Group, quantities: int, stride: int) -> None:
        self.group = group
        self._stride = stride
        # The blocks whose middle lies inside; of a shorter region, the one that holds its middle.
        half = stride // 2
        first = -(-(group.starts - half) // stride)
        end = -(-(group.ends - half) // stride)
        middle = (group.starts + group.ends) // 2 // stride
        short = end <= first
        self._first = np.where(short, middle, np.maximum(first, 0))
        self._end = np.where(short, middle + 1, end)
        self._sums = np.zeros((len(group), quantities))
        self._blocks = np.zeros(len(group))

    def add(self, number: int, window: Window, gates: npt.NDArray[np.float32]) -> None:
        """Take in a window: gates ``(2, S, quantities)``, both readings in forward order."""
        group = self.group
        low = np.maximum(self._first, window.start // self._stride)
        high = np.minimum(self._end, -(-window.end // self._stride))
        rows = np.flatnonzero((group.pieces == number) & (low < high))
        if not len(rows):
            return
        running = np.zeros((2, gates.shape[1] + 1, gates.shape[2]))
        np.cumsum(gates, axis=1, dtype=np.float64, out=running[:, 1:])
        origin = window.first // self._stride
        low, high, sides = low[rows] - origin, high[rows] - origin, group.sides[rows]
        for side in (0, 1):
            share = np.where(sides < 0, 0.5, (sides == side).astype(np.float64))
            self._sums[rows] += share[:, None] * (running[side, high] - running[side, low])
        self._blocks[rows] += high - low

    def means(self) -> Floats:
        """Return the mean of each quantity over each region, ``(regions, quantities)``."""
        return self._sums / np.maximum(self._blocks, 1)[:, None]


def _contrast(
    first: _Sums, second: _Sums, names: Sequence[str], rounds: int, seed: int
) -> list[Contrast]:
    """Compare two groups: all gates' means over units, then every unit."""
    values, labels = [], []
    for one in (first, second):
        units = one.means().reshape(len(one.group), len(names), -1)
        values.append(np.concatenate([units.mean(2), units.reshape(len(units), -1)], 1))
        labels = [(name, -1) for name in names] + [
            (name, unit) for name in names for unit in range(units.shape[2])
        ]
    effect, p, corrected = permute_groups(values[0], values[1], rounds, seed)
    means = values[0].mean(0), values[1].mean(0)
    return [
        Contrast(
            first=first.group.name,
            second=second.group.name,
            gate=name,
            unit=unit,
            n_first=len(first.group),
            n_second=len(second.group),
            mean_first=float(means[0][index]),
            mean_second=float(means[1][index]),
            effect=float(effect[index]),
            p=float(p[index]),
            p_corrected=float(corrected[index]),
        )
        for index, (name, unit) in enumerate(labels)
    ]


def _profiles(
    one: Landmarks,
    values: Floats,
    offsets: Ints,
    names: Sequence[str],
    rounds: int,
    seed: int,
) -> list[Profile]:
    """Average gates around landmarks and their decoys."""
    real, alike = values[one.real], values[~one.real]
    after = (offsets >= 0) & (offsets < _AFTER)
    effect, p = flip_signs(one.differences(values[:, after].mean(1)), one.genes, rounds, seed)
    mean, error = real.mean(0), real.std(0) / np.sqrt(len(real))
    return [
        Profile(
            kind=one.kind,
            gate=name,
            offsets=offsets,
            mean=mean[:, gate],
            error=error[:, gate],
            alike=alike.mean(0)[:, gate],
            landmarks=len(one),
            effect=float(effect[gate]),
            p=float(p[gate]),
        )
        for gate, name in enumerate(names)
    ]
