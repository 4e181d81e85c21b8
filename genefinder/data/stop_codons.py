"""Which stop codons stand for amino acids, told by what surrounds them in long open frames.

Where a stop codon of the standard code is none, frames run on over it, and coding sequence lies on
either side of it. Where it is one, what lies beyond it is no coding sequence, though a frame that
was cut without it goes on by chance. Coding sequence is told by the codons of the frames
themselves, against those of the two other phases of the same bases, so that nothing else need be
known.

The codons that are translated otherwise, as CTG by serine in table 12, leave no such trace.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from genefinder.data.open_frames import frame_lengths, open_frames
from genefinder.dna import Codes, encode, reverse_complement
from genefinder.errors import InputError
from genefinder.grammar import Grammar
from genefinder.grammar.grammar import stop_codons
from genefinder.grammar.labels import CODON

STANDARD, CILIATE, EUPLOTID, BLEPHARISMA = 1, 6, 10, 15
_CODES = (CILIATE, EUPLOTID, BLEPHARISMA)
"""Nuclear codes with fewer stop codons, one for each set of these."""
_BESIDE = 25
"""Codons on either side of a stop codon that are looked at."""
_FEWEST = 20
"""Stop codons inside frames that there must be, of each kind."""
_INSIDE = 0.25
"""Share of them that must have coding sequence on both sides. It is 0.37 to 0.50 in ciliates, and
0.02 to 0.08 in yeast and Plasmodium."""
_OF_CODONS = 0.006
"""Least share of the codons in frames that such ones are. It is 0.024 in ciliates; frames of Alu
repeats in human chromosome 20, which have TGA on both sides of what looks like codons, have
0.004."""
_OF_MOST = 0.5
"""The same number under another code, as a share of the most, if both are to be believed: under a
code that is not the genome's, some long frames are shadows of coding sequence in other phases."""
_SHARE_OF_MEAN = 0.5
"""Log-odds of codons in coding sequence, at least, as a share of the frames' mean."""

Scores = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StopCodons:
    """What long open frames tell of stop codons.

    Attributes
    ----------
    sense
        Those of the standard code that stand for amino acids.
    inside
        How many of each of these stand between coding sequence.
    known
        There are long frames to tell by.
    """

    sense: tuple[str, ...] = ()
    inside: Mapping[str, int] = field(default_factory=dict)
    known: bool = True

    @property
    def genetic_code(self) -> int | None:
        """A nuclear code with the other stop codons; ``None`` where there is none, or unknown."""
        if not self.known:
            return None
        if not self.sense:
            return STANDARD
        return next((code for code in _CODES if _sense(code) == self.sense), None)


def find_stop_codons(sequences: Sequence[Codes]) -> StopCodons:
    """Tell which stop codons of the standard code stand for amino acids.

    Parameters
    ----------
    sequences
        A genome or a sample of it.
    """
    believed: list[dict[str, int]] = []
    known = False
    standard = 0
    for code in (STANDARD, *_CODES):
        grammar = Grammar(genetic_code=code)
        try:
            lengths = frame_lengths(sequences, grammar)
        except InputError:  # no more long frames than chance gives
            continue
        known = True
        frames = [
            frame for codes in sequences for frame in _longest(codes, lengths.coding, grammar.stops)
        ]
        bases = sum(map(len, frames))
        if code == STANDARD:
            standard = bases
            continue
        found = _inside(frames, _sense(code))
        enough = sum(found.values()) >= _OF_CODONS * bases / CODON
        if bases > standard and len(found) == len(_sense(code)) and enough:
            believed.append(found)
    least = _OF_MOST * max(map(_mean, believed), default=0.0)
    inside: dict[str, int] = {}
    for found in believed:
        if _mean(found) >= least:
            inside |= found
    sense = tuple(stop for stop in stop_codons()[STANDARD] if stop in inside)
    return StopCodons(sense, {stop: inside[stop] for stop in sense}, known)


def _mean(counts: Mapping[str, int]) -> float:
    """Return the mean of the counts of some codons."""
    return sum(counts.values()) / len(counts)


def _sense(code: int) -> tuple[str, ...]:
    """Return the stop codons of the standard code that are none in another."""
    own = Grammar(genetic_code=code).stops
    return tuple(stop for stop in stop_codons()[STANDARD] if stop not in own)


def _inside(frames: Sequence[Codes], sense: Sequence[str]) -> dict[str, int]:
    """Count codons in frames where they stand between coding sequence; some may not at all.

    The same surroundings count once: copies of a sequence repeat what chance did, as if it were
    none.
    """
    numbers = {stop: int(_numbers(encode(stop))[0]) for stop in sense}
    scores = _codon_scores(frames, [*numbers.values()])
    sides = {stop: [0, 0] for stop in sense}
    seen: set[bytes] = set()
    scored = [scores[_numbers(frame)] for frame in frames]
    least = _SHARE_OF_MEAN * float(np.concatenate(scored).mean())
    for frame, values in zip(frames, scored, strict=True):
        sums = np.concatenate(([0.0], np.cumsum(values)))
        codons = _numbers(frame)
        for stop, number in numbers.items():
            places = np.flatnonzero(codons == number)
            places = places[(places >= _BESIDE) & (places + _BESIDE < len(codons))]
            places = places[[_is_new(frame, place, seen) for place in places.tolist()]]
            before = (sums[places] - sums[places - _BESIDE]) / _BESIDE
            after = (sums[places + 1 + _BESIDE] - sums[places + 1]) / _BESIDE
            sides[stop][0] += len(places)
            sides[stop][1] += int(((before > least) & (after > least)).sum())
    return {
        stop: between
        for stop, (every, between) in sides.items()
        if between >= _FEWEST and between >= _INSIDE * every
    }


def _is_new(frame: Codes, place: int, seen: set[bytes]) -> bool:
    """Tell whether the surroundings of a codon were not seen before; now they are."""
    around = frame[CODON * (place - _BESIDE) : CODON * (place + _BESIDE + 1)].tobytes()
    new = around not in seen
    seen.add(around)
    return new


def _longest(codes: Codes, codons: int, stops: Sequence[str]) -> Iterator[Codes]:
    """Yield the longest open frames of so many codons that do not overlap, of both strands."""
    size = len(codes)
    found = []
    for strand, reading in enumerate((codes, reverse_complement(codes))):
        frames = open_frames(reading, stops)
        for start, end in frames[frames[:, 1] - frames[:, 0] >= CODON * codons].tolist():
            low, high = (size - end, size - start) if strand else (start, end)
            found.append((start - end, low, high, reading[start:end]))
    taken = np.zeros(size, dtype=np.bool_)
    for _, low, high, frame in sorted(found, key=lambda entry: entry[:3]):
        if not taken[low:high].any():
            taken[low:high] = True
            yield frame


def _numbers(frame: Codes) -> Integers:
    """Return the codons of a sequence as numbers in base 5, N included."""
    codons = frame[: len(frame) // CODON * CODON].reshape(-1, CODON).astype(np.int64)
    numbers: Integers = codons @ np.array([25, 5, 1])
    return numbers


def _codon_scores(frames: Sequence[Codes], left_out: Sequence[int]) -> Scores:
    """Return the log-odds of each codon against the other phases, shape ``(125,)``."""
    own, others = np.full((2, 125), 0.5)
    for frame in frames:
        own += np.bincount(_numbers(frame), minlength=125)
        for phase in (1, 2):
            others += np.bincount(_numbers(frame[phase:]), minlength=125)
    # What ends frames, or is asked about, tells nothing of the others.
    silent = np.array(
        [*left_out, *(int(_numbers(encode(stop))[0]) for stop in stop_codons()[STANDARD])]
    )
    own[silent] = others[silent] = 0.5
    scores: Scores = np.log((own / own.sum()) / (others / others.sum()))
    scores[silent] = 0.0
    return scores
