"""What may become the model where there is no annotation: tables or a network, and its parses."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from genefinder.annotate import EvidenceReader
from genefinder.decoding import Grammar
from genefinder.dna import Codes
from genefinder.network.model import GeneNetwork
from genefinder.training.coherence import coherence, splice_signal
from genefinder.training.parses import Evidence, Parse, Read, parse_all
from genefinder.training.pieces import Piece

Report = Callable[[str], None]

_TOLERANCE = 0.9
"""Share of its teacher's coherence that a network keeps at least; on A. thaliana one that was 2.5
points of exon F1 better than its tables kept 0.97."""
_GAIN = 0.02
"""Share by which coherence must rise: less may be chance."""
_ERRORS = 2.0
"""Standard errors by which the splice signal must rise."""


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
    splice: float
    splice_error: float
    network: GeneNetwork | None = None

    def describe(self) -> str:
        """Say how many genes it finds, and how well they explain the genome."""
        genes = sum(len(one.genes) for one in (*self.learnt, *self.held))
        return (
            f"{self.name}: {genes:,} genes, coherence {self.coherence:.2f} nats per kb, splice "
            f"signal {self.splice:.2f} nats per intron"
        )

    def acceptable_after(self, teacher: "Candidate") -> bool:
        """Tell whether a network trained on a teacher's genes still explains the genome.

        Tables find the very genes that tables explain best, so a better network may score a little
        lower.
        """
        return self.coherence >= _TOLERANCE * teacher.coherence

    def clearly_better_than(self, other: "Candidate") -> bool:
        """Tell whether both scores are higher, that of the splice sites beyond doubt."""
        margin = _ERRORS * math.hypot(self.splice_error, other.splice_error)
        explains_more = self.coherence > other.coherence + _GAIN * abs(other.coherence)
        return explains_more and self.splice > other.splice + margin


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
