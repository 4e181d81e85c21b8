"""Regions that are held out, and how well a network finds their genes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch

from genefinder.data.regions import RegionSequence
from genefinder.evaluation import evaluate
from genefinder.genes import Gene, Interval, Region
from genefinder.grammar import Grammar
from genefinder.io.annotation import Annotation
from genefinder.io.fasta import Genome
from genefinder.network.network import GeneNetwork
from genefinder.network.scorer import WindowScorer
from genefinder.training.validation import predict_held_out

Mask = Mapping[str, Sequence[Interval]]
"""Stretches of each contig that are not evaluated."""


def hold_out(
    genome: Genome, annotation: Annotation, regions: Iterable[Region]
) -> list[RegionSequence]:
    """Cut regions out of a genome, each with the genes that lie wholly inside."""
    lengths = dict(genome.contigs)
    found = []
    for region in regions:
        end = lengths[region.contig] if region.end is None else region.end
        inside = tuple(
            gene
            for gene in annotation.genes
            if gene.contig == region.contig and region.start <= gene.start and gene.end <= end
        )
        codes = genome.fetch(region.contig, region.start, end)
        found.append(RegionSequence(region.contig, region.start, codes, genes=inside))
    return found


def evaluated(
    stretches: Sequence[RegionSequence],
    network: GeneNetwork,
    grammar: Grammar,
    least: float,
    mask: Mask,
) -> dict[str, Any]:
    """Evaluate the genes of a network that have a posterior of ``least``, as JSON has it.

    Genes that the mask touches do not count, whether annotated or predicted.
    """
    with WindowScorer(network, torch.device("cpu")) as reader:
        reference, predicted, regions = predict_held_out(stretches, reader, grammar, None)
    kept = [gene for gene in predicted if (gene.posterior or 0.0) >= least]
    return evaluate(unmasked(reference, mask), unmasked(kept, mask), regions).to_dict()


def unmasked(genes: Iterable[Gene], mask: Mask) -> list[Gene]:
    """Return the genes that no masked stretch touches."""
    return [
        gene
        for gene in genes
        if not any(
            start < gene.end and end > gene.start for start, end in mask.get(gene.contig, ())
        )
    ]
