"""How much shorter a sequence can be described with the help of its genes.

The better of two sets of genes for a sequence is the one that describes it in fewer bits, itself
included (minimum description length; Rissanen, 1978). That needs no reference and no trained
number: everything that the description uses is counted on the very genes that it describes, half of
them on the other half. So it is fair between gene finders, however sure of themselves they are.
The halves are blocks of sequence in turn: were they every other gene, one gene more or less
would exchange the halves of all that follow, which alone changed a sample's bits by a thirtieth.

Without genes, bases are described by a Markov chain of order 2 counted on both strands. With genes,
coding sequence is described codon by codon, each after the last base of the one before, the first
and the last codon apart; the ends of introns position by position, their insides by a Markov chain
of their own; and the genes themselves by their strands, their numbers of exons
and the lengths of the blocks between, within classes of half an octave.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from genefinder.dna import Codes, N, reverse_complement
from genefinder.genes import Gene, Interval, Transcript

CODONS = 64
_NO_CODON = CODONS
"""Number of a codon with an unknown base."""
_DONOR, _ACCEPTOR, _SKIPPED = 6, 15, 4
"""Bases described position by position at the ends of introns, and those of them that the chain
inside overlaps."""
_LENGTH_CLASSES = 48
_BLOCK = 5_000
"""Bases of a block whose genes, by their starts, are in the same half."""
_UNSEEN = 0.5
"""Counts added to everything that can be counted."""
_PRIOR = 16.0
"""Counts that the chain outside of genes is worth to the chain inside of introns, for each pair."""

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Description:
    """What the genes of a sequence are worth.

    Attributes
    ----------
    bases
        Known bases of the sequence.
    saved
        Bits by which the genes shorten its description; negative where they lengthen it.
    codons
        Number of each codon in the genes, shape ``(64,)``, from AAA to TTT in order A, C, G, T.
    """

    bases: int
    saved: float
    codons: Integers

    @property
    def saved_per_kb(self) -> float:
        """Bits saved per 1,000 bases."""
        return 1000.0 * self.saved / self.bases if self.bases else 0.0


@dataclass(frozen=True, slots=True)
class _Described:
    """One gene in strand direction, with the cost of its bases where there are no genes."""

    block: int
    """Number of the block of sequence in which it begins."""
    first: int
    last: int
    inner: Integers
    """Numbers of the codons between, one after the other."""
    introns: tuple[Integers, ...]
    plain: float
    before: int
    exon_lengths: tuple[int, ...]


def description_of(sequences: Sequence[tuple[Codes, Sequence[Gene]]]) -> Description:
    """Describe sequences with their genes.

    Parameters
    ----------
    sequences
        Bases, and the genes on them by ascending start; the first isoform of each counts.
    """
    chain = _background(codes for codes, _ in sequences)
    halves: tuple[list[_Described], list[_Described]] = ([], [])
    for number, (codes, genes) in enumerate(sequences):
        for gene in _described(codes, genes, chain):
            halves[(number + gene.block) % 2].append(gene)
    found = [*halves[0], *halves[1]]
    saved = 0.0
    for own, others in (halves, halves[::-1]):
        saved += sum(gene.plain for gene in own)
        saved -= _bases_cost(own, others, chain) + _structure_cost(own, others)
    return Description(
        bases=sum(int((codes != N).sum()) for codes, _ in sequences),
        saved=saved,
        codons=np.bincount(
            np.concatenate(
                [np.array([], dtype=np.int64)]
                + [np.array([*gene.inner, gene.first, gene.last]) for gene in found]
            ),
            minlength=CODONS + 1,
        )[:CODONS],
    )


def codon_usage_divergence(codons: Integers, home: Integers) -> float:
    """Return the bits that codons cost more when another species' usage describes them.

    Parameters
    ----------
    codons
        Number of each codon in the genes found, shape ``(64,)``.
    home
        Number of each in genes of the other species.

    Returns
    -------
    float
        The relative entropy of the two usages, times the number of codons found.
    """
    own, other = ((counts + _UNSEEN) / (counts + _UNSEEN).sum() for counts in (codons, home))
    return float(codons.sum() * (own * np.log2(own / other)).sum())


def divergence(codons: Integers, others: Integers) -> float:
    """Return how far two codon usages are apart: the Jensen-Shannon divergence, in bits.

    What two samples of the same usage would differ by on average is taken off.

    Parameters
    ----------
    codons, others
        Numbers of each codon, shape ``(64,)``.
    """
    totals = codons.sum(), others.sum()
    if not all(totals):
        return 1.0
    shares = [(counts + _UNSEEN) / (counts + _UNSEEN).sum() for counts in (codons, others)]
    middle = (shares[0] + shares[1]) / 2
    distance = sum(float((share * np.log2(share / middle)).sum()) for share in shares) / 2
    chance = (CODONS - 4) / (8 * np.log(2)) * sum(1 / float(total) for total in totals)
    return float(max(0.0, distance - chance))


def _background(sequences: Iterable[Codes]) -> Floats:
    """Count the chain of both strands: bits of each base after each two, shape ``(4, 4, 4)``."""
    counts = np.full((4, 4, 4), 1.0)
    for codes in sequences:
        for strand in (codes, reverse_complement(codes)):
            _count_triplets(strand.astype(np.int64), counts)
    return _bits(counts)


def _count_triplets(codes: Integers, counts: Floats) -> None:
    known = (codes[:-2] < N) & (codes[1:-1] < N) & (codes[2:] < N)
    words = codes[:-2][known] * 16 + codes[1:-1][known] * 4 + codes[2:][known]
    counts += np.bincount(words, minlength=64).reshape(4, 4, 4)


def _bits(counts: Floats) -> Floats:
    """Turn counts into bits, over the last axis."""
    bits: Floats = -np.log2(counts / counts.sum(axis=-1, keepdims=True))
    return bits


def _with_unknown(bits: Floats, axes: int) -> Floats:
    """Let unknown bases, and what follows them, cost nothing; of bases are the last axes."""
    return np.pad(bits, [(0, 0)] * (bits.ndim - axes) + [(0, 1)] * axes)


def _chain_bits(codes: Codes, chain: Floats) -> Floats:
    """Return the bits of each base of a sequence, shape ``(T,)``."""
    bits = np.full(len(codes), 2.0)
    bits[2:] = _with_unknown(chain, 3)[codes[:-2], codes[1:-1], codes[2:]]
    return bits


def _described(codes: Codes, genes: Sequence[Gene], chain: Floats) -> Iterable[_Described]:
    """Yield the genes of one sequence."""
    strands = {"+": codes, "-": reverse_complement(codes)}
    plain = {
        strand: np.append(0.0, np.cumsum(_chain_bits(bases, chain)))
        for strand, bases in strands.items()
    }
    last = 0
    for gene in genes:
        if not gene.transcripts or not gene.transcripts[0].cds:
            continue
        transcript = gene.transcripts[0]
        bases, sums = strands[transcript.strand], plain[transcript.strand]
        segments = _in_strand_direction(transcript, len(codes))
        coding = np.concatenate([bases[start:end] for start, end in segments])[transcript.phase :]
        triplets = coding[: len(coding) // 3 * 3].reshape(-1, 3).astype(np.int64)
        codons = triplets @ np.array([16, 4, 1])
        codons[(triplets == N).any(axis=1)] = _NO_CODON
        codons = np.pad(codons, (0, max(0, 2 - len(codons))), constant_values=_NO_CODON)
        introns = tuple(
            bases[end:start].astype(np.int64) for (_, end), (start, _) in pairwise(segments)
        )
        begin, end = transcript.cds[0][0], transcript.cds[-1][1]
        yield _Described(
            block=begin // _BLOCK,
            first=int(codons[0]),
            last=int(codons[-1]),
            inner=codons[1:-1],
            introns=introns,
            plain=float(sums[segments[-1][1]] - sums[segments[0][0]]),
            before=max(1, begin - last),
            exon_lengths=tuple(end - start for start, end in segments),
        )
        last = end


def _in_strand_direction(transcript: Transcript, length: int) -> list[Interval]:
    """Return the coding segments in coordinates of the transcript's strand."""
    if transcript.strand == "+":
        return list(transcript.cds)
    return [(length - end, length - start) for start, end in reversed(transcript.cds)]


def _bases_cost(own: Sequence[_Described], others: Sequence[_Described], outside: Floats) -> float:
    """Return the bits of the bases of genes, by what was counted on other genes.

    ``outside`` are the bits of the chain outside of genes, which that inside of introns begins as.
    """
    first, last = np.full((2, CODONS + 1), _UNSEEN)
    inner = np.full((4, CODONS + 1), _UNSEEN)
    donor = np.full((_DONOR, 5), _UNSEEN)
    acceptor = np.full((_ACCEPTOR, 5), _UNSEEN)
    inside = _PRIOR * 2.0**-outside
    for gene in others:
        first[gene.first] += 1
        last[gene.last] += 1
        before, after = _in_turn(gene)
        inner += np.bincount(before * (CODONS + 1) + after, minlength=inner.size).reshape(4, -1)
        for intron in filter(_is_whole, gene.introns):
            donor[np.arange(_DONOR), intron[:_DONOR]] += 1
            acceptor[np.arange(_ACCEPTOR), intron[-_ACCEPTOR:]] += 1
            _count_triplets(intron[_SKIPPED:-_ACCEPTOR], inside)
    first_bits, last_bits, inner_bits = (
        _with_unknown(_bits(counts[..., :CODONS]), 1) for counts in (first, last, inner)
    )
    chain = _with_unknown(_bits(inside), 3)
    donor_bits, acceptor_bits = (
        _with_unknown(_bits(counts[:, :N]), 1) for counts in (donor, acceptor)
    )
    cost = 0.0
    for gene in own:
        cost += float(first_bits[gene.first] + last_bits[gene.last])
        cost += float(inner_bits[_in_turn(gene)].sum())
        for intron in gene.introns:
            if not _is_whole(intron):
                cost += 2.0 * int((intron < N).sum())
                continue
            cost += float(donor_bits[np.arange(_DONOR), intron[:_DONOR]].sum())
            cost += float(acceptor_bits[np.arange(_ACCEPTOR), intron[-_ACCEPTOR:]].sum())
            middle = intron[_SKIPPED:-_ACCEPTOR]
            cost += float(chain[middle[:-2], middle[1:-1], middle[2:]].sum())
    return cost


def _in_turn(gene: _Described) -> tuple[Integers, Integers]:
    """Return the last base before each inner codon, and the codons; unknown bases count as A."""
    before = np.append(gene.first, gene.inner[:-1])[: len(gene.inner)]
    return np.where(before == _NO_CODON, 0, before) % 4, gene.inner


def _is_whole(intron: Integers) -> bool:
    """Tell whether an intron is long enough for both of its ends."""
    return len(intron) >= _DONOR + _ACCEPTOR


def _structure_cost(own: Sequence[_Described], others: Sequence[_Described]) -> float:
    """Return the bits of the genes' places and shapes, by what was counted on other genes."""
    cost = float(len(own))  # strands
    for lengths in (
        lambda gene: [gene.before],
        lambda gene: list(gene.exon_lengths),
        lambda gene: [len(intron) for intron in gene.introns],
    ):
        cost += _length_cost(
            [length for gene in own for length in lengths(gene)],
            [length for gene in others for length in lengths(gene)],
        )
    exons = sum(len(gene.exon_lengths) for gene in others)
    last = (len(others) + _UNSEEN) / (exons + 2 * _UNSEEN)  # share of exons that end a gene
    for gene in own:
        cost -= float(np.log2(last) + (len(gene.exon_lengths) - 1) * np.log2(1.0 - last))
    return cost


def _length_cost(own: Sequence[int], others: Sequence[int]) -> float:
    """Return the bits of lengths: of their class of half an octave, and of the place within it."""
    counts = np.full(_LENGTH_CLASSES, _UNSEEN)
    counts += np.bincount(_length_class(others), minlength=_LENGTH_CLASSES)
    ends = 2.0 ** (np.arange(_LENGTH_CLASSES + 1) / 2)
    bits = _bits(counts) + np.log2(np.maximum(1.0, np.diff(ends)))
    return float(bits[_length_class(own)].sum())


def _length_class(lengths: Sequence[int]) -> Integers:
    classes = 2 * np.log2(np.maximum(1, np.array(lengths, dtype=np.float64)))
    return np.asarray(np.minimum(_LENGTH_CLASSES - 1, classes), dtype=np.int64)
