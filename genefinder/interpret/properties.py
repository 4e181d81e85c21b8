"""What a probe is asked: properties of a base that the annotation or the sequence gives."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from genefinder.data.counts import LabelledContig
from genefinder.dna import C as CYTOSINE
from genefinder.dna import Codes, G, N, reverse_complement
from genefinder.genes import Transcript
from genefinder.grammar.labels import ACCEPTOR, DONOR, STRAND_CHANNELS
from genefinder.interpret.sequence import AnnotatedSequence, count_before, distance_to_nearest
from genefinder.io.sequences import translate

GC_SPAN = 1_000
"""Bases whose GC content is asked for: the base itself and those before it in its reading."""
_FAR = 1_000
"""Splice sites further off are not asked for."""
_CHARGES = {"K": 1, "R": 1, "D": -1, "E": -1}

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a base.

    Attributes
    ----------
    name
        As tables have it.
    classes
        Names of its values, in the order of their numbers; empty where it is a quantity.
    subset
        The bases that have it: ``all``, ``kilobase`` (with enough sequence before them),
        ``genes`` or ``coding`` (on the reading's own strand).
    """

    name: str
    classes: tuple[str, ...]
    subset: str

    @property
    def measure(self) -> str:
        """How a prediction of it is scored: ``balanced_accuracy`` of classes, or ``r2``."""
        return "balanced_accuracy" if self.classes else "r2"


PROPERTIES = (
    Property("context", ("exon", "intron", "intergenic"), "all"),
    Property("strand", ("own", "opposite"), "genes"),
    Property("codon_position", ("0", "1", "2"), "coding"),
    Property("splice_distance", (), "splice"),
    Property("gc_1kb", (), "kilobase"),
    Property("protein_charge", (), "coding"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The properties of some bases of one reading.

    Attributes
    ----------
    subsets
        By name, which of the bases belong to it: ``bool`` of shape ``(n,)``.
    values
        By property, its number or quantity, shape ``(n,)``; without meaning outside its subset.
    """

    subsets: dict[str, npt.NDArray[np.bool_]]
    values: dict[str, Floats]


def look_up(
    sequence: AnnotatedSequence, side: int, positions: Ints, genetic_code: int = 1
) -> Answers:
    """Look up the properties of bases.

    Parameters
    ----------
    sequence
        Labelled sequence.
    side
        0 for the forward reading, 1 for the reverse one.
    positions
        Bases in that reading's own coordinates, shape ``(n,)``.
    genetic_code
        NCBI translation table.

    Returns
    -------
    Answers
        ``splice_distance`` is the decimal logarithm of the distance in bases, plus one;
        ``protein_charge`` counts K and R as +1, D and E as -1 in the codons finished so far.
    """
    reading = sequence.readings()[side]
    labels = reading.labels[positions].astype(np.int64)
    known = ~reading.masked[positions]
    kinds = np.array([2, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1])
    distance = _splice_distance(reading, positions)
    gc, counted = _gc_content(reading.codes, positions)
    charge = np.full(len(sequence), np.nan)
    for transcript in sequence.transcripts:
        if transcript.strand == "+-"[side]:
            _write_charge(sequence, transcript, genetic_code, charge)
    charges = charge[positions]
    genes = known & (labels > 0)
    return Answers(
        subsets={
            "all": known,
            "genes": genes,
            "coding": known & (labels >= 1) & (labels <= 3) & ~np.isnan(charges),
            "splice": genes & (distance <= _FAR),
            "kilobase": counted,
        },
        values={
            "context": kinds[labels].astype(np.float64),
            "strand": (labels > 6).astype(np.float64),
            "codon_position": ((labels - 1) % 3).astype(np.float64),
            "splice_distance": np.log10(distance + 1.0),
            "gc_1kb": gc,
            "protein_charge": np.nan_to_num(charges),
        },
    )


def _splice_distance(reading: LabelledContig, positions: Ints) -> Floats:
    """Return the distance to the nearest donor or acceptor of either strand."""
    splice = np.isin(reading.channels % STRAND_CHANNELS, (DONOR, ACCEPTOR))
    sites = np.sort(reading.positions[splice])
    if not len(sites):
        return np.full(len(positions), np.inf)
    return distance_to_nearest(positions, sites).astype(np.float64)


def _gc_content(codes: Codes, positions: Ints) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return the share of G and C in the last kilobase, and where at least half of it is known."""
    strong = count_before((codes == CYTOSINE) | (codes == G))
    known = count_before(codes != N)
    low = np.maximum(positions + 1 - GC_SPAN, 0)
    bases = known[positions + 1] - known[low]
    share = (strong[positions + 1] - strong[low]) / np.maximum(bases, 1)
    return share, (positions + 1 >= GC_SPAN) & (bases >= GC_SPAN // 2)


def _write_charge(
    sequence: AnnotatedSequence, transcript: Transcript, code: int, charge: Floats
) -> None:
    """Write the net charge so far to every coding base of a transcript, in its reading."""
    reverse = transcript.strand == "-"
    forward = sequence.codes
    shifted = [(start - sequence.start, end - sequence.start) for start, end in transcript.cds]
    positions = np.concatenate([np.arange(start, end) for start, end in shifted])
    bases = np.concatenate([forward[start:end] for start, end in shifted])
    if reverse:
        positions = len(sequence) - 1 - positions[::-1]
        bases = reverse_complement(bases)
    steps = [_CHARGES.get(residue, 0) for residue in translate(bases, code)]
    so_far = np.concatenate(([0], np.cumsum(steps)))
    finished = (np.arange(len(positions)) + 1) // 3
    charge[positions] = so_far[np.minimum(finished, len(so_far) - 1)]
