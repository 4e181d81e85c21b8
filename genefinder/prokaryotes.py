"""Bacteria and archaea: how they are told, their genetic code and the statistics of a genome.

Genes without introns are open reading frames, so the statistics of such a genome follow from its
long frames by rounds of counting what is expected of every base, with tables alone and in seconds.
What is too short for that reads those of the species that explains it best, by the likelihood of
the sequence with all the genes that it can hold.

A genome is taken for one of a bacterium or archaeon if most of it is coding, and if many genes
follow each other on one strand with hardly a base between, as in operons: the dense genomes of
yeasts and microsporidia have no such neighbours.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from genefinder.data.counts import CountedTables
from genefinder.data.open_frames import first_tables
from genefinder.data.words import index_words
from genefinder.dna import C, Codes, G, N, reverse_complement
from genefinder.errors import InputError
from genefinder.genes import Gene
from genefinder.grammar import Grammar, forward_backward, viterbi
from genefinder.grammar.grammar import stop_codons
from genefinder.grammar.labels import CODON
from genefinder.learning import Candidate, Learner, Learnt
from genefinder.network.network import GeneNetwork
from genefinder.network.table_scorer import TableScorer
from genefinder.species.statistics import Statistics

LEAST_BASES = 100_000
"""Known bases that tell the statistics of such a genome; fewer do not."""
SAMPLE_BASES = 1_000_000
"""Bases that they are learnt from, about."""
FIRST_ROUNDS, LAST_ROUNDS = 2, 2
"""Rounds of counting after each of the starts, on a part of the sample, and after the better one of
these, on all of it."""
_USUAL_CODE, _TRYPTOPHAN_CODE, _GLYCINE_CODE = 11, 4, 25
_TGA = (3, 2, 0)
_AROUND = 30
"""Codons before and after a place that tell whether it is coding."""
_CLEARLY = 10.0
"""Sum of their log-odds that is clearly that of coding sequence."""
_LEAST_TGA = {_USUAL_CODE: 0.001, _TRYPTOPHAN_CODE: 0.005}
"""Share of TGA among coding codons where it is no stop codon, at least, with words counted under
either code: under the usual one, of twelve genomes those of mycoplasmas had 0.0020 and 0.0047, all
others 0.0006 or less; under the other they had 0.007 and 0.010."""
_TRYPTOPHAN = 0.02
"""No genome has so large a share of tryptophan that TGA could stand for it in more codons."""
_COMPARED_BASES = 300_000
"""Bases on which genetic codes, known species and the starts of learning are compared."""
_CODING, _OPERONS = 0.5, 0.16
"""Share of the bases that must be coding, and of neighbours that must be as in operons: of
nineteen prokaryotes the least have 0.75 and 0.20, of nine eukaryotes the most have 0.85 (of frames
that are no genes, in a green alga) and 0.12."""
_CLEARLY_LESS = 0.7
"""Share of these that is clearly too little also in a small sample."""
_APART = 30
"""Bases between the genes of an operon, at most."""
_NEAREST_BASES, _NEAREST_SEQUENCES = 20_000, 3
"""Of so many bases of so many sequences the nearest species is told."""
_FEWEST_GENES = 8
"""Fewer genes do not tell what they are of."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What tells bacteria and archaea from eukaryotes.

    Attributes
    ----------
    genes
        Found in a sample.
    coding
        Share of the bases that is coding.
    operons
        Share of neighbouring genes that follow each other on one strand with few bases between.
    """

    genes: int
    coding: float
    operons: float

    @property
    def prokaryotic(self) -> bool:
        """Whether the sample is of a bacterium, an archaeon, or of a phage or plasmid of these."""
        enough = self.genes >= _FEWEST_GENES
        return enough and self.coding >= _CODING and self.operons >= _OPERONS

    @property
    def clearly_not_prokaryotic(self) -> bool:
        """Whether the sample is so unlike those that more of it would hardly change that."""
        enough = self.genes >= _FEWEST_GENES
        return enough and (
            self.coding < _CLEARLY_LESS * _CODING or self.operons < _CLEARLY_LESS * _OPERONS
        )

    def describe(self) -> str:
        """Say what was seen."""
        return (
            f"{self.genes:,} genes without introns, {100 * self.coding:.0f} % coding, "
            f"{100 * self.operons:.0f} % of neighbours as in operons"
        )


def see_signs(
    sequences: Sequence[Codes], network: GeneNetwork, known: Sequence[Statistics], grammar: Grammar
) -> Signs:
    """Look for the signs of bacteria and archaea in a sample.

    Parameters
    ----------
    sequences
        The sample.
    network
        Tells the shape of the statistics that it reads; it does not run.
    known
        Statistics of species, for samples that are too small to learn from.
    grammar
        Of such genes.
    """
    tables = None
    grammar = _of_any_length(grammar)
    if _known_bases(sequences) >= LEAST_BASES:
        try:
            grammar = replace(grammar, genetic_code=tell_genetic_code(sequences, network, grammar))
            tables = _learner(network, grammar).from_frames(sequences, "sample", rounds=1).tables
        except InputError:
            return Signs(0, 0.0, 0.0)
    elif known:
        nearest = compare_known(sequences, known, grammar)[0][0]
        grammar, tables = nearest.grammar(grammar), nearest.tables
    if tables is None:
        return Signs(0, 0.0, 0.0)
    read = TableScorer(tables, grammar)
    found = [viterbi(codes, read(codes), grammar, free_ends=True).genes("") for codes in sequences]
    return _signs(found, _known_bases(sequences))


def _signs(found: Sequence[Sequence[Gene]], bases: int) -> Signs:
    """Return the signs of the genes of sequences."""
    coding = sum(gene.end - gene.start for genes in found for gene in genes)
    neighbours = [pair for genes in found for pair in pairwise(genes)]
    close = sum(
        left.strand == right.strand and right.start - left.end <= _APART
        for left, right in neighbours
    )
    return Signs(
        genes=sum(map(len, found)),
        coding=coding / max(1, bases),
        operons=close / max(1, len(neighbours)),
    )


def learn_prokaryote(
    sequences: Sequence[Codes],
    network: GeneNetwork,
    grammar: Grammar,
    name: str,
    genetic_code: int | None = None,
    known: Sequence[Statistics] = (),
) -> Learnt:
    """Learn the statistics of a genome without introns from its sequence alone.

    Where G and C abound, frames opposite to genes are open too, and may be longer, so long open
    frames are not all that it begins with: the nearest known species is the other start. After the
    first rounds, those statistics are kept whose genes save more bits in describing the sample.

    Parameters
    ----------
    sequences
        The genome or a sample of it.
    network
        Tells the shape of the statistics that it reads; it does not run.
    grammar
        Of such genes.
    name
        What the statistics are called.
    genetic_code
        NCBI translation table; told from the sequence where that is ``None``.
    known
        Statistics of species, the nearest of which is a start.

    Raises
    ------
    InputError
        If the sample is too small, or has no more long open frames than chance gives.
    """
    bases = _known_bases(sequences)
    if bases < LEAST_BASES:
        raise InputError(
            f"{name}: {bases:,} known bases are too few to learn the statistics of a genome; it "
            f"takes {LEAST_BASES:,}"
        )
    grammar = _of_any_length(grammar)
    if genetic_code is None:
        genetic_code = tell_genetic_code(sequences, network, grammar)
    learner = _learner(network, replace(grammar, genetic_code=genetic_code))
    stops = learner.grammar.stops
    fitting = [other for other in known if stop_codons()[other.genetic_code] == stops]
    starts: list[tuple[str, CountedTables]] = []
    if fitting:
        few = [codes[:_NEAREST_BASES] for codes in _beginning(sequences)]
        nearest = compare_known(few[:_NEAREST_SEQUENCES], fitting, learner.grammar)[0][0]
        starts.append((nearest.name, nearest.tables))
    shape = network.config.table_shape
    try:
        starts.append(("long open frames", first_tables(sequences, learner.grammar, shape)))
    except InputError:
        if not starts:
            raise
    part = _beginning(sequences)

    def seen(start: str, statistics: Statistics) -> Candidate:
        read = TableScorer(statistics.tables, learner.grammar)
        scored = [(codes, read(codes)) for codes in part]
        return learner.found_with(start, statistics, scored)

    candidates = [
        seen(f"learnt from {start}", learner.from_tables(tables, part, name, FIRST_ROUNDS))
        for start, tables in starts
    ]
    best, *others = sorted(candidates, key=lambda candidate: -candidate.saved_per_kb)
    tables = best.statistics.tables
    best = seen(best.name, learner.from_tables(tables, sequences, name, LAST_ROUNDS))
    return Learnt((best, *others), bases)


def tell_genetic_code(sequences: Sequence[Codes], network: GeneNetwork, grammar: Grammar) -> int:
    """Tell the genetic code of a genome without introns: 11, 4 or 25.

    Where TGA ends genes, hardly one stands in clearly coding sequence. Where it does not, it stands
    for tryptophan (code 4), unless it is so frequent that it must stand for glycine (code 25).

    Parameters
    ----------
    sequences, network, grammar
        As for :func:`learn_prokaryote`.

    Raises
    ------
    InputError
        If there are no more long open frames than chance gives.
    """
    part = _beginning(sequences)
    shares = []
    for code, least in _LEAST_TGA.items():
        own = replace(grammar, genetic_code=code)
        shares.append(_tga_among_codons(part, network, own))
        if shares[-1] < least:
            return _USUAL_CODE
    return _GLYCINE_CODE if shares[-1] > _TRYPTOPHAN else _TRYPTOPHAN_CODE


def _tga_among_codons(sequences: Sequence[Codes], network: GeneNetwork, grammar: Grammar) -> float:
    """Return the share of TGA among what lies between clearly coding codons, in their frame."""
    words = first_tables(sequences, grammar, network.config.table_shape).words[:, :CODON]
    found = codons = 0
    for codes in sequences:
        if len(codes) < CODON:
            continue
        for reading in (codes, reverse_complement(codes)):
            triplets = np.lib.stride_tricks.sliding_window_view(reading, CODON)
            tga = (triplets == _TGA).all(axis=1)
            before, after = _coding_around(reading, words, tga)
            coding = (before > _CLEARLY) & (after > _CLEARLY)
            codons += int(coding.sum())
            found += int((coding & tga).sum())
    return found / max(1, codons)


def _coding_around(
    reading: Codes, words: npt.NDArray[np.float32], passed_over: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return how coding the codons are before and after every place, in its frame.

    Parameters
    ----------
    reading
        A strand in its own direction, shape ``(T,)``.
    words
        Log-odds by codon position, shape ``(4 ** length + 1, 3)``.
    passed_over
        Codons, by their first base, that tell nothing, nor does what follows them directly; shape
        ``(T - 2,)``.

    Returns
    -------
    tuple of ndarray
        Both of shape ``(T - 2,)``: sums of log-odds over some codons on either side.
    """
    length = (len(words) - 1).bit_length() // 2
    index, known = index_words(reading, length)
    odds = words[np.where(known, index, len(words) - 1)].astype(np.float64)
    size = len(reading) - CODON + 1
    codon = odds[:size, 0] + odds[1 : size + 1, 1] + odds[2 : size + 2, 2]
    codon[passed_over] = 0.0
    codon[CODON:][passed_over[:-CODON]] = 0.0
    sums = np.zeros(size + CODON)
    for frame in range(CODON):
        own = codon[frame::CODON]
        sums[frame + CODON : size + CODON : CODON] = np.cumsum(own)
    # sums[i] adds up the codons of the frame of i that begin before i.
    reach = CODON * _AROUND
    place = np.arange(size)
    before = sums[place] - sums[np.maximum(place - reach, place % CODON)]
    beyond = np.minimum(place + CODON + reach, place + (size + CODON - 1 - place) // CODON * CODON)
    after = sums[beyond] - sums[np.minimum(place + CODON, beyond)]
    return before, after


def compare_known(
    sequences: Sequence[Codes], known: Sequence[Statistics], grammar: Grammar
) -> list[tuple[Statistics, float]]:
    """Tell how well the statistics of known species explain a sample.

    Parameters
    ----------
    sequences
        The sample, which may be as short as one gene; a part of a longer one is read.
    known
        Statistics of one shape.
    grammar
        Of such genes.

    Returns
    -------
    list
        Statistics, and the bits a kilobase by which the sequence is more probable than if its bases
        followed each other by chance; the best first.
    """
    grammar = _of_any_length(grammar)
    part = _beginning(sequences)
    bases = max(1, _known_bases(part))
    strong = sum(int(((codes == C) | (codes == G)).sum()) for codes in part)
    compared = []
    for statistics in known:
        gc = min(0.95, max(0.05, statistics.structure.gc))
        background = strong * math.log(2 * gc) + (bases - strong) * math.log(2 * (1 - gc))
        odds = _log_odds(part, statistics.tables, statistics.grammar(grammar))
        compared.append((statistics, 1000 * (odds + background) / (bases * math.log(2))))
    return sorted(compared, key=lambda pair: (-pair[1], pair[0].slug))


def _log_odds(sequences: Sequence[Codes], tables: CountedTables, grammar: Grammar) -> float:
    """Return by how much all genes together make sequences more probable than background."""
    read = TableScorer(tables, grammar)
    return sum(
        forward_backward(codes, read(codes), grammar, free_ends=True)[0] for codes in sequences
    )


def _of_any_length(grammar: Grammar) -> Grammar:
    """Return a grammar to which the lengths of genes say nothing.

    They would say it once more of what is counted, and tell long frames of eukaryotes from genes no
    better: statistics learnt without them had more exact genes on *T. pallidum*.
    """
    return replace(grammar, lengths=())


def _learner(network: GeneNetwork, grammar: Grammar) -> Learner:
    return Learner(network, grammar, next(network.parameters()).device, 1)


def _beginning(sequences: Sequence[Codes]) -> list[Codes]:
    """Return evenly spread sequences of a sample, up to a number of bases."""
    total = sum(map(len, sequences))
    step = max(1, round(total / _COMPARED_BASES))
    return list(sequences[::step])


def _known_bases(sequences: Sequence[Codes]) -> int:
    return sum(int((codes != N).sum()) for codes in sequences)
