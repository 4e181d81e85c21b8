"""The statistics of a genome that nobody annotated, learnt from its sequence alone.

Long open reading frames give the first codon statistics, most eukaryotes' splice sites the first
introns (as in GeneMark-ES; Lomsadze et al. 2005, doi:10.1093/nar/gki937). Rounds of counting what
is expected of every base (Baum and Welch 1970) follow, first with these tables alone, then with the
network that reads them, which knows from other species what genes look like. Species that the model
knows are further starts. Of all that came out, those statistics are kept with which the network
finds the genes that describe the sample in the fewest bits
(:mod:`genefinder.data.description_length`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from genefinder.data.counts import (
    USUAL_GAP,
    USUAL_INTRON,
    CountedTables,
    count_expected,
    penalize_intron_length,
)
from genefinder.data.open_frames import first_tables
from genefinder.dna import C, Codes, G, N
from genefinder.errors import InputError
from genefinder.grammar import Grammar, build_graph, forward_backward
from genefinder.grammar.labels import DONOR, EXON, INTRON, START, STRAND_CHANNELS
from genefinder.io.contigs import Contig
from genefinder.network.network import GeneNetwork
from genefinder.network.scorer import WindowScorer
from genefinder.network.table_scorer import TableScorer
from genefinder.saved_bits import (
    FEW,
    GenesFound,
    Scored,
    intron_adjustment,
    shortest_coding,
    shortest_intron,
)
from genefinder.species.statistics import Statistics
from genefinder.species.structure import Structure

TABLE_ROUNDS, NETWORK_ROUNDS = 3, 2
_NEAREST_BASES = 300_000
"""Bases on which the known species are compared."""
_HARDLY_ANY, _MANY = 0.1, 0.5
"""Introns a gene: a species with fewer than the first is no start where long open frames lead to
more than the second. It teaches what hardly any introns look like, and rounds from it keep calling
too few: in P. knowlesi, with a network that had not seen its clade, rounds from S. arboricola found
half as many introns as those from long open frames, and an exon F1 of 54 rather than 79, although
they saved more bits (31.8 rather than 31.0 a kilobase)."""
_INTRON_TRUST = 0.5
"""Weight of the words of introns: some that are counted are none and hold words of genes, and taken
as they are they lose true introns. Chosen on validation regions of P. knowlesi, S. pombe and
O. tauri, with a network that had not seen their clades."""
_MINIMA_BASES = 1_000_000
"""Bases that the shortest introns and genes are told by, or half of a smaller sample: what is
saved differs by more than by chance."""
_MEDIAN = 0.7
"""Median of geometric lengths, as a share of their mean."""

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """Statistics, and how well the network describes the sample when it reads them.

    Attributes
    ----------
    name
        Where they come from, for people.
    statistics
        As counted.
    found
        Genes in the sample.
    """

    name: str
    statistics: Statistics
    found: GenesFound

    @property
    def saved_per_kb(self) -> float:
        """Bits that the genes found save in describing 1,000 bases of the sample."""
        return self.found.saved_per_kb

    def describe(self) -> str:
        """Say what it is worth."""
        return (
            f"{self.name}: {self.found.genes:,} genes, {self.found.introns:,} introns, "
            f"{self.saved_per_kb:.2f} bits saved per kb"
        )


@dataclass(frozen=True, slots=True, eq=False)
class Learnt:
    """What came out of learning.

    Attributes
    ----------
    candidates
        All statistics that were tried, the best first.
    bases
        Known bases of the sample.
    """

    candidates: tuple[Candidate, ...]
    bases: int

    @property
    def statistics(self) -> Statistics:
        """The best statistics."""
        return self.candidates[0].statistics

    @property
    def saved_per_kb(self) -> float:
        """Bits that the best saves per 1,000 bases."""
        return self.candidates[0].saved_per_kb

    def describe(self) -> str:
        """Say what was chosen."""
        return f"statistics learnt from {self.bases / 1e6:.1f} Mb; {self.candidates[0].describe()}"


def learn_statistics(
    contigs: Sequence[Contig],
    network: GeneNetwork,
    grammar: Grammar,
    name: str,
    known: Sequence[Statistics] = (),
    *,
    more: Sequence[Contig] = (),
    device: torch.device,
    threads: int = 1,
    progress: Callable[[float], None] = lambda share: None,
) -> Learnt:
    """Learn the statistics of a genome.

    Parameters
    ----------
    contigs
        The genome or a sample of it, in parts that fit into memory with their posteriors
        (80 bytes a base).
    network
        Reads statistics.
    grammar
        Has the genetic code and the words of the sites; minimum lengths are those of an unknown
        species.
    name
        What the statistics are called.
    known
        Statistics of other species, the nearest of which is a start as well unless it has hardly
        any introns and the genome many.
    more
        A larger sample, where there is one. What tables alone count there is another start: the
        rounds go on from it where the network finds better genes with it. Where sites are well
        told, more of them tell them better; where they are not, more false ones lead astray.
    device, threads
        What to compute with; they do not change the result.
    progress
        Takes the share of the work that is done, 0 to 1.

    Raises
    ------
    InputError
        If the sample has no more long open frames than chance gives, and there is no known species
        to begin with.
    """
    bases = sum(int((contig.codes != N).sum()) for contig in contigs)
    sequences = [contig.codes for contig in contigs]
    larger = [contig.codes for contig in more]
    if sum(map(len, larger)) <= sum(map(len, sequences)):
        larger = []
    learner = Learner(network, grammar, device, threads)
    done = 0.0
    # In passes of the network over the sample: the comparison of the known species is on a quarter.
    total = len(known) / 4 + 2 + (NETWORK_ROUNDS + 1) * (2 if known else 1)
    total += 1 if larger else 0

    def advance(work: float) -> None:
        nonlocal done
        done += work
        progress(min(1.0, done / total))

    nearest: Statistics | None = None
    if known:
        nearest = known[0]
        if len(known) > 1:
            part = contigs[:: max(1, round(bases / _NEAREST_BASES))]
            part_codes = [contig.codes for contig in part]
            compared = [
                learner.found_with(other.name, other, learner.scored(other, part_codes))
                for other in known
            ]
            nearest = max(compared, key=lambda candidate: candidate.saved_per_kb).statistics
        advance(len(known) / 4)
    try:
        frames = [learner.from_frames(sample, name) for sample in (sequences, larger) if sample]
    except InputError:
        if nearest is None:
            raise
        frames = []
    advance(1)
    trials = _Trials(learner, sequences, name)
    starts: list[tuple[str, list[Statistics], int]] = []
    if nearest is not None:
        # It is compared in any case.
        rounds = NETWORK_ROUNDS if not frames or teaches_introns(nearest, frames[0]) else 0
        starts.append((nearest.name, [nearest], rounds))
    if frames:
        starts.append(("long open frames", frames, NETWORK_ROUNDS))
    for start, statistics, rounds in starts:
        for last in (False,) * rounds + (True,):
            read = len(statistics)
            statistics = [trials.add(start, statistics, last)]
            advance(read)
    # Not before: introns that are made dear while they are counted become too few.
    candidates = trials.candidates
    if better := learner.adjusted(trials.best, trials.scored):
        candidates.append(better)
    progress(1.0)
    ordered = sorted(candidates, key=lambda candidate: -candidate.saved_per_kb)
    return Learnt(tuple(ordered), bases)


def teaches_introns(species: Statistics, genome: Statistics) -> bool:
    """Tell whether a species has enough introns for the statistics of a genome to start from it.

    Parameters
    ----------
    species
        A known one.
    genome
        What long open frames of the genome lead to.
    """
    many = genome.structure.introns_per_gene >= _MANY
    known = species.structure.bases > 0
    return not (many and known) or species.structure.introns_per_gene >= _HARDLY_ANY


class Learner:
    """Reads sequences with statistics, and counts what is expected there.

    Parameters
    ----------
    network
        Reads statistics.
    grammar
        What genes look like.
    device, threads
        What to compute with.
    """

    def __init__(
        self, network: GeneNetwork, grammar: Grammar, device: torch.device, threads: int
    ) -> None:
        self._network = network
        self.grammar = grammar
        self._device = device
        self._threads = threads
        self._shape = network.config.table_shape

    def from_frames(
        self, sequences: Sequence[Codes], name: str, rounds: int = TABLE_ROUNDS
    ) -> Statistics:
        """Count long open frames, then so many times what the tables themselves expect."""
        tables = first_tables(sequences, self.grammar, self._shape)
        return self.from_tables(tables, sequences, name, rounds)

    def from_tables(
        self, tables: CountedTables, sequences: Sequence[Codes], name: str, rounds: int
    ) -> Statistics:
        """Count so many times, at least once, what the tables themselves expect."""
        few = sequences[:: _every(sequences)]
        for _ in range(rounds):
            read = TableScorer(tables, self.grammar)
            minima = self._minima((codes, read(codes)) for codes in few)
            counted = self._counted(((codes, read(codes)) for codes in sequences), name, *minima)
            tables = counted.tables
        return counted

    def adjusted(
        self, candidate: Candidate, scored: Sequence[Scored], *, few: int = FEW
    ) -> Candidate | None:
        """Return statistics with the adjustment that the genome asks for, if it asks for any.

        Parameters
        ----------
        candidate
            Statistics.
        scored
            Sequences with the scores that the network gives with them.
        few
            Fewer introns tell nothing.
        """
        statistics = candidate.statistics
        grammar = statistics.grammar(self.grammar)
        added, found = intron_adjustment(scored, grammar, candidate.found, few=few)
        if not added:
            return None
        adjustment = statistics.adjustment + added
        return Candidate(candidate.name, replace(statistics, adjustment=adjustment), found)

    def found_with(self, name: str, statistics: Statistics, scored: Sequence[Scored]) -> Candidate:
        """See what some statistics are worth by the genes of sequences with their scores."""
        found = GenesFound.of(scored, statistics.grammar(self.grammar))
        return Candidate(name, statistics, found)

    def scored(self, statistics: Statistics, sequences: Sequence[Codes]) -> list[Scored]:
        """Score sequences by the network, which reads some statistics."""
        with WindowScorer(self._network.reading(statistics), self._device, self._threads) as scorer:
            return [
                (codes, np.concatenate([scores for _, scores in blocks]))
                for codes, blocks in zip(sequences, scorer.read_all(sequences), strict=True)
            ]

    def counted(self, scored: Sequence[Scored], name: str) -> Statistics:
        """Count what is expected of sequences with their scores; first tell the shortest intron."""
        few = scored[:: _every([codes for codes, _ in scored])]
        return self._counted(scored, name, *self._minima(few))

    def _minima(self, scored: Iterable[Scored]) -> tuple[int | None, int | None]:
        """Tell the shortest intron and the fewest coding bases of a gene, where there are any.

        Where genes have no introns, nothing is read.
        """
        if not self.grammar.spliced:
            return None, None
        scored = list(scored)
        min_intron = shortest_intron(scored, self.grammar)
        grammar = replace(self.grammar, min_intron=min_intron or self.grammar.min_intron)
        return min_intron, shortest_coding(scored, grammar)

    def _counted(
        self,
        scored: Iterable[Scored],
        name: str,
        min_intron: int | None,
        min_coding: int | None,
    ) -> Statistics:
        """Count what is expected of sequences with their scores."""
        grammar = replace(self.grammar, min_intron=min_intron or self.grammar.min_intron)
        totals = _Totals()

        def posteriors() -> Iterator[Scored]:
            for codes, scores in scored:
                graph = build_graph(codes, grammar)
                _, posterior = forward_backward(codes, scores, grammar, free_ends=True, graph=graph)
                totals.add(codes, posterior)
                yield codes, posterior

        tables = count_expected(posteriors(), grammar, self._shape).tables()
        if grammar.spliced:
            tables = penalize_intron_length(
                _doubt_introns(tables), totals.median_intron, totals.median_gap
            )
        code = self.grammar.genetic_code
        structure = totals.structure()
        return Statistics(name, tables, code, "genome", structure, min_intron, min_coding)


class _Trials:
    """Statistics that are tried on a sample; what the best of them score is kept."""

    def __init__(self, learner: Learner, sequences: Sequence[Codes], name: str) -> None:
        self._learner = learner
        self._sequences = sequences
        self._name = name
        self.candidates: list[Candidate] = []
        self.scored: list[Scored] = []

    @property
    def best(self) -> Candidate:
        """Those that save most bits; of equals, the first."""
        return max(self.candidates, key=lambda candidate: candidate.saved_per_kb)

    def add(self, start: str, options: Sequence[Statistics], last: bool) -> Statistics:
        """See what statistics are worth, and count by the best what the next round begins with.

        A round may lose what the one before had, so each is a candidate.
        """
        tried = []
        for statistics in options:
            called = f"learnt from {start}" if statistics.origin == "genome" else start
            scored = self._learner.scored(statistics, self._sequences)
            candidate = self._learner.found_with(called, statistics, scored)
            self.candidates.append(candidate)
            if self.best is candidate:
                self.scored = scored
            tried.append((candidate, scored))
        best, scored = max(tried, key=lambda found: found[0].saved_per_kb)
        return best.statistics if last else self._learner.counted(scored, self._name)


def _doubt_introns(tables: CountedTables) -> CountedTables:
    """Bring the words of introns nearer to those of what lies between genes."""
    words = tables.words.copy()
    words[:, 3] *= _INTRON_TRUST
    return replace(tables, words=words)


def _every(sequences: Sequence[Codes]) -> int:
    """Return that each so manieth sequence is read to tell minimum lengths by."""
    return max(2, round(sum(map(len, sequences)) / _MINIMA_BASES))


class _Totals:
    """Expected numbers of genes and introns, and of the bases in them."""

    def __init__(self) -> None:
        self.bases = self.strong = 0
        self.coding = self.intronic = self.genes = self.introns = 0.0

    def add(self, codes: Codes, posterior: Scores) -> None:
        """Take in a sequence and its posteriors."""
        self.bases += int((codes != N).sum())
        self.strong += int(((codes == C) | (codes == G)).sum())
        for own in (posterior[:, :STRAND_CHANNELS], posterior[:, STRAND_CHANNELS:]):
            self.coding += float(own[:, EXON:INTRON].sum())
            self.intronic += float(own[:, INTRON:START].sum())
            self.genes += float(own[:, START].sum())
            self.introns += float(own[:, DONOR].sum())

    @property
    def median_intron(self) -> float:
        """Median length of introns, were they geometric; the usual one of too few."""
        return _MEDIAN * self.intronic / self.introns if self.introns >= FEW else USUAL_INTRON

    @property
    def median_gap(self) -> float:
        """Median length of what lies between genes, likewise."""
        between = self.bases - self.coding - self.intronic
        return _MEDIAN * between / self.genes if self.genes >= FEW else USUAL_GAP

    def structure(self) -> Structure:
        """Return the figures."""
        bases, genes = max(1, self.bases), max(1.0, self.genes)
        return Structure(
            bases=self.bases,
            gc=self.strong / bases,
            genes_per_mb=1e6 * self.genes / bases,
            coding=self.coding / bases,
            introns_per_gene=self.introns / genes,
            intron=self.intronic / self.introns if self.introns >= 1 else 0.0,
        )
