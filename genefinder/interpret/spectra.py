"""Power spectra of a signal along regions of one context, and what tells two contexts apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genefinder.interpret.statistics import permute_groups

_RESAMPLES = 999

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """The power spectrum of the log-likelihood in one context.

    Attributes
    ----------
    context
        What the regions have in common, such as ``exon``.
    regions, windows
        How many.
    bits
        Mean of minus the binary logarithm of the likelihood: bits a base.
    frequencies
        Cycles a base, shape ``(n,)``.
    power, error
        Mean over regions, in squared nats, and its standard error, shape ``(n,)``.
    aligned, noise
        Power of the mean over regions, all in frame, and what regions that do not agree in frame
        would leave, each of shape ``(n,)``.
    thirds
        Power at 1/3 of each region, shape ``(regions,)``.
    """

    context: str
    regions: int
    windows: int
    bits: float
    frequencies: Floats
    power: Floats
    error: Floats
    aligned: Floats
    noise: Floats
    thirds: Floats

    @property
    def third(self) -> int:
        """Index of the frequency 1/3."""
        return int(np.abs(self.frequencies - 1 / 3).argmin())

    @property
    def aligned_third(self) -> float:
        """Power at 1/3 in frame, less the noise, but no less than the noise: what can be told."""
        noise = float(self.noise[self.third])
        return max(float(self.aligned[self.third]) - noise, noise)

    @property
    def p(self) -> float:
        """Chance of so much power at 1/3 without a common frame (Rayleigh's test over regions)."""
        return float(np.exp(-self.aligned[self.third] / self.noise[self.third]))

    @property
    def peak(self) -> float:
        """Power at 1/3 over the mean of the rest of the spectrum (beside the peak's own foot)."""
        third = self.third
        rest = np.abs(np.arange(len(self.power)) - third) > 2
        rest[:2] = False
        return float(self.power[third] / self.power[rest].mean())


@dataclass(frozen=True, slots=True)
class Contrast:
    """Power at 1/3 in two contexts.

    Attributes
    ----------
    first, second
        The contexts.
    ratio, low, high
        Of the mean power, with its 95 % interval (regions resampled).
    effect, p
        Cohen's d of the logarithm of power, and the p-value from permuting which region has which
        context.
    aligned_ratio
        Of the power in frame; where the second context has none above its noise, what is certain
        at least.
    """

    first: str
    second: str
    ratio: float
    low: float
    high: float
    effect: float
    p: float
    aligned_ratio: float


def average_spectra(context: str, parts: Sequence[Floats], window: int) -> Spectrum:
    """Average the spectra of windows over regions.

    Parameters
    ----------
    context
        What the regions have in common.
    parts
        Log-likelihoods of each region, cut into windows: ``(windows, window)``.
    window
        Bases of a window, a multiple of 3.
    """
    taper = np.hanning(window + 2)[1:-1]
    taper /= np.sqrt((taper**2).sum())
    transforms = [
        np.fft.rfft((part - part.mean(1, keepdims=True)) * taper, axis=1) for part in parts
    ]
    power = np.stack([(np.abs(part) ** 2).mean(0) for part in transforms])
    means = np.stack([part.mean(0) for part in transforms])
    every = np.concatenate(parts)
    return Spectrum(
        context=context,
        regions=len(parts),
        windows=len(every),
        bits=float(-every.mean() / np.log(2)),
        frequencies=np.asarray(np.fft.rfftfreq(window), dtype=np.float64),
        power=power.mean(0),
        error=power.std(0, ddof=1) / np.sqrt(len(power)),
        aligned=np.abs(means.mean(0)) ** 2,
        noise=(np.abs(means) ** 2).sum(0) / len(means) ** 2,
        thirds=power[:, window // 3],
    )


def contrast_spectra(
    first: Spectrum, second: Spectrum, rounds: int, seed: int, rng: np.random.Generator
) -> Contrast:
    """Compare the power at 1/3, regions as units.

    Parameters
    ----------
    first, second
        Spectra of two contexts.
    rounds, seed
        Permutations of the test, and their seed.
    rng
        Draws the regions of the interval.
    """
    logs = [np.log(one.thirds + 1e-12)[:, None] for one in (first, second)]
    effect, p, _ = permute_groups(logs[0], logs[1], rounds, seed)
    means = [
        np.array(
            [
                one.thirds[rng.integers(0, one.regions, one.regions)].mean()
                for _ in range(_RESAMPLES)
            ]
        )
        for one in (first, second)
    ]
    low, high = np.quantile(means[0] / means[1], (0.025, 0.975))
    return Contrast(
        first.context,
        second.context,
        float(first.thirds.mean() / second.thirds.mean()),
        float(low),
        float(high),
        float(effect[0]),
        float(p[0]),
        first.aligned_third / second.aligned_third,
    )
