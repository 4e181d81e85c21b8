"""Linear probes in closed form, scored on regions of sequence that they were not fitted to.

Classes are told apart by linear discriminant analysis with equal priors (Fisher 1936), quantities
are predicted by ridge regression. Both need only sums over the training samples, so that a fold's
probe is a difference of sums and one solution of linear equations.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RIDGES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
"""Added to the covariance, as a multiple of the features' variance (which is 1): the one that does
best on a region that the scored one has no part in."""

Floats = npt.NDArray[np.float64]
Features = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """What held-out samples add to a score, summed within blocks of sequence.

    Attributes
    ----------
    sums
        ``(blocks, k, k)``: true by predicted class; or ``(blocks, 1, 4)``: number, sum and sum of
        squares of a quantity, and squared errors.
    """

    sums: Floats

    def score(self, weights: Floats | None = None) -> Floats:
        """Return the balanced accuracy of classes, or R² of a quantity.

        Parameters
        ----------
        weights
            ``(rounds, blocks)``: how often each block counts; once where it is ``None``.

        Returns
        -------
        ndarray
            Shape ``(rounds,)``.
        """
        blocks, rows, columns = self.sums.shape
        given = np.ones((1, blocks)) if weights is None else weights
        total = (given @ self.sums.reshape(blocks, -1)).reshape(-1, rows, columns)
        if rows == 1:
            number, first, second, error = total[:, 0].T
            spread = second - first**2 / np.maximum(number, 1)
            return np.asarray(1 - error / np.maximum(spread, 1e-12))
        right = np.diagonal(total, axis1=1, axis2=2)
        true = total.sum(2)
        share = np.divide(right, true, out=np.zeros_like(right), where=true > 0)
        return np.asarray(share.sum(1) / np.maximum((true > 0).sum(1), 1))


class Probes:
    """Fit and score probes on one set of features.

    Parameters
    ----------
    features
        ``(n, d)``.
    folds
        Fold of each sample, 0 to ``k - 1`` with ``k`` of 3 or more; a probe is scored on the fold
        that it was not fitted to.
    blocks
        Block of sequence of each sample, from 0.
    ridges
        Ridges to choose from.
    """

    def __init__(
        self, features: Features, folds: Ints, blocks: Ints, ridges: Sequence[float] = RIDGES
    ) -> None:
        spread = features.std(0)
        scaled = (features - features.mean(0)) / np.where(spread > 1e-6, spread, 1.0)
        self._features = scaled.astype(np.float32)
        self._folds, self._blocks = folds, blocks
        self._ridges = ridges
        self._count = int(folds.max()) + 1
        self._subsets: dict[str, _Subset] = {}

    def classify(
        self, subset: str, chosen: npt.NDArray[np.bool_], values: Ints, classes: int
    ) -> Scored:
        """Tell classes apart.

        Parameters
        ----------
        subset
            Name of the subset of samples; the same samples must always have the same name.
        chosen
            The subset, shape ``(n,)``.
        values
            Class of each sample, shape ``(n,)``.
        classes
            How many there are.
        """
        part, truth = self._subset(subset, chosen), values[chosen]
        hot = np.eye(classes)[truth]
        numbers = part.add_up(hot[:, None, :])[:, 0]
        sums = part.add_up(hot, part.features)

        def fit(train: list[int]) -> tuple[Floats, Floats, Floats]:
            number = numbers[train].sum(0)
            means = sums[train].sum(0) / np.maximum(number, 1)[:, None]
            within = part.grams[train].sum(0) - (means.T * number) @ means
            return within / max(1.0, number.sum()), means, number

        def apply(model: tuple[Floats, Floats, Floats], ridge: float, fold: int) -> Ints:
            within, means, number = model
            directions = np.linalg.solve(_ridged(within, ridge), means.T)
            offsets = -0.5 * (means.T * directions).sum(0)
            offsets[number == 0] = -np.inf
            scores = part.features[part.rows[fold]] @ directions.astype(np.float32) + offsets
            return np.asarray(scores.argmax(1))

        def loss(predicted: Ints, fold: int) -> float:
            right = predicted == truth[part.rows[fold]]
            weights = 1 / np.maximum(numbers[fold], 1)
            return -float(weights[truth[part.rows[fold]]][right].sum())

        predicted = np.zeros(len(truth), dtype=np.int64)
        for fold in range(self._count):
            rest, inner = self._split(fold)
            trial = fit(inner)
            ridge = min(
                self._ridges, key=lambda ridge: loss(apply(trial, ridge, rest[-1]), rest[-1])
            )
            predicted[part.rows[fold]] = apply(fit(rest), ridge, fold)
        table = np.zeros((self._n_blocks, classes, classes))
        np.add.at(table, (self._blocks[chosen], truth, predicted), 1.0)
        return Scored(table)

    def regress(self, subset: str, chosen: npt.NDArray[np.bool_], values: Floats) -> Scored:
        """Predict a quantity; parameters as for :meth:`classify`."""
        part, truth = self._subset(subset, chosen), values[chosen]
        numbers = np.array([len(rows) for rows in part.rows], dtype=np.float64)
        totals = np.array([truth[rows].sum() for rows in part.rows])
        sums = part.add_up(np.ones((len(truth), 1)), part.features)[:, 0]
        products = part.add_up(truth[:, None], part.features)[:, 0]

        def fit(train: list[int]) -> tuple[Floats, Floats, Floats, float]:
            number = max(1.0, numbers[train].sum())
            mean, centre = totals[train].sum() / number, sums[train].sum(0) / number
            covariance = part.grams[train].sum(0) / number - np.outer(centre, centre)
            return covariance, products[train].sum(0) / number - centre * mean, centre, float(mean)

        def apply(model: tuple[Floats, Floats, Floats, float], ridge: float, fold: int) -> Floats:
            covariance, shared, centre, mean = model
            slope = np.linalg.solve(_ridged(covariance, ridge), shared)
            at = part.features[part.rows[fold]] @ slope.astype(np.float32)
            return np.asarray(mean + at - centre @ slope, dtype=np.float64)

        predicted = np.zeros(len(truth))
        for fold in range(self._count):
            rest, inner = self._split(fold)
            trial, tried = fit(inner), truth[part.rows[rest[-1]]]
            ridge = min(
                self._ridges,
                key=lambda ridge: float(((apply(trial, ridge, rest[-1]) - tried) ** 2).sum()),
            )
            predicted[part.rows[fold]] = apply(fit(rest), ridge, fold)
        table = np.zeros((self._n_blocks, 1, 4))
        error = (truth - predicted) ** 2
        rows = np.stack([np.ones_like(truth), truth, truth**2, error], 1)[:, None]
        np.add.at(table, self._blocks[chosen], rows)
        return Scored(table)

    @property
    def _n_blocks(self) -> int:
        return int(self._blocks.max()) + 1

    def _split(self, fold: int) -> tuple[list[int], list[int]]:
        """Return the folds to fit to, and those but the last, which chooses the ridge."""
        rest = [(fold + 1 + step) % self._count for step in range(self._count - 1)]
        return rest, rest[:-1]

    def _subset(self, name: str, chosen: npt.NDArray[np.bool_]) -> "_Subset":
        if name not in self._subsets:
            features, folds = self._features[chosen], self._folds[chosen]
            self._subsets[name] = _Subset(features, folds, self._count)
        return self._subsets[name]


class _Subset:
    """Some of the samples, with the sums of products of their features, fold by fold."""

    def __init__(self, features: Features, folds: Ints, count: int) -> None:
        self.features = features
        self.rows = [np.flatnonzero(folds == fold) for fold in range(count)]
        self.grams = np.stack([(features[rows].T @ features[rows]) for rows in self.rows])
        self.grams = self.grams.astype(np.float64)

    def add_up(self, weights: Floats, features: Features | None = None) -> Floats:
        """Sum ``weights``, or features by them, over each fold."""
        if features is None:
            return np.stack([weights[rows].sum(0) for rows in self.rows])
        return np.stack(
            [(weights[rows].T @ features[rows]).astype(np.float64) for rows in self.rows]
        )


def _ridged(covariance: Floats, ridge: float) -> Floats:
    """Add the ridge to the diagonal."""
    out: Floats = covariance + ridge * np.eye(len(covariance))
    return out
