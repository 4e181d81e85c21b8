"""Posteriors that mean what they say: of the genes written with 0.8, four in five are right.

A network is surer, or less sure, than its record allows. The record is counted on sequence that it
was not trained on, and a curve of three numbers turns a raw posterior into the share of predictions
of that posterior that were right. The curve rises everywhere, so it changes no order of genes.
"""

import math
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from genefinder.errors import InputError
from genefinder.genes import Gene, PartPosteriors, Transcript

KINDS = ("gene", "exon", "start", "stop", "donor", "acceptor")
"""What has a curve of its own: whole genes, coding segments and the four sites."""

_EDGE = 1e-6
"""Posteriors closer to 0 or 1 than this count as this close."""
_FLOOR = 0.02
"""Least slope of a curve on either side, so that it always rises."""
_PRIOR = 1.0
"""Weight of the prior belief in the raw posterior: a normal distribution around no change."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A rising map of the unit interval onto itself.

    ``p`` becomes ``1 / (1 + exp(-(low ln p - high ln(1 - p) + shift)))``, the beta calibration of
    Kull, Silva Filho and Flach (2017, doi:10.1214/17-EJS1338SI). The default changes nothing.
    """

    low: float = 1.0
    high: float = 1.0
    shift: float = 0.0

    def __call__(self, posterior: float) -> float:
        """Return the calibrated posterior."""
        p = min(max(posterior, _EDGE), 1.0 - _EDGE)
        value = self.low * math.log(p) - self.high * math.log1p(-p) + self.shift
        return 1.0 / (1.0 + math.exp(-value)) if value > -700.0 else 0.0


def fit_curve(
    posteriors: npt.NDArray[np.float64] | list[float], right: npt.NDArray[np.bool_] | list[bool]
) -> Curve:
    """Fit a curve to raw posteriors and what was right, by penalised maximum likelihood.

    The penalty keeps a handful of predictions, or predictions that are all right, from bending the
    curve more than they can know; without any the curve changes nothing.

    Parameters
    ----------
    posteriors
        Raw posteriors, shape ``(n,)``.
    right
        Whether each prediction was right, shape ``(n,)``.
    """
    p = np.clip(np.asarray(posteriors, dtype=np.float64), _EDGE, 1.0 - _EDGE)
    y = np.asarray(right, dtype=np.float64)
    features = np.stack([np.log(p), -np.log1p(-p), np.ones_like(p)], axis=1)
    weights = _newton(features, y, np.array([True, True, True]))
    # A slope that is not positive is set to the least, and the others are fitted again.
    steep = weights[:2] >= _FLOOR
    if not steep.all():
        weights = _newton(features, y, np.append(steep, True))
    low, high, shift = (round(float(weight), 4) for weight in weights)
    return Curve(max(low, _FLOOR), max(high, _FLOOR), shift)


def _newton(
    features: npt.NDArray[np.float64],
    right: npt.NDArray[np.float64],
    free: npt.NDArray[np.bool_],
) -> npt.NDArray[np.float64]:
    """Maximise the penalised likelihood over the free weights; the others have the least slope."""
    prior = np.array([1.0, 1.0, 0.0])
    weights = np.where(free, prior, _FLOOR)

    def loss(values: npt.NDArray[np.float64]) -> float:
        z = features @ values
        penalty = 0.5 * _PRIOR * ((values - prior)[free] ** 2).sum()
        return float((np.logaddexp(0.0, z) - right * z).sum() + penalty)

    for _ in range(100):
        share = 0.5 * (1.0 + np.tanh(0.5 * (features @ weights)))
        gradient = features.T @ (share - right) + _PRIOR * (weights - prior)
        curvature = (features * (share * (1.0 - share))[:, None]).T @ features
        curvature += _PRIOR * np.eye(3)
        step = np.zeros(3)
        step[free] = np.linalg.solve(curvature[np.ix_(free, free)], gradient[free])
        size = 1.0
        while size > 1e-6 and loss(weights - size * step) > loss(weights):
            size /= 2
        weights = weights - size * step
        if np.abs(size * step).max() < 1e-9:
            break
    return weights


@dataclass(frozen=True, slots=True)
class Calibration:
    """The curves of a model; what has none is left as it is.

    Attributes
    ----------
    curves
        By kind, see :data:`KINDS`.
    """

    curves: Mapping[str, Curve] = field(default_factory=dict)

    def __call__(self, kind: str, posterior: float) -> float:
        """Return the calibrated posterior of something of this kind."""
        curve = self.curves.get(kind)
        return posterior if curve is None else curve(posterior)

    def apply(self, gene: Gene) -> Gene:
        """Return the gene with calibrated posteriors, those of its parts included.

        Where the curves say that a gene is more probable than an exon of it, or an exon than one of
        its ends, the part is given the posterior of the whole.
        """
        if not self.curves:
            return gene
        transcripts = tuple(self._transcript(transcript) for transcript in gene.transcripts)
        return replace(gene, transcripts=transcripts)

    def _transcript(self, transcript: Transcript) -> Transcript:
        posterior, part_posteriors = transcript.posterior, transcript.part_posteriors
        if posterior is not None:
            posterior = self("gene", posterior)
        if part_posteriors is not None:
            exons, ends = [], []
            # Each kind has a curve of its own, but a part is never less probable than the whole.
            for exon, sites, given in zip(
                part_posteriors.exons, transcript.sites(), part_posteriors.ends, strict=True
            ):
                exons.append(max(self("exon", exon), posterior or 0.0))
                low, high = (
                    None if end is None else max(self(site, end), exons[-1])
                    for site, end in zip(sites, given, strict=True)
                )
                ends.append((low, high))
            part_posteriors = PartPosteriors(tuple(exons), tuple(ends))
        return replace(transcript, posterior=posterior, part_posteriors=part_posteriors)

    def to_dict(self) -> dict[str, Any]:
        """Return the curves as JSON can hold them: three numbers each."""
        return {kind: list(astuple(curve)) for kind, curve in self.curves.items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote.

        Raises
        ------
        InputError
            If a kind is unknown, or a curve is not three finite numbers that make it rise.
        """
        curves = {}
        for kind, numbers in values.items():
            if kind not in KINDS:
                raise InputError(
                    f"calibration: unknown kind {kind!r}; known are {', '.join(KINDS)}"
                )
            usable = isinstance(numbers, list) and len(numbers) == 3
            if not usable or not all(
                isinstance(number, int | float) and math.isfinite(number) for number in numbers
            ):
                raise InputError(f"calibration: {kind} must be three numbers, not {numbers!r}")
            if min(numbers[:2]) <= 0:
                raise InputError(f"calibration: the curve of {kind} must rise, not {numbers!r}")
            curves[kind] = Curve(*numbers)
        return cls(curves)
