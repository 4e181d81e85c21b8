"""Starts, stops, splice sites and branch points, each with decoys to compare it with.

A decoy has the same word as its landmark (ATG, a stop codon, the donor's or the acceptor's two
bases), lies near it on the same strand, hence in the same background, and is no such site in any
isoform.

Branch points are in no annotation. They are taken to be the best match of a matrix in the bases
before an acceptor where they are known to lie, and the matrix, which begins as the plant and animal
consensus CTNAY (Reed and Maniatis 1988; Simpson et al. 2002), is estimated again from the matches.
Their decoys are the best matches in stretches of the same length elsewhere in the same
neighbourhood, so that choosing the best favours neither.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from genefinder.data.read_windows import ReadWindow
from genefinder.dna import Codes, N
from genefinder.genes import Transcript
from genefinder.interpret.sequence import AnnotatedSequence

KINDS = ("start", "stop", "donor", "acceptor", "branch")
WORDS = {"start": (0, 3), "stop": (0, 3), "donor": (0, 2), "acceptor": (-1, 2)}
"""Offset from the site, and length, of the word that a landmark shares with its decoys."""
_NEAR, _APART = 1_500, 15
"""Bases between a landmark and its decoys, at most and at least."""
_DECOYS = 4
_SPANS = {"start": (9, 9), "stop": (6, 9), "donor": (4, 8), "acceptor": (18, 3), "branch": (4, 3)}
"""Bases before and after a landmark that its consensus holds."""

_BRANCH_RANGE = (-45, -17)
_BRANCH_BASE = 3
"""The branch point is the A of CTNAY."""
_BRANCH = np.array(
    [
        [0.1, 0.6, 0.1, 0.2],
        [0.05, 0.1, 0.05, 0.8],
        [0.35, 0.15, 0.35, 0.15],
        [0.9, 0.04, 0.03, 0.03],
        [0.1, 0.5, 0.05, 0.35],
    ]
)
_BRANCH_ROUNDS = 3

_BOTH = (0, 1)

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Landmarks:
    """Landmarks of one kind and their decoys, over all sequences.

    Attributes
    ----------
    kind
        One of :data:`KINDS`.
    sequences, readings, positions
        ``(n,)``: number of the sequence, reading (0 forward, 1 reverse) and base in that reading's
        own coordinates, of landmarks and decoys alike.
    landmark
        ``(n,)``: which landmark each is, or is a decoy of.
    real
        ``(n,)``: whether it is a landmark itself.
    genes
        Gene of each landmark: shape ``(landmarks,)``.
    """

    kind: str
    sequences: Ints
    readings: Ints
    positions: Ints
    landmark: Ints
    real: npt.NDArray[np.bool_]
    genes: Ints

    def __len__(self) -> int:
        """Landmarks, decoys left out."""
        return len(self.genes)

    def within(self, number: int, window: ReadWindow, length: int) -> tuple[Ints, Ints, Ints]:
        """Find those that a window answers for.

        Parameters
        ----------
        number, length
            The sequence that the window belongs to, and its bases.
        window
            The window.

        Returns
        -------
        tuple of ndarray
            Which they are, their reading, and their base in that reading of the window.
        """
        forward = np.where(self.readings == 0, self.positions, length - 1 - self.positions)
        inside = (forward >= window.start) & (forward < window.end)
        rows = np.flatnonzero((self.sequences == number) & inside)
        side = self.readings[rows]
        position = forward[rows] - window.first
        return rows, side, np.where(side == 0, position, window.length - 1 - position)

    def differences(self, values: Floats) -> Floats:
        """Subtract from each landmark's value the mean of its decoys'.

        Parameters
        ----------
        values
            Of landmarks and decoys, ``(n, ...)``.

        Returns
        -------
        ndarray
            ``(landmarks, ...)``.
        """
        flat = values.reshape(len(values), -1)
        decoys = ~self.real
        sums = np.zeros((len(self), flat.shape[1]))
        np.add.at(sums, self.landmark[decoys], flat[decoys])
        count = np.bincount(self.landmark[decoys], minlength=len(self))
        out = flat[self.real] - sums / count[:, None]  # landmarks stand in their own order
        return np.asarray(out.reshape(len(self), *values.shape[1:]))


def find_landmarks(
    sequences: Sequence[AnnotatedSequence], most: int, seed: int
) -> dict[str, Landmarks]:
    """Find the landmarks of annotated sequences.

    Parameters
    ----------
    sequences
        Labelled.
    most
        Landmarks a kind; a random choice where there are more.
    seed
        Of that choice.

    Returns
    -------
    dict
        By kind; only landmarks with at least one decoy.
    """
    rng = np.random.default_rng(seed)
    strands = [
        _Strand(sequence, number, side)
        for number, sequence in enumerate(sequences)
        for side in _BOTH
    ]
    matrix = _branch_matrix(strands)
    found = {}
    for kind in KINDS:
        sites = [
            (strand, position, gene)
            for strand in strands
            for position, gene in strand.sites("acceptor" if kind == "branch" else kind)
        ]
        if len(sites) > most:
            sites = [sites[index] for index in np.sort(rng.permutation(len(sites))[:most])]
        rows: list[tuple[int, int, int, int, bool]] = []
        genes: list[int] = []
        numbers: dict[tuple[int, int, int], int] = {}
        for strand, site, gene in sites:
            if kind == "branch":
                positions = strand.branches(site, matrix)
            else:
                positions = [site, *strand.decoys(site, kind)]
            if len(positions) < 2:
                continue
            landmark = len(genes)
            key = strand.number, strand.side, gene
            genes.append(numbers.setdefault(key, len(numbers)))
            for rank, position in enumerate(positions):
                rows.append((strand.number, strand.side, position, landmark, rank == 0))
        table = np.array([row[:4] for row in rows], dtype=np.int64).reshape(-1, 4)
        found[kind] = Landmarks(
            kind=kind,
            sequences=table[:, 0],
            readings=table[:, 1],
            positions=table[:, 2],
            landmark=table[:, 3],
            real=np.array([row[4] for row in rows], dtype=np.bool_),
            genes=np.array(genes, dtype=np.int64),
        )
    return found


def consensus(sequences: Sequence[AnnotatedSequence], landmarks: Landmarks) -> tuple[Floats, int]:
    """Count the bases around landmarks.

    Parameters
    ----------
    sequences
        Where they lie.
    landmarks
        Of one kind.

    Returns
    -------
    tuple
        Shares of A, C, G, T, shape ``(columns, 4)``, and the column of the landmark itself.
    """
    before, after = _SPANS[landmarks.kind]
    counts = np.ones((before + 1 + after, 4))
    for number, sequence in enumerate(sequences):
        for side, reading in enumerate(sequence.readings()):
            here = landmarks.real & (landmarks.sequences == number) & (landmarks.readings == side)
            counts += count_bases(reading.codes, landmarks.positions[here], before, after)
    return counts / counts.sum(1, keepdims=True), before


def count_bases(codes: Codes, positions: Ints, before: int, after: int) -> Floats:
    """Count A, C, G, T by offset from positions, shape ``(before + 1 + after, 4)``."""
    positions = positions[(positions >= before) & (positions < len(codes) - after)]
    around = codes[positions[:, None] + np.arange(-before, after + 1)]
    return np.stack([(around == base).sum(0) for base in range(N)], 1).astype(np.float64)


class _Strand:
    """One reading of a sequence, with the sites of its own strand in its own coordinates."""

    def __init__(self, sequence: AnnotatedSequence, number: int, side: int) -> None:
        self.number = number
        self.side = side
        self._reading = sequence.readings()[side]
        strand = "-" if side else "+"
        self._chosen = [
            transcript for transcript in sequence.transcripts if transcript.strand == strand
        ]
        isoforms = [
            transcript
            for gene in sequence.genes
            for transcript in gene.transcripts
            if transcript.strand == strand
        ]
        self._position = partial(sequence.in_reading, reverse=bool(side))
        self._known = {
            kind: np.unique(
                [position for isoform in isoforms for position in self._of(isoform, kind)]
            )
            for kind in WORDS
        }
        self._candidates: dict[tuple[str, bytes], Ints] = {}

    def sites(self, kind: str) -> Iterator[tuple[int, int]]:
        """Yield position and gene of each site of the labelled transcripts."""
        for gene, transcript in enumerate(self._chosen):
            for position in self._of(transcript, kind):
                yield position, gene

    def decoys(self, position: int, kind: str) -> list[int]:
        """Return the nearest positions with the same word that are no such site."""
        offset, length = WORDS[kind]
        codes = self._reading.codes
        word = codes[position + offset : position + offset + length]
        key = kind, word.tobytes()
        if key not in self._candidates:
            span = len(codes) - length + 1
            same = np.all([codes[i : span + i] == word[i] for i in range(length)], axis=0)
            candidates = np.flatnonzero(same) - offset
            candidates = candidates[~self._reading.masked[candidates]]
            self._candidates[key] = np.setdiff1d(candidates, self._known[kind])
        candidates = self._candidates[key]
        low, high = np.searchsorted(candidates, (position - _NEAR, position + _NEAR))
        near = candidates[low:high]
        near = near[np.abs(near - position) >= _APART]
        nearest = near[np.argsort(np.abs(near - position), kind="stable")[:_DECOYS]]
        return [int(decoy) for decoy in nearest]

    def branches(self, acceptor: int, matrix: Floats) -> list[int]:
        """Return the likely branch point of an acceptor, then its decoys."""
        low, high = _BRANCH_RANGE
        width = high - low
        begins = [acceptor + low + shift * width for shift in (0, -2, -1, 2, 3)]
        positions = []
        for rank, begin in enumerate(begins):
            ahead = self._known["acceptor"]
            # A stretch before another acceptor may hold that one's branch point.
            first, last = np.searchsorted(ahead, (begin - high, begin + width - low))
            if rank == 0 or first == last:
                positions.append(self._best(begin, begin + width, matrix))
        known = [position for position in positions if position >= 0]
        return known if positions[0] >= 0 else []

    def count(self, branches: Ints) -> Floats:
        """Count the bases around branch points, shape ``(5, 4)``."""
        after = len(_BRANCH) - 1 - _BRANCH_BASE
        return count_bases(self._reading.codes, branches, _BRANCH_BASE, after)

    def _best(self, begin: int, end: int, matrix: Floats) -> int:
        """Return the branch base of the best match in ``[begin, end)``, -1 where there is none."""
        first = begin - _BRANCH_BASE
        codes = self._reading.codes[max(0, first) : end + len(matrix) - 1 - _BRANCH_BASE]
        if first < 0 or len(codes) < end - begin + len(matrix) - 1 or (codes == N).any():
            return -1
        words = np.lib.stride_tricks.sliding_window_view(codes, len(matrix))
        scores = matrix[np.arange(len(matrix)), words].sum(1)
        return begin + int(scores.argmax())

    def _of(self, transcript: Transcript, kind: str) -> Iterator[int]:
        """Yield the positions of a transcript's sites that lie inside the sequence."""
        ends = (transcript.cds[0][0], transcript.cds[-1][1] - 1) if transcript.cds else ()
        forward = self.side == 0
        if kind in ("start", "stop"):
            sites: Iterable[int] = ends[:1] if forward == (kind == "start") else ends[1:]
            shift = -2 if kind == "stop" else 0  # from the last base of the codon to its first
        else:
            low = forward == (kind == "donor")
            sites = [start if low else end - 1 for start, end in transcript.introns()]
            shift = 0
        for site in sites:
            position = self._position(site) + shift
            if 0 <= position < len(self._reading.codes):
                yield position


def _branch_matrix(strands: Sequence[_Strand]) -> Floats:
    """Estimate the log-odds of the bases around branch points, shape ``(5, 4)``."""
    matrix = np.log(_BRANCH / 0.25)
    for _ in range(_BRANCH_ROUNDS):
        counts = 20 * _BRANCH  # so that a handful of introns cannot change much
        for strand in strands:
            positions = [
                strand.branches(position, matrix)[:1] for position, _ in strand.sites("acceptor")
            ]
            flat = np.array([base for best in positions for base in best], dtype=np.int64)
            counts = counts + strand.count(flat)
        matrix = np.log(counts / counts.sum(1, keepdims=True) / 0.25)
    return matrix
