"""Effect sizes and permutation tests whose exchangeable units are regions or genes, never bases."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_CHUNK = 256
"""Permutations computed at a time."""


def auc(present: Floats, absent: Floats) -> float:
    """Return the chance that a value of one sample is above one of another, ties counted half.

    0.5 where a sample is empty. (Area under the ROC curve; Mann and Whitney 1947.)
    """
    if not len(present) or not len(absent):
        return 0.5
    ordered = np.sort(absent)
    below = np.searchsorted(ordered, present, side="left")
    upto = np.searchsorted(ordered, present, side="right")
    return float((below + upto).mean() / (2 * len(absent)))


def cohen_d(first: Floats, second: Floats) -> Floats:
    """Return the difference of two means in units of the pooled standard deviation.

    Parameters
    ----------
    first, second
        ``(n, m)`` and ``(k, m)``: regions by quantities; at least two regions each.

    Returns
    -------
    ndarray
        Shape ``(m,)``, 0 where neither sample varies (Cohen 1988).
    """
    n, k = len(first), len(second)
    spread = (n - 1) * first.var(0, ddof=1) + (k - 1) * second.var(0, ddof=1)
    pooled = np.sqrt(spread / (n + k - 2))
    difference: Floats = first.mean(0) - second.mean(0)
    return np.asarray(
        np.divide(difference, pooled, out=np.zeros_like(difference), where=pooled > 0)
    )


def permute_groups(
    first: Floats, second: Floats, rounds: int, seed: int
) -> tuple[Floats, Floats, Floats]:
    """Compare two groups of regions by permuting which region belongs to which.

    Parameters
    ----------
    first, second
        ``(n, m)`` and ``(k, m)``: regions by quantities.
    rounds
        Random permutations.
    seed
        Seed of the permutations.

    Returns
    -------
    tuple of ndarray
        Of shape ``(m,)`` each: Cohen's d; the two-sided p-value of its difference of means; and
        the same corrected for all ``m`` quantities by the largest ``|d|`` of each permutation
        (Westfall and Young 1993).
    """
    values = np.concatenate([first, second])
    values = values - values.mean(0)
    n, total = len(first), len(values)
    rng = np.random.default_rng(seed)
    squares = (values**2).sum(0)

    def effects(sums: Floats) -> Floats:
        """Cohen's d from the sum of the first group; all else is fixed by the whole."""
        mean_first, mean_second = sums / n, -sums / (total - n)
        within = squares - n * mean_first**2 - (total - n) * mean_second**2
        pooled = np.sqrt(np.maximum(within, 0) / max(1, total - 2))
        difference: Floats = mean_first - mean_second
        return np.asarray(
            np.divide(difference, pooled, out=np.zeros_like(difference), where=pooled > 1e-12)
        )

    observed = effects(values[:n].sum(0))
    reached, surpassed = np.zeros((2, values.shape[1]))
    size = np.abs(observed) * (1 - 1e-9)  # so that an equal permutation counts as reaching it
    for begin in range(0, rounds, _CHUNK):
        count = min(_CHUNK, rounds - begin)
        chosen = np.argsort(rng.random((count, total)), axis=1)[:, :n]
        member = np.zeros((count, total))
        np.put_along_axis(member, chosen, 1.0, axis=1)
        drawn = np.abs(effects(member @ values))
        reached += (drawn >= size).sum(0)
        surpassed += (drawn.max(1, keepdims=True) >= size).sum(0)
    return observed, (reached + 1) / (rounds + 1), (surpassed + 1) / (rounds + 1)


def flip_signs(differences: Floats, units: Ints, rounds: int, seed: int) -> tuple[Floats, Floats]:
    """Test whether paired differences have mean zero, by flipping the signs of whole units.

    Parameters
    ----------
    differences
        ``(n, m)``: what was seen at each site less what was seen at its decoys.
    units
        ``(n,)``: the gene, from 0, of each site; all sites of a gene are flipped together.
    rounds
        Random flips.
    seed
        Seed of the flips.

    Returns
    -------
    tuple of ndarray
        Of shape ``(m,)`` each: the mean over units in units of their standard deviation (Cohen's
        d of paired values), and the two-sided p-value.
    """
    _, units = np.unique(units, return_inverse=True)
    count = np.bincount(units)
    means = np.zeros((len(count), differences.shape[1]))
    np.add.at(means, units, differences)
    means /= count[:, None]
    observed = means.mean(0)
    spread = means.std(0, ddof=1) if len(means) > 1 else np.zeros_like(observed)
    effect = np.divide(observed, spread, out=np.zeros_like(observed), where=spread > 0)
    rng = np.random.default_rng(seed)
    reached = np.zeros(len(observed))
    size = np.abs(observed) * (1 - 1e-9)
    for begin in range(0, rounds, _CHUNK):
        signs = rng.choice((-1.0, 1.0), (min(_CHUNK, rounds - begin), len(means)))
        reached += (np.abs(signs @ means / len(means)) >= size).sum(0)
    return effect, (reached + 1) / (rounds + 1)


def false_discovery(p_values: Floats) -> Floats:
    """Return the smallest false discovery rate at which each test is positive.

    Benjamini and Hochberg 1995; any shape.
    """
    flat = p_values.ravel()
    order = np.argsort(flat)[::-1]
    scaled = flat[order] * len(flat) / np.arange(len(flat), 0, -1)
    rates = np.empty_like(flat)
    rates[order] = np.minimum.accumulate(np.minimum(scaled, 1.0))
    return rates.reshape(p_values.shape)
