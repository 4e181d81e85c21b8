"""How readily a network calls a gene: the one number that only decoded genes can set.

The loss weighs bases; whether a doubtful gene is called depends on the score of its start alone,
and training on a relative with fewer annotated genes leaves it too low.
"""

from collections.abc import Sequence

import torch

from genefinder.annotate import EvidenceReader
from genefinder.decoding import Grammar
from genefinder.labels import START
from genefinder.network.model import GeneNetwork
from genefinder.training.genomes import HeldOut
from genefinder.training.validation import balance, validate

STEPS = (0.0, 0.5, 1.0, 1.5, 2.0)
"""What may be added to the score of every start codon."""


def choose_boldness(
    held_out: Sequence[HeldOut],
    network: GeneNetwork,
    device: torch.device,
    threads: int,
    grammar: Grammar,
) -> float:
    """Find what to add to the scores of start codons, and add it.

    Parameters
    ----------
    held_out
        Stretches to decode.
    network
        In evaluation mode; the bias of its start codons is changed in place.
    device, threads
        What to compute with.
    grammar
        What a gene may look like.

    Returns
    -------
    float
        The least of :data:`STEPS` with the highest mean of base, exon and gene F1.
    """
    bias = network.channels.bias
    with torch.no_grad():
        start = bias[START].clone()

        def tried(step: float) -> float:
            bias[START] = start + step
            with EvidenceReader(network, device, threads) as reader:
                return balance(validate(held_out, reader, grammar, None))

        best = max(STEPS, key=tried)
        bias[START] = start + best
    return best
