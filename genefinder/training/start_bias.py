"""How readily a network calls a gene: the one number that only decoded genes can set.

The loss weighs bases; whether a gene of middling scores is called depends on the score of its start
alone, and training on a relative with fewer annotated genes leaves it too low.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile

import numpy as np
import torch

from genefinder.data.regions import RegionSequence, of_genome
from genefinder.dna import Codes
from genefinder.evaluation import evaluate
from genefinder.genes import Gene
from genefinder.grammar import Grammar
from genefinder.grammar.labels import N_CHANNELS, START
from genefinder.network.network import GeneNetwork, adjusted
from genefinder.network.scorer import Block, Scores, WindowScorer
from genefinder.species.adjustment import Adjustment
from genefinder.training.validation import balance, decode_region, least_as_good

STEPS = (0.0, 0.5, 1.0, 1.5, 2.0)
"""What may be added to the score of every start codon."""
_BLOCK = 15_000


@dataclass(frozen=True, slots=True)
class StartScoreBias:
    """What was added to the scores of start codons.

    Attributes
    ----------
    bias
        One of :data:`STEPS`.
    genes
        What is found with it on the held-out regions.
    """

    bias: float
    genes: tuple[Gene, ...]


def choose_start_score_bias(
    held_out: Sequence[RegionSequence],
    network: GeneNetwork,
    reader: WindowScorer | Mapping[int, WindowScorer],
    grammar: Grammar | Mapping[int, Grammar],
) -> StartScoreBias:
    """Find what to add to the scores of start codons, and add it.

    The network reads each region once, since what it would say with another score of start codons
    follows from what it says; only the decoding is done again.

    Parameters
    ----------
    held_out
        Regions to decode.
    network
        In evaluation mode; the bias of its start codons is changed in place.
    reader
        Reads with this network, or as it reads each genome, by its number.
    grammar
        What a gene may look like, in all genomes or in each.

    Returns
    -------
    StartScoreBias
        The least of :data:`STEPS` whose mean of base, exon and gene F1 is within
        :data:`~genefinder.training.validation.CHANCE` of the highest: more would call genes for a
        gain that other sequence need not have.
    """
    kept = [_keep(of_genome(reader, held.genome).read(held.codes), len(held)) for held in held_out]
    reference = [gene for held in held_out for gene in held.genes]
    regions = [held.region for held in held_out]
    found = [
        tuple(
            gene
            for held, scores in zip(held_out, kept, strict=True)
            for gene in decode_region(
                held.region,
                _blocks(held.codes, scores, step),
                of_genome(grammar, held.genome),
            )
        )
        for step in STEPS
    ]
    balances = [balance(evaluate(reference, genes, regions)) for genes in found]
    chosen = least_as_good(balances)
    with torch.no_grad():
        network.channels.bias[START] += STEPS[chosen]
    return StartScoreBias(STEPS[chosen], found[chosen])


def _keep(blocks: Iterable[Block], bases: int) -> Scores:
    """Return the scores of all blocks, shape ``(bases, 20)``.

    It lies in a file, for 80 bytes a base would be too much memory for a whole chromosome.
    """
    with TemporaryFile() as file:
        scores = np.memmap(file, np.float32, "w+", shape=(bases, N_CHANNELS))
    start = 0
    for codes, values in blocks:
        scores[start : start + len(codes)] = values
        start += len(codes)
    return scores


def _blocks(codes: Codes, scores: Scores, step: float) -> Iterator[Block]:
    """Yield what the network would say with another score of start codons, block by block."""
    for start in range(0, len(codes), _BLOCK):
        place = slice(start, start + _BLOCK)
        yield codes[place], adjusted(np.asarray(scores[place]), Adjustment(start=step))
