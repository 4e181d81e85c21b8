"""What each filter of the first layer responds to, where in genes it does so, and its name.

A filter is one output of the encoder's first convolution, one of the counted weight matrices, or
one hidden unit of the scorer of candidate sites. It is described by the sequences that excite it
most: the highest peaks of its response over both strands, aligned and counted into a matrix (as for
DeepBind; Alipanahi et al. 2015). The last two kinds of filter are asked only where the sequence
allows a site, so the word that this takes (such as GT) is no finding: it is left out of what names
them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from genefinder.dna import N
from genefinder.interpret.enrichment import Enrichment, compare_responses, discovery_rates
from genefinder.interpret.filters import Bank, list_banks, respond
from genefinder.interpret.landmarks import Landmarks, consensus
from genefinder.interpret.pieces import Piece
from genefinder.interpret.windows import Tracer, Window
from genefinder.network.layers import both_readings

REACH = 20
"""Bases on either side of a landmark in which a filter's response to it may lie."""
NAMED = 0.7
"""Similarity to a consensus from which on a filter carries its name."""
_LEAST_COLUMNS = 5
_WEAK, _STRONG = 0.1, 0.5
"""Bits from which on a column's letter is written at all, and in upper case."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Motif:
    """One filter.

    Attributes
    ----------
    bank, unit
        Where it belongs, and its number there.
    peaks
        Number of places that the matrix was made from.
    shares
        Shares of A, C, G, T, shape ``(columns, 4)``, in the filter's own reading direction.
    information
        Bits of each column against the background, shape ``(columns,)``.
    enrichments
        For each kind of landmark that the filter answers at.
    best, similarity
        Consensus that it resembles most, and the cosine between both, 0 to 1.
    """

    bank: Bank
    unit: int
    peaks: int
    shares: Floats
    information: Floats
    enrichments: tuple[Enrichment, ...]
    best: str
    similarity: float

    @property
    def id(self) -> str:
        """Bank and number."""
        kind = f".{self.bank.kind}" if self.bank.kind else ""
        return f"{self.bank.layer}{kind}" + (f".{self.unit}" if len(self.bank) > 1 else "")

    @property
    def name(self) -> str:
        """The landmark that it is named after; empty where it resembles none."""
        return self.best if self.similarity >= NAMED else ""

    @property
    def letters(self) -> str:
        """Most frequent base of each column; lower case where weak, ``.`` where there is none."""
        letters = []
        for row, bits in zip(self.shares, self.information, strict=True):
            base = "ACGT"[int(row.argmax())]
            letters.append("." if bits < _WEAK else base if bits >= _STRONG else base.lower())
        return "".join(letters)


def find_motifs(
    tracer: Tracer,
    pieces: Sequence[Piece],
    landmarks: Mapping[str, Landmarks],
    peaks: int = 500,
    rounds: int = 2_000,
    seed: int = 1,
) -> list[Motif]:
    """Describe every filter of the first layer.

    Parameters
    ----------
    tracer
        The network.
    pieces
        Annotated sequence, best such as training did not see.
    landmarks
        From :func:`genefinder.interpret.landmarks.find_landmarks` on the same pieces.
    peaks
        Places that a filter's matrix is made from, at most.
    rounds
        Random sign flips of the permutation test.
    seed
        Of the flips.

    Returns
    -------
    list of Motif
        By similarity to a consensus, highest first.

    Raises
    ------
    InputError
        If there are too few genes to compare anything.
    ModelError
        If the network has no filters.
    """
    banks = list_banks(tracer)
    collections = [_Collection(bank, peaks, landmarks) for bank in banks]
    background = np.ones(N)
    for number, piece in enumerate(pieces):
        counted = np.bincount(piece.forward.codes, minlength=N + 1)[:N]
        background += counted + counted[::-1]  # either strand
        for window, trace in tracer.trace(piece.forward.codes):
            readings = both_readings(torch.from_numpy(window.codes).unsqueeze(0))
            inside = {
                kind: landmark.within(number, window, len(piece))
                for kind, landmark in landmarks.items()
            }
            responses = respond(tracer, readings, trace)
            for collection, track in zip(collections, responses, strict=True):
                collection.add(track, readings, window, inside)
    background /= background.sum()
    known = {
        kind: consensus(pieces, landmark)[0]
        for kind, landmark in landmarks.items()
        if len(landmark)
    }
    tests = [compare_responses(one.responses, landmarks, rounds, seed) for one in collections]
    rates = discovery_rates(tests)
    motifs = []
    for collected, found, chances in zip(collections, tests, rates, strict=True):
        bank = collected.bank
        for unit in range(len(bank)):
            counts = collected.counts(unit)
            shares = (counts + background) / (counts.sum(1, keepdims=True) + 1)
            name, similarity = _match(shares - background, bank.learnt, known, background)
            motifs.append(
                Motif(
                    bank=bank,
                    unit=unit,
                    peaks=collected.found(unit),
                    shares=shares,
                    information=(shares * np.log2(shares / background)).sum(1),
                    enrichments=tuple(
                        test.of(unit, chance[unit])
                        for test, chance in zip(found, chances, strict=True)
                    ),
                    best=name,
                    similarity=similarity,
                )
            )
    return sorted(motifs, key=lambda motif: -motif.similarity)


class _Collection:
    """The highest peaks of each filter of a bank, and its responses at landmarks.

    Parameters
    ----------
    bank
        The filters.
    most
        Peaks to keep of each.
    landmarks
        Where to note responses.

    Attributes
    ----------
    responses
        By kind, ``(landmarks and decoys, offsets, filters)``; only the own kind and its very
        place for filters that are asked only there.
    """

    def __init__(self, bank: Bank, most: int, landmarks: Mapping[str, Landmarks]) -> None:
        self.bank = bank
        self._most = most
        reach = 0 if bank.kind else REACH
        self._offsets = np.arange(-reach, reach + 1)
        self.responses = {
            kind: np.zeros((len(landmark.real), len(self._offsets), len(bank)), np.float32)
            for kind, landmark in landmarks.items()
            if bank.kind in ("", kind)
        }
        self._heights = np.full((len(bank), most), -np.inf, np.float32)
        self._bases = np.full((len(bank), most, bank.columns), N, np.uint8)

    def found(self, unit: int) -> int:
        """Return the number of peaks kept of a filter."""
        return int(np.isfinite(self._heights[unit]).sum())

    def counts(self, unit: int) -> Floats:
        """Count the bases at a filter's peaks by column, shape ``(columns, 4)``."""
        bases = self._bases[unit, : self.found(unit)]
        return np.stack([(bases == base).sum(0) for base in range(N)], 1).astype(np.float64)

    def add(
        self,
        track: npt.NDArray[np.float32],
        readings: Tensor,
        window: Window,
        inside: Mapping[str, tuple[Ints, Ints, Ints]],
    ) -> None:
        """Take in one window: responses ``(2, T, filters)`` and where its landmarks lie."""
        for kind, values in self.responses.items():
            rows, side, place = inside[kind]
            values[rows] = track[side[:, None], place[:, None] + self._offsets]
        core = np.zeros(track.shape[:2], dtype=np.bool_)
        core[0, window.core] = True
        core[1, ::-1][window.core] = True
        peaks = np.isfinite(track) & core[:, :, None]
        if not self.bank.kind:  # candidate sites lie apart by themselves
            peaks &= (track > 0) & (track == _highest_near(track, self.bank.columns))
        codes = readings.numpy()
        columns = np.arange(-self.bank.before, self.bank.after + 1)
        for unit in range(len(self.bank)):
            side, place = np.nonzero(
                peaks[:, :, unit] & (track[:, :, unit] > self._heights[unit, -1])
            )
            heights = np.concatenate([self._heights[unit], track[side, place, unit]])
            order = np.argsort(-heights, kind="stable")[: self._most]
            bases = codes[side[:, None], place[:, None] + columns].astype(np.uint8)
            self._heights[unit] = heights[order]
            self._bases[unit] = np.concatenate([self._bases[unit], bases])[order]


def _highest_near(track: npt.NDArray[np.float32], reach: int) -> npt.NDArray[np.float32]:
    """Return the highest response within ``reach`` bases of each base, shape as given."""
    values = torch.from_numpy(track).transpose(1, 2)
    highest = functional.max_pool1d(values, 2 * reach + 1, 1, reach)
    return np.asarray(highest.transpose(1, 2).numpy())


def _match(
    shares: Floats,
    learnt: npt.NDArray[np.bool_],
    known: Mapping[str, Floats],
    background: Floats,
) -> tuple[str, float]:
    """Find the consensus that a matrix resembles most: the cosine at the best ungapped offset.

    Both are shares less the background. What lies beyond the other's ends counts as background;
    columns that are not learnt count nowhere.
    """
    best, similarity = "", 0.0
    own = np.where(learnt[:, None], shares, 0.0)
    for kind, full in known.items():
        for offset in range(_LEAST_COLUMNS - len(full), len(own) - _LEAST_COLUMNS + 1):
            low, high = max(0, offset), min(len(own), offset + len(full))
            other = full - background
            other[low - offset : high - offset][~learnt[low:high]] = 0.0
            norm = float(np.linalg.norm(own) * np.linalg.norm(other))
            overlap = float((own[low:high] * other[low - offset : high - offset]).sum())
            if norm > 0 and overlap / norm > similarity:
                best, similarity = kind, overlap / norm
    return best, similarity


def write_meme(motifs: Sequence[Motif], stream: TextIO) -> None:
    """Write matrices in the minimal MEME format, version 4, as motif tools read them."""
    stream.write("MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n")
    for motif in motifs:
        rows = len(motif.shares)
        stream.write(f"\nMOTIF {motif.id} {motif.name}".rstrip())
        stream.write(f"\nletter-probability matrix: alength= 4 w= {rows} nsites= {motif.peaks}\n")
        for shares in motif.shares:
            stream.write(" ".join(f"{share:.6f}" for share in shares) + "\n")
