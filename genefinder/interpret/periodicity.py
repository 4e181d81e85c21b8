"""Periodicity: the spectrum of what a network says of each base, by context.

The signal of a network that predicts the next base is the log-likelihood of each base, given those
before it in its reading; that of a gene model is its score for the first base of a codon. In coding
exons both have a period of three where the network knows codons. Windows of single exons, introns
(both on their own strand) and intergenic regions give two spectra. The mean of the windows' power
spectra needs no frame, but what is random from base to base stands below its peaks as a floor. The
power of the windows' mean, all of them begun at the first base of a codon, is free of that floor:
what does not keep step with the codons cancels out. Introns continue the frame of the exon before
them, which should mean nothing there. Around splice sites the part with period three is followed in
the same way, base by base.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from genefinder.dna import N
from genefinder.errors import InputError
from genefinder.grammar.labels import ACCEPTOR, DONOR, EXON, INTRON, STRAND_CHANNELS
from genefinder.interpret.activations import Tracer
from genefinder.interpret.sequence import AnnotatedSequence
from genefinder.interpret.statistics import permute_groups
from genefinder.io.tsv import write_tsv
from genefinder.network.next_base import NextBase

CONTEXTS = ("exon", "intron", "intergenic")
FLANK = 150
"""Bases shown on either side of a splice site."""
_DEMODULATED = 33
"""Bases over which the part with period three is measured around splice sites; a multiple of 3."""
LEAST_REGIONS = 5
"""Regions that each context must have."""
_RESAMPLES = 999
_SILENT = 1e-12
"""Power, in squared nats, of a signal that does not change."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """The power spectrum of the signal in one context.

    Attributes
    ----------
    context
        What the regions have in common, such as ``exon``.
    regions, windows
        How many.
    bits
        Mean of minus the binary logarithm of the likelihood: bits a base; NaN for a gene model,
        which predicts no bases.
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

    def summary(self) -> tuple[str, int, int, float, float, float, float, float, float]:
        """Return what there is to say of the frequency 1/3; the columns are :data:`SPECTRA`."""
        third = self.third
        return (
            *(self.context, self.regions, self.windows, self.bits),
            *(float(self.power[third]), self.peak),
            *(float(self.aligned[third]), float(self.noise[third]), self.p),
        )


@dataclass(frozen=True, slots=True)
class PeriodContrast:
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
class SplicePeriod:
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


def trace_signal(tracer: Tracer, sequence: AnnotatedSequence) -> Floats:
    """Compute what a network says of every base in both readings.

    Returns
    -------
    ndarray
        In nats, ``(2, T)``: each row in its own reading's direction; NaN at N. Of a network that
        predicts the next base, the log-likelihood of each base; of a gene model, its score for the
        first base of a codon.
    """
    readings = [reading.codes for reading in sequence.readings()]
    out = np.full((2, len(sequence)), np.nan)
    for window, activations in tracer.trace(sequence.codes):
        values = activations.output.numpy()
        if predicts_bases := isinstance(tracer.network, NextBase):
            signal = values
        else:
            first = values[0, :, EXON], values[0, ::-1, STRAND_CHANNELS + EXON]
            signal = np.stack(first)[:, :, None]
        span = window.length
        for side in (0, 1):
            core = window.core
            if side:
                core = slice(span - core.stop, span - core.start)
                position = slice(len(sequence) - window.end, len(sequence) - window.start)
            else:
                position = slice(window.start, window.end)
            codes = readings[side][position]
            known = np.flatnonzero(codes < N)
            said = codes[known] if predicts_bases else 0
            out[side, position.start + known] = signal[side, core][known, said]
    return out


def inspect_periodicity(
    tracer: Tracer,
    sequences: Sequence[AnnotatedSequence],
    window: int = 99,
    rounds: int = 10_000,
    seed: int = 1,
) -> tuple[list[Spectrum], list[PeriodContrast], list[SplicePeriod]]:
    """Compare the spectra of what a network says of each base between contexts.

    Parameters
    ----------
    tracer
        A network of either kind.
    sequences
        Annotated sequence that it was not trained on.
    window, rounds, seed
        As for :func:`compare_contexts`.

    Raises
    ------
    InputError
        If ``window`` is no multiple of 3, or a context has fewer than five regions so long.
    """
    signals = (trace_signal(tracer, sequence) for sequence in sequences)
    spectra, contrasts, periods = compare_contexts(sequences, signals, window, rounds, seed)
    if not isinstance(tracer.network, NextBase):
        spectra = [replace(spectrum, bits=float("nan")) for spectrum in spectra]
    return spectra, contrasts, periods


def compare_contexts(
    sequences: Sequence[AnnotatedSequence],
    signals: Iterable[Floats],
    window: int,
    rounds: int,
    seed: int,
    flank: int = FLANK,
    least_regions: int = LEAST_REGIONS,
) -> tuple[list[Spectrum], list[PeriodContrast], list[SplicePeriod]]:
    """Compare the spectra of signals between contexts.

    Parameters
    ----------
    sequences
        Annotated sequence.
    signals
        Of each, as :func:`trace_signal` returns them.
    window
        Bases of a spectrum, a multiple of 3; shorter regions are left out.
    rounds
        Permutations, and resamples of the interval.
    seed
        Of these.
    flank
        Bases followed on either side of a splice site.
    least_regions
        Regions that each context must have.

    Returns
    -------
    tuple
        A spectrum for each of :data:`CONTEXTS`; exons beside each other context; and donors and
        acceptors, where there are any.

    Raises
    ------
    InputError
        If ``window`` is no multiple of 3, a context has too few regions so long, or the signal is
        the same everywhere.
    """
    if window < 9 or window % 3:
        raise InputError(f"a window of {window} bases has no period of 3: give a multiple of 3")
    regions: dict[str, list[Floats]] = {context: [] for context in CONTEXTS}
    around: dict[str, list[npt.NDArray[np.complex128]]] = {"donor": [], "acceptor": []}
    for sequence, known in zip(sequences, signals, strict=True):
        for context, signal in _cut_regions(sequence, known):
            count = len(signal) // window
            cut = signal[: count * window].reshape(count, window)
            cut = cut[~np.isnan(cut).any(1)]
            if len(cut):
                regions[context].append(cut)
        for kind, part in _demodulated(sequence, known, flank):
            around[kind].append(part)
    spectra = []
    for context, parts in regions.items():
        if len(parts) < least_regions:
            raise InputError(
                f"{context}: {len(parts)} regions of {window} bases or more; {least_regions} are "
                "needed: give more sequence, or a shorter --window"
            )
        spectra.append(average_spectra(context, parts, window))
    if all(spectrum.power.max() < _SILENT for spectrum in spectra):
        raise InputError("the model says the same of every base, so nothing has a period here")
    rng = np.random.default_rng(seed)
    exon, others = spectra[0], spectra[1:]
    contrasts = [contrast_spectra(exon, other, rounds, seed, rng) for other in others]
    periods = [_splice_period(kind, parts, flank) for kind, parts in around.items() if parts]
    return spectra, contrasts, periods


def average_spectra(context: str, parts: Sequence[Floats], window: int) -> Spectrum:
    """Average the spectra of windows over regions.

    Parameters
    ----------
    context
        What the regions have in common.
    parts
        Signal of each region, cut into windows: ``(windows, window)``.
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
) -> PeriodContrast:
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
    logs = [np.log(spectrum.thirds + 1e-12)[:, None] for spectrum in (first, second)]
    effect, p, _ = permute_groups(logs[0], logs[1], rounds, seed)
    means = [
        np.array(
            [
                spectrum.thirds[rng.integers(0, spectrum.regions, spectrum.regions)].mean()
                for _ in range(_RESAMPLES)
            ]
        )
        for spectrum in (first, second)
    ]
    low, high = np.quantile(means[0] / means[1], (0.025, 0.975))
    return PeriodContrast(
        first.context,
        second.context,
        float(first.thirds.mean() / second.thirds.mean()),
        float(low),
        float(high),
        float(effect[0]),
        float(p[0]),
        first.aligned_third / second.aligned_third,
    )


def _cut_regions(sequence: AnnotatedSequence, signal: Floats) -> Iterator[tuple[str, Floats]]:
    """Yield the signal of each region in its own direction, from a codon's first base."""
    readings = sequence.readings()
    for transcript in sequence.transcripts:
        side = int(transcript.strand == "-")
        reading = readings[side]
        for context, spans in (("exon", transcript.cds), ("intron", transcript.introns())):
            for start, end in spans:
                low, high = start - sequence.start, end - sequence.start
                if side:
                    low, high = len(sequence) - high, len(sequence) - low
                if not reading.masked[low:high].any():
                    # Codon position of an exon's first base; bases of the codon before an intron.
                    into = (int(reading.labels[low]) - 1) % 3
                    yield context, signal[side, low + (3 - into) % 3 : high]
    for start, end in sequence.intergenic():
        yield "intergenic", signal[0, start:end]


def _demodulated(
    sequence: AnnotatedSequence, signal: Floats, flank: int
) -> list[tuple[str, npt.NDArray[np.complex128]]]:
    """Return, for each splice site, the part with period three around it in the exon's frame."""
    found = []
    reach = flank + _DEMODULATED
    offsets = np.arange(-reach, reach)
    smooth = np.ones(_DEMODULATED) / _DEMODULATED
    for side, reading in enumerate(sequence.readings()):
        for kind, channel in (("donor", DONOR), ("acceptor", ACCEPTOR)):
            sites = reading.positions[reading.channels == channel]
            for site in sites.tolist():
                phase = int(reading.labels[site]) - 1 - INTRON
                # From the first base after the boundary on: in the intron, or in the next exon.
                edge = site if kind == "donor" else site + 1
                if edge < reach or edge + reach > len(sequence) or not 0 <= phase < 3:
                    continue
                around = signal[side, edge - reach : edge + reach]
                if np.isnan(around).any():
                    continue
                wave = np.exp(-2j * np.pi * (phase + offsets) / 3)
                part = np.convolve((around - around.mean()) * wave, smooth, mode="valid")
                found.append((kind, part[::3]))
    return found


def _splice_period(
    kind: str, parts: Sequence[npt.NDArray[np.complex128]], flank: int
) -> SplicePeriod:
    """Average over sites."""
    values = np.stack(parts)
    mean = values.mean(0)
    scatter = (np.abs(values - mean) ** 2).sum(0) / max(1, len(values) - 1) / len(values)
    first = -(flank + _DEMODULATED) + _DEMODULATED // 2
    offsets = first + 3 * np.arange(values.shape[1])
    return SplicePeriod(kind, len(values), offsets, np.abs(mean) ** 2, scatter)


SPECTRA = (
    *("context", "regions", "windows", "bits_per_base", "power_third", "over_rest"),
    *("aligned_third", "aligned_noise", "aligned_p"),
)
"""Columns of ``contexts.tsv``, in the order of :meth:`Spectrum.summary`."""
CONTRASTS = ("first", "second", "ratio", "low", "high", "effect", "p", "aligned_ratio")
"""Columns of ``contrasts.tsv``, each an attribute of :class:`PeriodContrast`."""


def write_periodicity(
    folder: Path,
    spectra: Sequence[Spectrum],
    contrasts: Sequence[PeriodContrast],
    periods: Sequence[SplicePeriod],
) -> None:
    """Write ``spectra.tsv``, ``contexts.tsv``, ``contrasts.tsv`` and ``boundaries.tsv``.

    Raises
    ------
    InputError
        The files cannot be written.
    """
    write_tsv(
        folder / "spectra.tsv",
        ("context", "frequency", "power", "error", "aligned", "noise"),
        (
            (spectrum.context, *map(float, values))
            for spectrum in spectra
            for values in zip(
                *(spectrum.frequencies, spectrum.power, spectrum.error),
                *(spectrum.aligned, spectrum.noise),
                strict=True,
            )
        ),
    )
    write_tsv(folder / "contexts.tsv", SPECTRA, (spectrum.summary() for spectrum in spectra))
    write_tsv(
        folder / "contrasts.tsv",
        CONTRASTS,
        ([getattr(contrast, name) for name in CONTRASTS] for contrast in contrasts),
    )
    write_tsv(
        folder / "boundaries.tsv",
        ("boundary", "sites", "offset", "power", "noise"),
        (
            (period.kind, period.sites, int(offset), float(power), float(noise))
            for period in periods
            for offset, power, noise in zip(period.offsets, period.power, period.noise, strict=True)
        ),
    )
