"""Regions that are held out, and how well a network finds their genes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from genefinder.data.regions import RegionSequence
from genefinder.evaluation import Evaluation, evaluate
from genefinder.genes import Gene, Interval, Region
from genefinder.grammar import Grammar
from genefinder.io.annotation import read_annotation
from genefinder.io.fasta import open_genome
from genefinder.network.network import GeneNetwork
from genefinder.network.scorer import WindowScorer
from genefinder.training.validation import predict_held_out

Mask = Mapping[str, Sequence[Interval]]
"""Regions of each contig that are not evaluated."""


def hold_out(genome: Path, annotation: Path, regions: Iterable[Region]) -> list[RegionSequence]:
    """Cut regions out of a genome, each with the genes that lie wholly inside."""
    source = open_genome(genome)
    lengths = dict(source.contigs)
    genes = read_annotation(annotation).check_against(lengths, source.name).genes
    found = []
    for region in regions:
        end = lengths[region.contig] if region.end is None else region.end
        inside = tuple(
            gene
            for gene in genes
            if gene.contig == region.contig and region.start <= gene.start and gene.end <= end
        )
        codes = source.fetch(region.contig, region.start, end)
        found.append(RegionSequence(region.contig, region.start, codes, genes=inside))
    return found


def evaluate_network(
    network: GeneNetwork,
    grammar: Grammar,
    min_posterior: float,
    held_out: Sequence[RegionSequence],
    mask: Mask | None = None,
) -> Evaluation:
    """Evaluate the genes that a network finds in held-out regions; see :func:`find_held_out`."""
    return find_held_out(network, grammar, min_posterior, held_out, mask).evaluate()


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in held-out regions, beside what is there.

    Attributes
    ----------
    reference, predicted
        Genes that no mask touches; posteriors of those predicted are raw.
    regions
        Where they are compared.
    """

    reference: Sequence[Gene]
    predicted: Sequence[Gene]
    regions: Sequence[Region]

    def evaluate(self) -> Evaluation:
        """Return how well the genes were found."""
        return evaluate(self.reference, self.predicted, self.regions)


def find_held_out(
    network: GeneNetwork,
    grammar: Grammar,
    min_posterior: float,
    held_out: Sequence[RegionSequence],
    mask: Mask | None = None,
) -> Found:
    """Find the genes of held-out regions.

    Parameters
    ----------
    network, grammar
        Of a model.
    min_posterior
        Below it, by what the network says uncalibrated, genes do not count.
    held_out
        The regions, with their genes.
    mask
        Genes that it touches do not count either, whether annotated or predicted.
    """
    with WindowScorer(network, torch.device("cpu")) as reader:
        reference, predicted, regions = predict_held_out(held_out, reader, grammar, None)
    kept = [gene for gene in predicted if (gene.posterior or 0.0) >= min_posterior]
    return Found(unmasked(reference, mask or {}), unmasked(kept, mask or {}), regions)


def unmasked(genes: Iterable[Gene], mask: Mask) -> list[Gene]:
    """Return the genes that no masked region touches."""
    return [
        gene
        for gene in genes
        if not any(
            start < gene.end and end > gene.start for start, end in mask.get(gene.contig, ())
        )
    ]


def percent(level: Mapping[str, float]) -> str:
    """Write F1 of a level in percent, with sensitivity and precision."""
    return (
        f"{100 * level['f1']:.1f} "
        f"({100 * level['sensitivity']:.1f}, {100 * level['precision']:.1f})"
    )
