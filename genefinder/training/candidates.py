"""What may become the model where there is no annotation: tables or a network, and its parses.

Whether one is better than another is judged by how many bits its genes save in describing the
genome (:mod:`genefinder.dataset.description`), the measure that installed models are chosen by.
Right genes save more than wrong ones, with one exception: the coding sequence of transposons saves
as much, and is none of the host's. What takes transposons for genes makes up introns in them, whose
sites are less alike, and no longer finds what the other was sure of. So splice sites must be more
alike beyond doubt, or else no less alike, and what the other was sure of must be found again.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from genefinder.annotate import EvidenceReader
from genefinder.dataset.description import describe
from genefinder.decoding import Grammar
from genefinder.dna import Codes
from genefinder.genes import Interval, Region
from genefinder.network.model import GeneNetwork
from genefinder.training.coherence import coherence, splice_signal
from genefinder.training.parses import Evidence, Parse, Read, parse_all
from genefinder.training.pieces import Piece

Report = Callable[[str], None]

_TOLERANCE = 0.9
"""Share of its teacher's coherence that a network keeps at least; on A. thaliana one that was 2.5
points of exon F1 better than its tables kept 0.97."""
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
    """A model with what it finds on the pieces of a genome.

    Attributes
    ----------
    name
        What it is, for people.
    grammar
        The grammar that it decodes with.
    learnt, held
        Its parses of the pieces that are learnt from, and of those held out.
    coherence
        How well the one explain the other; see :mod:`genefinder.training.coherence`.
    saved
        Bits that its genes save in describing 1,000 bases of all pieces.
    splice, splice_error
        How much alike splice sites are, and the standard error.
    network
        The network, in evaluation mode; ``None`` where tables alone were read.
    """

    name: str
    grammar: Grammar
    learnt: list[Parse]
    held: list[Parse]
    coherence: float
    saved: float
    splice: float
    splice_error: float
    network: GeneNetwork | None = None

    def describe(self) -> str:
        """Say how many genes it finds, and how well they explain the genome."""
        genes = sum(len(one.genes) for one in (*self.learnt, *self.held))
        return (
            f"{self.name}: {genes:,} genes, {self.saved:.2f} bits saved per kb, coherence "
            f"{self.coherence:.2f} nats per kb, splice signal {self.splice:.2f} nats per intron"
        )

    def acceptable_after(self, teacher: "Candidate") -> bool:
        """Tell whether a network trained on a teacher's genes still explains the genome.

        Tables find the very genes that tables explain best, so a better network may score a little
        lower.
        """
        return self.coherence >= _TOLERANCE * teacher.coherence

    def clearly_better_than(self, other: "Candidate") -> bool:
        """Tell whether it saves more bits, and nothing looks like transposons taken for genes."""
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

    def _exons(self, certainty: float) -> Iterator[tuple[Region, str, Interval]]:
        """Yield the coding exons of genes all of whose bases have such a posterior."""
        for one in (*self.learnt, *self.held):
            for gene in one.genes:
                if one.certainty[gene.start : gene.end].min() >= certainty:
                    for exon in gene.transcripts[0].cds:
                        yield one.piece.region, gene.strand, exon


def judge(
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
        coherence(learnt, held, grammar),
        describe([(one.piece.codes, one.genes) for one in (*learnt, *held)]).saved_per_kb,
        *splice_signal(learnt, held, grammar),
        network,
    )


def judge_network(
    name: str,
    network: GeneNetwork,
    grammar: Grammar,
    learnt: Iterable[Piece],
    held: Iterable[Piece],
    device: torch.device,
    threads: int,
) -> Candidate:
    """Make a candidate of a network, by parsing all pieces."""
    with network_reader(network.eval(), device, threads) as read:
        parses = parse_all(learnt, read, grammar), parse_all(held, read, grammar)
    return judge(name, grammar, *parses, network)


@contextmanager
def network_reader(network: GeneNetwork, device: torch.device, threads: int) -> Iterator[Read]:
    """Read evidence with a network for the length of a ``with`` block."""
    with EvidenceReader(network, device, threads) as reader:

        def read(codes: Codes) -> Evidence:
            return np.concatenate([evidence for _, evidence in reader.read(codes)])

        yield read
