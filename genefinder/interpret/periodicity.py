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
from genefinder.grammar.labels import ACCEPTOR, DONOR, INTRON
from genefinder.interpret.pieces import Piece
from genefinder.interpret.spectra import Contrast, Spectrum, average_spectra, contrast_spectra
from genefinder.interpret.windows import Tracer
from genefinder.network.next_base import NextBase

CONTEXTS = ("exon", "intron", "intergenic")
FLANK = 150
"""Bases shown on either side of a splice site."""
_DEMODULATED = 33
"""Bases over which the part with period three is measured around splice sites; a multiple of 3."""
_LEAST_REGIONS = 5

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


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
    readings = [reading.codes for reading in piece.readings()]
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
        spectra.append(average_spectra(context, parts, window))
    rng = np.random.default_rng(seed)
    exon, others = spectra[0], spectra[1:]
    contrasts = [contrast_spectra(exon, other, rounds, seed, rng) for other in others]
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
