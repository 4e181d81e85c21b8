"""What may become the model where there is no annotation: tables or a network, and its parses.

Whether one is better than another is judged by how many bits its genes save in describing the
genome (:mod:`genefinder.data.description_length`), the measure that installed models are chosen by.
Right genes save more than wrong ones, with one exception: the coding sequence of transposons saves
as much, and is none of the host's. What takes transposons for genes makes up introns in them, whose
sites are less alike, and no longer finds what the other was sure of. So splice sites must be more
alike beyond doubt, or else no less alike, and what the other was sure of must be found again.

How well genes explain held-out sequence needs no annotation either. Right genes have one codon
usage, one kind of splice site and one composition of introns. So tables that are counted on the
predictions for one part of a genome predict the bases of another part, parsed by the same model,
the better the more of both predictions is right: what is missed is not explained, and what is false
blurs the tables and does not follow them. The score is the log-likelihood of a held-out parse under
tables of the others, against that of no gene at all. It cannot be raised by being sure of oneself,
as posteriors can.

But it can be raised by transposons, which are coding sequence and no genes: on A. thaliana tables
alone score higher than a trained network that is far more accurate. Splice sites betray that: what
is told of them by the matrices counted elsewhere falls as soon as introns are made up.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch

from genefinder.data.counts import SITE_PENALTY, count_tables
from genefinder.data.description_length import description_of
from genefinder.data.regions import RegionSequence
from genefinder.dna import Codes
from genefinder.genes import Interval, Region
from genefinder.grammar import Grammar
from genefinder.grammar.labels import (
    ACCEPTOR,
    DONOR,
    EXON,
    INTRON,
    LABEL_CHANNEL,
    START,
    STRAND_CHANNELS,
)
from genefinder.network.network import GeneNetwork
from genefinder.network.scorer import WindowScorer
from genefinder.network.table_scorer import TableScorer
from genefinder.selftraining.parses import Parse, Read, Scores, parse_all

Report = Callable[[str], None]

_TOLERANCE = 0.9
"""Share of its teacher's held-out gain that a network keeps at least; on A. thaliana one that was
2.5 points of exon F1 better than its tables kept 0.97."""
_GAIN = 0.05
"""Share by which the bits saved must rise. Where tables were worse than the model that they began
with (one of the very species) they saved from 2 % less to 2 % more than it, where they were better
(one of other species) 7 % more at least: `benches/adaptation.py`."""
_ERRORS = 2.0
"""Standard errors of the splice signal; smaller differences may be chance."""
_SURE = 0.9
"""Posterior of every base of a gene from which on a model is sure of it."""
_KEPT = 0.5
"""Share of the exons of such genes that are found again, at least. On the same regions it was 0.65
and more; among the transposons about the centromere of A. thaliana it was 0.3."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A model with what it finds on the chunks of a genome.

    Attributes
    ----------
    name
        What it is, for people.
    grammar
        The grammar that it decodes with.
    learnt, held
        Its parses of the chunks that are learnt from, and of those held out.
    held_out_gain
        How well the one explain the other; see :mod:`genefinder.selftraining.criteria`.
    saved
        Bits that its genes save in describing 1,000 bases of all chunks.
    splice, splice_error
        How much alike splice sites are, and the standard error.
    network
        The network, in evaluation mode; ``None`` where tables alone were read.
    """

    name: str
    grammar: Grammar
    learnt: list[Parse]
    held: list[Parse]
    held_out_gain: float
    saved: float
    splice: float
    splice_error: float
    network: GeneNetwork | None = None

    def describe(self) -> str:
        """Say how many genes it finds, and how well they explain the genome."""
        genes = sum(len(parse.genes) for parse in (*self.learnt, *self.held))
        return (
            f"{self.name}: {genes:,} genes, {self.saved:.2f} bits saved per kb, held-out gain "
            f"{self.held_out_gain:.2f} nats per kb, splice signal {self.splice:.2f} nats per intron"
        )

    # Two questions, and so two measures. A student starts from its teacher's genes, transposons
    # among them: it has only to show that none of what explains the genome is lost. Another model
    # takes the place of one that works: it has to show a gain that transposons cannot feign, as
    # they can that of held-out sequence.

    def no_worse_than(self, teacher: "Candidate") -> bool:
        """Tell whether a network trained on a teacher's genes still explains the genome.

        Tables find the very genes that tables explain best, so a better network may score a little
        lower.
        """
        return self.held_out_gain >= _TOLERANCE * teacher.held_out_gain

    def clearly_better_than(self, other: "Candidate") -> bool:
        """Tell whether to take it instead of another model.

        It saves more bits, and nothing looks like transposons taken for genes.
        """
        if self.saved <= other.saved + _GAIN * abs(other.saved):
            return False
        rise = self.splice - other.splice
        margin = _ERRORS * math.hypot(self.splice_error, other.splice_error)
        return rise > margin or (rise >= -margin and self.kept_of(other) >= _KEPT)

    def kept_of(self, other: "Candidate") -> float:
        """Return the share of the exons that the other is sure of which are found again.

        It is 1 where the other is sure of nothing.
        """
        sure = set(other._exons(_SURE))
        return len(sure.intersection(self._exons(0.0))) / len(sure) if sure else 1.0

    def _exons(self, threshold: float) -> Iterator[tuple[Region, str, Interval]]:
        """Yield the coding exons of genes all of whose bases have such a posterior."""
        for parse in (*self.learnt, *self.held):
            for gene in parse.genes:
                if parse.label_posterior[gene.start : gene.end].min() >= threshold:
                    for exon in gene.transcripts[0].cds:
                        yield parse.chunk.region, gene.strand, exon


def score_candidate(
    name: str,
    grammar: Grammar,
    learnt: Sequence[Parse],
    held: Sequence[Parse],
    network: GeneNetwork | None = None,
) -> Candidate:
    """Make a candidate of parses."""
    return Candidate(
        name,
        grammar,
        list(learnt),
        list(held),
        held_out_gain(learnt, held, grammar),
        description_of(
            [(parse.chunk.codes, parse.genes) for parse in (*learnt, *held)]
        ).saved_per_kb,
        *splice_signal(learnt, held, grammar),
        network,
    )


def score_network(
    name: str,
    network: GeneNetwork,
    grammar: Grammar,
    learnt: Iterable[RegionSequence],
    held: Iterable[RegionSequence],
    device: torch.device,
    threads: int,
) -> Candidate:
    """Make a candidate of a network, by parsing all chunks."""
    with network_reader(network.eval(), device, threads) as read:
        parses = parse_all(learnt, read, grammar), parse_all(held, read, grammar)
    return score_candidate(name, grammar, *parses, network)


@contextmanager
def network_reader(network: GeneNetwork, device: torch.device, threads: int) -> Iterator[Read]:
    """Read scores with a network for the length of a ``with`` block."""
    with WindowScorer(network, device, threads) as reader:

        def read(codes: Codes) -> Scores:
            return np.concatenate([scores for _, scores in reader.read(codes)])

        yield read


_ORDER, _BEFORE, _AFTER = 5, 24, 12
_MIN_LABEL_POSTERIOR = 0.5
_CHANNEL = np.array(LABEL_CHANNEL)
PER = 1000.0


def held_out_gain(learnt: Sequence[Parse], held: Sequence[Parse], grammar: Grammar) -> float:
    """Score the parses of one model.

    Parameters
    ----------
    learnt
        Parses that the tables are counted on.
    held
        Parses of other chunks of the genome, by the same model.
    grammar
        Grammar of the model.

    Returns
    -------
    float
        Nats per 1,000 bases of the held-out chunks; 0 is the score of no gene.
    """
    tables = count_tables(
        [parse.labelled(_MIN_LABEL_POSTERIOR) for parse in learnt], grammar, _ORDER, _BEFORE, _AFTER
    )
    read = TableScorer(tables, grammar)
    intergenic, exon, intron = _rates(learnt)
    score = 0.0
    for parse in held:
        scores = read(parse.chunk.codes)
        channel = _CHANNEL[parse.labels]
        inside = np.flatnonzero(channel >= 0)
        score += float(scores[inside, channel[inside]].sum())
        score += float((scores[parse.positions, parse.channels] + SITE_PENALTY).sum())
        state = channel[inside] % STRAND_CHANNELS
        score -= (exon - intergenic) * int((state < INTRON).sum())
        score -= (intron - intergenic) * int((state >= INTRON).sum())
    return PER * score / max(1, sum(len(parse.labels) for parse in held))


def splice_signal(
    learnt: Sequence[Parse], held: Sequence[Parse], grammar: Grammar
) -> tuple[float, float]:
    """Tell how much alike splice sites are.

    Returns
    -------
    tuple of float
        Mean log-odds of the donor and the acceptor of an intron on the held-out chunks against
        decoys, under weight matrices counted on the others, in nats; and its standard error.
        Both are 0 where there is no intron.
    """
    tables = count_tables(
        [parse.labelled(_MIN_LABEL_POSTERIOR) for parse in learnt], grammar, _ORDER, _BEFORE, _AFTER
    )
    read = TableScorer(replace(tables, bias=np.zeros_like(tables.bias)), grammar)
    mean = variance = 0.0
    scores = [read(parse.chunk.codes)[parse.positions, parse.channels] for parse in held]
    channels = [parse.channels % STRAND_CHANNELS for parse in held]
    for site in (DONOR, ACCEPTOR):
        log_odds = np.concatenate(
            [
                values[which == site].astype(np.float64)
                for values, which in zip(scores, channels, strict=True)
            ]
            or [np.empty(0)]
        )
        if len(log_odds):
            mean += float(log_odds.mean())
            variance += float(log_odds.var(ddof=1)) / len(log_odds) if len(log_odds) > 1 else np.inf
    return mean, math.sqrt(variance)


def _rates(parses: Sequence[Parse]) -> tuple[float, float, float]:
    """Return how often intergenic sequence, exons and introns end at a site, a base.

    A path that goes on passes sites by; what that costs is the rate at which they are taken.
    """
    labels = np.concatenate([_CHANNEL[parse.labels] for parse in parses])
    state = np.where(labels < 0, -1, labels % STRAND_CHANNELS)
    sites = np.concatenate([parse.channels for parse in parses]) % STRAND_CHANNELS
    among = ((state < EXON), (state >= EXON) & (state < INTRON), (state >= INTRON))
    taken = (START, DONOR, ACCEPTOR)
    intergenic, exon, intron = (
        int((sites == site).sum()) / max(1, int(here.sum()))
        for site, here in zip(taken, among, strict=True)
    )
    return intergenic, exon, intron
