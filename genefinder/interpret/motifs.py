"""What each filter of the first layer responds to, where in genes it does so, and its name.

A filter is one output of the encoder's first convolution, one of the weight matrices of the
species' statistics, or one hidden unit of the scorer of candidate sites. It is described by the
sequences that excite it most: the highest peaks of its response over both strands, aligned and
counted into a matrix (as for DeepBind; Alipanahi et al. 2015). The last two kinds of filter are
asked only where the sequence allows a site, so the word that this takes (such as GT) is no finding:
it is left out of what names them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from genefinder.data.read_windows import ReadWindow
from genefinder.dna import N
from genefinder.errors import InputError
from genefinder.interpret.activations import Tracer
from genefinder.interpret.filters import Bank, list_banks, respond
from genefinder.interpret.landmarks import KINDS, Landmarks, consensus
from genefinder.interpret.sequence import AnnotatedSequence
from genefinder.interpret.statistics import auc, false_discovery, flip_signs
from genefinder.io.output import open_output
from genefinder.io.tsv import write_tsv
from genefinder.network.layers import both_readings

REACH = 20
"""Bases on either side of a landmark in which a filter's response to it may lie."""
NAMED = 0.7
"""Similarity to a consensus from which on a filter carries its name."""
_LEAST_COLUMNS = 5
_LEAST_GENES = 8
_WEAK, _STRONG = 0.1, 0.5
"""Bits from which on a column's letter is written at all, and in upper case."""

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
class Motif:
    """One filter.

    Attributes
    ----------
    bank, unit
        Where it belongs, and its number there.
    peaks
        Number of positions that the matrix was made from.
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

    def auc_at(self, kind: str) -> float:
        """Return the area under the curve at landmarks of a kind; NaN where it was not tested."""
        return next((test.auc for test in self.enrichments if test.kind == kind), float("nan"))


def find_motifs(
    tracer: Tracer,
    sequences: Sequence[AnnotatedSequence],
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
    sequences
        Annotated sequence, best such as training did not see.
    landmarks
        From :func:`genefinder.interpret.landmarks.find_landmarks` on the same sequences.
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
    for number, sequence in enumerate(sequences):
        counted = np.bincount(sequence.codes, minlength=N + 1)[:N]
        background += counted + counted[::-1]  # either strand
        for window, activations in tracer.trace(sequence.codes):
            readings = both_readings(torch.from_numpy(window.read(sequence.codes)).unsqueeze(0))
            inside = {
                kind: landmark.within(number, window, len(sequence))
                for kind, landmark in landmarks.items()
            }
            responses = respond(tracer, readings, activations)
            for collection, track in zip(collections, responses, strict=True):
                collection.add(track, readings, window, inside)
    background /= background.sum()
    known = {
        kind: consensus(sequences, landmark)[0]
        for kind, landmark in landmarks.items()
        if len(landmark)
    }
    tests = [enrich(collection.responses, landmarks, rounds, seed) for collection in collections]
    rates = _discovery_rates(tests)
    motifs = []
    for collected, found, chances in zip(collections, tests, rates, strict=True):
        bank = collected.bank
        for unit in range(len(bank)):
            counts = collected.counts(unit)
            shares = (counts + background) / (counts.sum(1, keepdims=True) + 1)
            name, similarity = match_consensus(shares - background, bank.learnt, known, background)
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


@dataclass(frozen=True, slots=True, eq=False)
class _BankEnrichment:
    """Every filter of a bank at landmarks of one kind.

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


def enrich(
    responses: Mapping[str, npt.NDArray[np.float32]],
    landmarks: Mapping[str, Landmarks],
    rounds: int,
    seed: int,
) -> list[_BankEnrichment]:
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
        sites, values = landmarks[kind], responses[kind].astype(np.float64)
        difference = sites.differences(values)
        choosing = sites.genes % 2 == 0
        spread = difference[choosing].std(0) + 1e-12
        shift = np.abs(difference[choosing].mean(0) / spread).argmax(0)
        units = np.arange(values.shape[2])
        effect, p = flip_signs(
            difference[~choosing][:, shift, units], sites.genes[~choosing], rounds, seed
        )
        measured = ~choosing[sites.landmark]
        chosen = values[:, shift, units]
        areas = [
            auc(chosen[measured & sites.real, unit], chosen[measured & ~sites.real, unit])
            for unit in units
        ]
        offsets = shift - (values.shape[1] - 1) // 2
        tests.append(_BankEnrichment(kind, offsets, np.array(areas), effect, p))
    return tests


def _discovery_rates(tests: Sequence[Sequence[_BankEnrichment]]) -> list[list[Floats]]:
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
        position for filters that are asked only there.
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
        window: ReadWindow,
        inside: Mapping[str, tuple[Ints, Ints, Ints]],
    ) -> None:
        """Take in one window: responses ``(2, T, filters)`` and where its landmarks lie."""
        for kind, values in self.responses.items():
            rows, side, position = inside[kind]
            values[rows] = track[side[:, None], position[:, None] + self._offsets]
        core = np.zeros(track.shape[:2], dtype=np.bool_)
        core[0, window.core] = True
        core[1, ::-1][window.core] = True
        peaks = np.isfinite(track) & core[:, :, None]
        if not self.bank.kind:  # candidate sites lie apart by themselves
            peaks &= (track > 0) & (track == _highest_near(track, self.bank.columns))
        codes = readings.numpy()
        columns = np.arange(-self.bank.before, self.bank.after + 1)
        for unit in range(len(self.bank)):
            side, position = np.nonzero(
                peaks[:, :, unit] & (track[:, :, unit] > self._heights[unit, -1])
            )
            heights = np.concatenate([self._heights[unit], track[side, position, unit]])
            order = np.argsort(-heights, kind="stable")[: self._most]
            bases = codes[side[:, None], position[:, None] + columns].astype(np.uint8)
            self._heights[unit] = heights[order]
            self._bases[unit] = np.concatenate([self._bases[unit], bases])[order]


def _highest_near(track: npt.NDArray[np.float32], reach: int) -> npt.NDArray[np.float32]:
    """Return the highest response within ``reach`` bases of each base, shape as given."""
    values = torch.from_numpy(track).transpose(1, 2)
    highest = functional.max_pool1d(values, 2 * reach + 1, 1, reach)
    return np.asarray(highest.transpose(1, 2).numpy())


def match_consensus(
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


def write_motifs(folder: Path, motifs: Sequence[Motif]) -> None:
    """Write ``motifs.tsv``, ``enrichment.tsv`` and ``motifs.meme``.

    Raises
    ------
    InputError
        The files cannot be written.
    """
    write_tsv(
        folder / "motifs.tsv",
        ("filter", "weight", "name", "best", "similarity", "consensus", "bits", "peaks"),
        (
            (
                *(motif.id, float(motif.bank.weights[motif.unit])),
                *(motif.name or None, motif.best, motif.similarity),
                *(motif.letters, float(motif.information.sum()), motif.peaks),
            )
            for motif in motifs
        ),
    )
    write_tsv(
        folder / "enrichment.tsv",
        ("filter", "landmark", "offset", "auc", "effect", "p", "q"),
        (
            (motif.id, test.kind, test.offset, test.auc, test.effect, test.p, test.q)
            for motif in motifs
            for test in motif.enrichments
        ),
    )
    with open_output(folder / "motifs.meme") as stream:
        write_meme(motifs, stream)


def write_meme(motifs: Sequence[Motif], stream: TextIO) -> None:
    """Write matrices in the minimal MEME format, version 4, as motif tools read them."""
    stream.write("MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n")
    for motif in motifs:
        rows = len(motif.shares)
        stream.write(f"\nMOTIF {motif.id} {motif.name}".rstrip())
        stream.write(f"\nletter-probability matrix: alength= 4 w= {rows} nsites= {motif.peaks}\n")
        for shares in motif.shares:
            stream.write(" ".join(f"{share:.6f}" for share in shares) + "\n")
