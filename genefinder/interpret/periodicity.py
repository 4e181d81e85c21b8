"""Periodicity: the spectrum of how well the next base is predicted, by context.

The log-likelihood of each base, given those before it in its reading, is a signal along the
sequence. In coding exons it has a period of three where the network has learnt codons. Windows of
single exons, introns (both on their own strand) and intergenic stretches give two spectra. The mean
of the windows' power spectra needs no frame, but what is random from base to base stands below its
peaks as a floor. The power of the windows' mean, all of them begun at the first base of a codon, is
free of that floor: what does not keep step with the codons cancels out. Introns continue the frame
of the exon before them, which should mean nothing there. Around splice sites the part with period
three is followed in the same way, base by base.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genefinder.dna import N
from genefinder.errors import InputError, ModelError
from genefinder.interpret.pieces import Piece
from genefinder.interpret.statistics import permute_groups
from genefinder.interpret.windows import Tracer
from genefinder.labels import ACCEPTOR, DONOR, INTRON
from genefinder.network.nextbase import NextBase

CONTEXTS = ("exon", "intron", "intergenic")
FLANK = 150
"""Bases shown on either side of a splice site."""
_DEMODULATED = 33
"""Bases over which the part with period three is measured around splice sites; a multiple of 3."""
_LEAST_REGIONS = 5

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """The power spectrum of the log-likelihood in one context.

    Attributes
    ----------
    context
        One of :data:`CONTEXTS`.
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


@dataclass(frozen=True, slots=True, eq=False)
class Boundary:
    """The part with period three around splice sites, in the frame of the exon.

    Attributes
    ----------
    kind
        ``donor`` (exon, then intron) or ``acceptor`` (intron, then exon).
    sites
        How many.
    offsets
        Middle of each stretch, in bases from the first base after the boundary.
    power, noise
        Squared amplitude of the mean over sites, and what sites that do not agree in frame would
        leave, each ``(n,)``, in squared nats.
    """

    kind: str
    sites: int
    offsets: Ints
    power: Floats
    noise: Floats


def likelihoods(tracer: Tracer, piece: Piece) -> Floats:
    """Compute the log-likelihood of every base in both readings.

    Returns
    -------
    ndarray
        Natural logarithms, ``(2, T)``: each row in its own reading's direction; NaN at N.

    Raises
    ------
    ModelError
        If the network does not predict the next base.
    """
    if not isinstance(tracer.network, NextBase):
        raise ModelError(
            "this model finds genes and predicts no bases: give one that `genefinder pretrain` made"
        )
    readings = [one.codes for one in piece.readings()]
    out = np.full((2, len(piece)), np.nan)
    for window, trace in tracer.trace(piece.forward.codes):
        logs = trace.output.numpy()
        span = len(window.codes)
        for side in (0, 1):
            core = window.core
            if side:
                core = slice(span - core.stop, span - core.start)
                place = slice(len(piece) - window.end, len(piece) - window.start)
            else:
                place = slice(window.start, window.end)
            codes = readings[side][place]
            known = np.flatnonzero(codes < N)
            out[side, place.start + known] = logs[side, core][known, codes[known]]
    return out


def inspect_periodicity(
    tracer: Tracer,
    pieces: Sequence[Piece],
    window: int = 99,
    rounds: int = 10_000,
    seed: int = 1,
) -> tuple[list[Spectrum], list[Contrast], list[Boundary]]:
    """Compare the spectra of the next base's log-likelihood between contexts.

    Parameters
    ----------
    tracer
        A network that predicts the next base.
    pieces
        Annotated sequence that it was not trained on.
    window
        Bases of a spectrum, a multiple of 3; shorter regions are left out.
    rounds
        Permutations, and resamples of the interval.
    seed
        Of these.

    Raises
    ------
    InputError
        If ``window`` is no multiple of 3, or a context has fewer than five regions so long.
    ModelError
        If the network does not predict the next base.
    """
    if window < 9 or window % 3:
        raise InputError(f"a window of {window} bases has no period of 3: give a multiple of 3")
    regions: dict[str, list[Floats]] = {context: [] for context in CONTEXTS}
    around: dict[str, list[npt.NDArray[np.complex128]]] = {"donor": [], "acceptor": []}
    for piece in pieces:
        logs = likelihoods(tracer, piece)
        for context, signal in _signals(piece, logs):
            count = len(signal) // window
            cut = signal[: count * window].reshape(count, window)
            cut = cut[~np.isnan(cut).any(1)]
            if len(cut):
                regions[context].append(cut)
        for kind, part in _demodulated(piece, logs):
            around[kind].append(part)
    spectra = []
    for context, parts in regions.items():
        if len(parts) < _LEAST_REGIONS:
            raise InputError(
                f"{context}: {len(parts)} regions of {window} bases or more; {_LEAST_REGIONS} are "
                "needed: give more sequence, or a shorter --window"
            )
        spectra.append(_spectrum(context, parts, window))
    rng = np.random.default_rng(seed)
    exon, others = spectra[0], spectra[1:]
    contrasts = [_contrast(exon, other, rounds, seed, rng) for other in others]
    return spectra, contrasts, [_boundary(kind, parts) for kind, parts in around.items() if parts]


def _signals(piece: Piece, logs: Floats) -> Iterator[tuple[str, Floats]]:
    """Yield the log-likelihoods of each region in its own direction, from a codon's first base."""
    readings = piece.readings()
    for transcript in piece.transcripts:
        side = int(transcript.strand == "-")
        reading = readings[side]
        for context, spans in (("exon", transcript.cds), ("intron", transcript.introns())):
            for start, end in spans:
                low, high = start - piece.start, end - piece.start
                if side:
                    low, high = len(piece) - high, len(piece) - low
                if not reading.masked[low:high].any():
                    # Codon position of an exon's first base; bases of the codon before an intron.
                    into = (int(reading.labels[low]) - 1) % 3
                    yield context, logs[side, low + (3 - into) % 3 : high]
    free = (piece.forward.labels == 0) & ~piece.forward.masked
    edges = np.flatnonzero(np.diff(np.concatenate(([False], free, [False])).astype(np.int8)))
    for start, end in edges.reshape(-1, 2):
        yield "intergenic", logs[0, start:end]


def _spectrum(context: str, parts: Sequence[Floats], window: int) -> Spectrum:
    """Average the spectra of windows over regions."""
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


def _contrast(
    first: Spectrum, second: Spectrum, rounds: int, seed: int, rng: np.random.Generator
) -> Contrast:
    """Compare the power at 1/3, regions as units."""
    logs = [np.log(one.thirds + 1e-12)[:, None] for one in (first, second)]
    effect, p, _ = permute_groups(logs[0], logs[1], rounds, seed)
    means = [
        np.array([one.thirds[rng.integers(0, one.regions, one.regions)].mean() for _ in range(999)])
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


def _demodulated(piece: Piece, logs: Floats) -> list[tuple[str, npt.NDArray[np.complex128]]]:
    """Return, for each splice site, the part with period three around it in the exon's frame."""
    found = []
    reach = FLANK + _DEMODULATED
    offsets = np.arange(-reach, reach)
    smooth = np.ones(_DEMODULATED) / _DEMODULATED
    for side, reading in enumerate(piece.readings()):
        for kind, channel in (("donor", DONOR), ("acceptor", ACCEPTOR)):
            sites = reading.positions[reading.channels == channel]
            for site in sites.tolist():
                phase = int(reading.labels[site]) - 1 - INTRON
                # From the first base after the boundary on: in the intron, or in the next exon.
                edge = site if kind == "donor" else site + 1
                if edge < reach or edge + reach > len(piece) or not 0 <= phase < 3:
                    continue
                signal = logs[side, edge - reach : edge + reach]
                if np.isnan(signal).any():
                    continue
                wave = np.exp(-2j * np.pi * (phase + offsets) / 3)
                part = np.convolve((signal - signal.mean()) * wave, smooth, mode="valid")
                found.append((kind, part[::3]))
    return found


def _boundary(kind: str, parts: Sequence[npt.NDArray[np.complex128]]) -> Boundary:
    """Average over sites."""
    values = np.stack(parts)
    mean = values.mean(0)
    scatter = (np.abs(values - mean) ** 2).sum(0) / max(1, len(values) - 1) / len(values)
    first = -(FLANK + _DEMODULATED) + _DEMODULATED // 2
    offsets = first + 3 * np.arange(values.shape[1])
    return Boundary(kind, len(values), offsets, np.abs(mean) ** 2, scatter)
