"""The grammar as lookup tables.

Both strands are read from left to right, so a strand is described by what its genes look like in
that direction: the word that a gene comes in with and the word it goes out with, the words at the
left and at the right of an intron, and the codons that end a reading frame. On the reverse strand
these are the reverse complements: a gene comes in with a stop codon and goes out with a start.

What a path is in at a time (after so many bases) is its *state*: intergenic, an exon of either
strand with its codons starting at positions 0, 1 or 2 modulo 3, or an intron. An intron's state
remembers how many bases of the interrupted codon stand left of it and, so that no stop codon arises
across the intron, which class these belong to: two prefixes are of one class if the same endings
make stop codons of them. A grammar without splice sites has no such states.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations, product
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from genefinder.dna import BASES, N
from genefinder.grammar.labels import ACCEPTOR, DONOR, EXON, INTRON, START, STOP, STRAND_CHANNELS

Integers = npt.NDArray[np.int64]

# Bits of a site, of the forward strand; those of the reverse strand are shifted left by 4.
GENE_IN, GENE_OUT, INTRON_IN, INTRON_OUT = 1, 2, 4, 8
STRAND_BITS = 4
GAP_CLOSE, GAP_OPEN = 256, 512

# States: intergenic, then exon (strand, frame), then introns.
INTERGENIC_STATE, EXON_STATE, INTRON_STATE = 0, 1, 7

# Columns of running sums: of each strand three exon frames, then three intron phases.
STRAND_COLUMNS = 6
N_COLUMNS = 12

# Scores are rounded to multiples of this where paths are compared, so that sums are exact.
QUANTUM = 2.0**-20

# Kinds of overlaps of two genes: both on one strand, their ends, or their starts.
SAME_STRAND, ENDS, STARTS = range(3)


class CompiledGrammar(NamedTuple):
    """The compiled grammar; arrays are indexed by strand (0 forward, 1 reverse) first.

    "Phase" is here the number of bases of the interrupted codon left of the intron.
    """

    min_intron: int
    min_exon: int
    partial: float
    pair_in: npt.NDArray[np.uint16]
    """[25] site bits of an intron that comes in with these two bases."""
    pair_out: npt.NDArray[np.uint16]
    """[25] site bits of an intron that goes out with these two bases."""
    triplet: npt.NDArray[np.uint16]
    """[125] site bits of a gene that comes in or goes out with these three bases."""
    stop: npt.NDArray[np.bool_]
    """[2, 125] whether these three bases end a reading frame."""
    signal_channel: Integers
    """[2, 4] score channel of gene in, gene out, intron in, intron out."""
    signal_offset: Integers
    """[2, 4] where the signal stands, from the site's position."""
    exon_channel: Integers
    """[2, 3] score channel of a coding base by its place in the codon, left to right."""
    intron_channel: Integers
    """[2, 3] score channel of an intron by its phase."""
    intron_first: Integers
    """[3] introns of strand s are intron_first[s] .. intron_first[s + 1]."""
    intron_phase: Integers
    """[introns] bases of the interrupted codon left of the intron."""
    intron_column: Integers
    """[introns] column of the running sums."""
    no_stop_prefix: Integers
    """[2, 3] intron by phase, of a prefix that no ending makes a stop codon of."""
    after_one: Integers
    """[2, 5] intron of phase 1 after this base."""
    after_two: Integers
    """[2, 5, 5] intron of phase 2 after these bases."""
    extended: Integers
    """[introns, 5] intron of phase 2 that one of phase 1 becomes by one more base."""
    completes_stop: npt.NDArray[np.bool_]
    """[introns, 5] whether this base makes a stop codon of the two of an intron of phase 2."""
    overlap: npt.NDArray[np.float64]
    """[3, longest + 1] score of an overlap by kind and length; minus infinity: there is none."""
    length: Integers
    """[longest + 1] score of a gene by its codons, in units of QUANTUM; empty: there is none."""

    @property
    def states(self) -> int:
        """Number of states."""
        return INTRON_STATE + len(self.intron_phase)

    @property
    def reach(self) -> int:
        """Bases that an edge of the grammar can reach back, or its score depend on."""
        overlapping = self.min_exon + 2 + self.overlap.shape[1]
        return int(max(self.min_intron, overlapping, 3 * len(self.length)))


def compile_grammar(
    *,
    min_intron: int,
    min_exon: int,
    starts: Iterable[str],
    stops: Iterable[str],
    donors: Iterable[str],
    acceptors: Iterable[str],
    partial: float,
    overlaps: Sequence[Sequence[float]] = (),
    lengths: Sequence[float] = (),
) -> CompiledGrammar:
    """Compile a grammar; words are in strand direction.

    Without donors there are no introns. Overlaps are scores by kind and by length, from 1 on;
    lengths are scores by codons, from 1 on.
    """
    stops, donors = tuple(stops), tuple(donors)
    codons = map("".join, product(BASES, repeat=3))
    ambiguous_stops = {codon for codon in codons if _may_be_stop(codon, stops)}
    triplet = np.zeros(125, dtype=np.uint16)
    pair_in = np.zeros(25, dtype=np.uint16)
    pair_out = np.zeros(25, dtype=np.uint16)
    stop = np.zeros((2, 125), dtype=np.bool_)
    words = (
        (triplet, GENE_IN, starts, stops),
        (triplet, GENE_OUT, stops, starts),
        (pair_in, INTRON_IN, donors, acceptors),
        (pair_out, INTRON_OUT, acceptors, donors),
    )
    for table, bit, forward, reverse in words:
        table[[_index(word) for word in forward]] |= np.uint16(bit)
        table[[_index(_mirrored(word)) for word in reverse]] |= np.uint16(bit << STRAND_BITS)
    frames = (ambiguous_stops, {_mirrored(codon) for codon in ambiguous_stops})
    for strand in range(2):
        stop[strand, [_index(codon) for codon in frames[strand]]] = True
    channels = np.array([[START, STOP, DONOR, ACCEPTOR], [STOP, START, ACCEPTOR, DONOR]])
    channels[1] += STRAND_CHANNELS
    place = np.arange(3)
    return CompiledGrammar(
        min_intron=min_intron,
        min_exon=min_exon,
        partial=round(partial / QUANTUM) * QUANTUM,
        pair_in=pair_in,
        pair_out=pair_out,
        triplet=triplet,
        stop=stop,
        signal_channel=channels,
        signal_offset=np.array([[0, 0, 0, -1], [2, 2, 0, -1]]),
        exon_channel=np.stack([EXON + place, STRAND_CHANNELS + EXON + 2 - place]),
        intron_channel=np.stack([INTRON + place, STRAND_CHANNELS + INTRON + (3 - place) % 3]),
        overlap=_compile_overlaps(overlaps),
        length=np.rint(np.array([*lengths[:1], *lengths]) / QUANTUM).astype(np.int64),
        **_compile_introns(frames if donors else ()),
    )


def _compile_overlaps(overlaps: Sequence[Sequence[float]]) -> npt.NDArray[np.float64]:
    """Write the scores of overlaps into one array, rounded as all scores are."""
    scores = np.full((3, 1 + max(map(len, overlaps), default=0)), -np.inf)
    for row, kind in zip(scores, overlaps, strict=False):
        row[1 : 1 + len(kind)] = np.rint(np.asarray(kind, dtype=np.float64) / QUANTUM) * QUANTUM
    return scores


def _compile_introns(frames: Sequence[set[str]]) -> dict[str, Any]:
    """Give the introns of both strands numbers, by phase and class of prefix.

    Parameters
    ----------
    frames
        Codons that end a frame of each strand; nothing where there are no introns.
    """
    first = [0]
    phases: list[int] = []
    extended: list[list[int]] = []
    completes_stop: list[list[bool]] = []
    no_stop_prefix = np.zeros((2, 3), dtype=np.int64)
    after_one = np.zeros((2, 5), dtype=np.int64)
    after_two = np.zeros((2, 5, 5), dtype=np.int64)
    for strand, stops in enumerate(frames):
        base = first[-1]
        one = _classes(BASES, stops)
        two = _classes(map("".join, product(BASES, repeat=2)), stops)
        index = {"": base}
        index |= {p: base + 1 + c for p, c in one.items()}
        index |= {p: base + 1 + _count(one) + c for p, c in two.items()}
        no_stop_prefix[strand] = base, base + 1, base + 1 + _count(one)
        total = 1 + _count(one) + _count(two)
        rows = [[0] * 5 for _ in range(total)]
        ends = [[False] * 5 for _ in range(total)]
        for number, letter in enumerate(BASES):
            after_one[strand, number] = index[letter]
            # Class 0 stands for an unknown prefix, which makes no stop codon.
            rows[1][number] = base + 1 + _count(one)
        for prefix, number in product(BASES, range(5)):
            after_two[strand, BASES.index(prefix), number] = index[prefix + BASES[number]]
            if one[prefix]:
                rows[1 + one[prefix]][number] = index[prefix + BASES[number]]
        for prefix, number in product(two, range(5)):
            ends[index[prefix] - base][number] |= prefix + BASES[number] in stops
        phases += [0] + [1] * _count(one) + [2] * _count(two)
        extended += rows
        completes_stop += ends
        first.append(base + total)
    first += [first[-1]] * (3 - len(first))
    phase = np.array(phases, dtype=np.int64)
    return {
        "intron_first": np.array(first),
        "intron_phase": phase,
        "intron_column": phase + 3 + STRAND_COLUMNS * (np.arange(len(phase)) >= first[1]),
        "no_stop_prefix": no_stop_prefix,
        "after_one": after_one,
        "after_two": after_two,
        "extended": np.array(extended, dtype=np.int64).reshape(-1, 5),
        "completes_stop": np.array(completes_stop, dtype=np.bool_).reshape(-1, 5),
    }


def _classes(prefixes: Iterable[str], stops: set[str]) -> dict[str, int]:
    """Give prefixes numbers, by the set of endings that make stop codons; 0 is the empty set."""
    numbers: dict[frozenset[str], int] = {frozenset(): 0}
    classes = {}
    for prefix in prefixes:
        endings = frozenset(s[len(prefix) :] for s in stops if s.startswith(prefix))
        classes[prefix] = numbers.setdefault(endings, len(numbers))
    return classes


def _count(classes: dict[str, int]) -> int:
    return 1 + max(classes.values())


def _may_be_stop(codon: str, stops: tuple[str, ...]) -> bool:
    """Tell whether some IUPAC letters in the place of N make the codon a stop, as in TAR."""
    choices = [
        [letter] if letter != BASES[N] else list(combinations(BASES[:N], 2)) for letter in codon
    ]
    return any(
        all("".join(letters) in stops for letters in product(*choice))
        for choice in product(*choices)
    )


def _mirrored(word: str) -> str:
    return word[::-1].translate(str.maketrans("ACGTN", "TGCAN"))


def _index(word: str) -> int:
    number = 0
    for letter in word:
        number = number * 5 + BASES.index(letter)
    return number
