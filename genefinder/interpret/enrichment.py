"""How much more filters respond at landmarks than at their decoys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genefinder.errors import InputError
from genefinder.interpret.landmarks import KINDS, Landmarks
from genefinder.interpret.statistics import auc, false_discovery, flip_signs

_LEAST_GENES = 8

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Enrichment:
    """How much more a filter responds at landmarks of one kind than at their decoys.

    Attributes
    ----------
    kind
        Of the landmark.
    offset
        Bases from the landmark to where the filter's response is compared, chosen on one half of
        the genes; all that follows is measured on the other half.
    auc
        Chance that the response at a landmark is above that at a decoy.
    effect
        Cohen's d of the paired difference, genes as units.
    p, q
        Two-sided p-value from flipping the signs of genes, and its false discovery rate over all
        filters and kinds.
    """

    kind: str
    offset: int
    auc: float
    effect: float
    p: float
    q: float


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """All filters of a bank at landmarks of one kind.

    Attributes
    ----------
    kind
        Of the landmarks.
    offsets, areas, effects, p_values
        As in :class:`Enrichment`, each of shape ``(filters,)``.
    """

    kind: str
    offsets: Ints
    areas: Floats
    effects: Floats
    p_values: Floats

    def of(self, unit: int, rate: float) -> Enrichment:
        """Return what it says of one filter."""
        return Enrichment(
            self.kind,
            int(self.offsets[unit]),
            float(self.areas[unit]),
            float(self.effects[unit]),
            float(self.p_values[unit]),
            float(rate),
        )


def compare_responses(
    responses: Mapping[str, npt.NDArray[np.float32]],
    landmarks: Mapping[str, Landmarks],
    rounds: int,
    seed: int,
) -> list[Comparison]:
    """Compare responses at landmarks and decoys, kind by kind.

    Parameters
    ----------
    responses
        By kind, ``(landmarks and decoys, offsets, filters)``.
    landmarks
        By kind; those that fewer than eight genes have are left out.
    rounds, seed
        Random sign flips of the permutation test, and their seed.
    """
    tests = []
    for kind in KINDS:
        if kind not in responses or len(np.unique(landmarks[kind].genes)) < _LEAST_GENES:
            continue
        one, values = landmarks[kind], responses[kind].astype(np.float64)
        difference = one.differences(values)
        choosing = one.genes % 2 == 0
        spread = difference[choosing].std(0) + 1e-12
        shift = np.abs(difference[choosing].mean(0) / spread).argmax(0)
        units = np.arange(values.shape[2])
        effect, p = flip_signs(
            difference[~choosing][:, shift, units], one.genes[~choosing], rounds, seed
        )
        judged = ~choosing[one.landmark]
        chosen = values[:, shift, units]
        areas = [
            auc(chosen[judged & one.real, unit], chosen[judged & ~one.real, unit]) for unit in units
        ]
        offsets = shift - (values.shape[1] - 1) // 2
        tests.append(Comparison(kind, offsets, np.array(areas), effect, p))
    return tests


def discovery_rates(tests: Sequence[Sequence[Comparison]]) -> list[list[Floats]]:
    """Return the false discovery rates of each comparison over all of them, in the same order.

    Raises
    ------
    InputError
        If there is nothing to compare.
    """
    every = [test for some in tests for test in some]
    if not every:
        raise InputError(
            f"too few genes: motifs need {_LEAST_GENES} or more that have the same landmark; give "
            "a larger region"
        )
    rates = false_discovery(np.concatenate([test.p_values for test in every]))
    ends = np.cumsum([len(test.p_values) for test in every])[:-1]
    parts = iter(np.split(rates, ends))
    return [[next(parts) for _ in some] for some in tests]
