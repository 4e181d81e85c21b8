"""How good a network is on held-out regions: its genes against the annotation's."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from genefinder.data.regions import RegionSequence, of_genome
from genefinder.evaluation import Evaluation, evaluate
from genefinder.genes import Gene, Region, shift_gene
from genefinder.grammar import Grammar, decode_contig
from genefinder.network.scorer import Block, WindowScorer

CHANCE = 0.005
"""Differences of a mean F1 that may be chance: on 500 held-out genes its standard error is twice
that."""


def decode_region(region: Region, blocks: Iterable[Block], grammar: Grammar) -> Iterator[Gene]:
    """Yield the genes of a region, in coordinates of its contig.

    Parameters
    ----------
    region
        Where.
    blocks
        Bases and scores of the region alone, as a :class:`WindowScorer` gives them.
    grammar
        What a gene may look like.
    """
    for gene in decode_contig(region.contig, blocks, grammar):
        yield shift_gene(gene, region.contig, region.start)


def predict_held_out(
    held_out: Sequence[RegionSequence],
    reader: WindowScorer | Mapping[int, WindowScorer],
    grammar: Grammar | Mapping[int, Grammar],
    max_bases: int | None,
) -> tuple[list[Gene], list[Gene], list[Region]]:
    """Decode held-out regions.

    Parameters
    ----------
    held_out
        The regions.
    reader
        The network, or as it reads each genome, by its number.
    grammar
        What a gene may look like, in all genomes or in each.
    max_bases
        Bases to decode at most; ``None`` decodes all.

    Returns
    -------
    tuple
        Reference genes, predicted genes and the regions they were compared in.
    """
    reference: list[Gene] = []
    predicted: list[Gene] = []
    regions: list[Region] = []
    left = max_bases
    for held in held_out:
        codes = held.codes if left is None else held.codes[:left]
        if left is not None:
            left -= len(codes)
        if not len(codes):
            break
        region = Region(held.region.contig, held.region.start, held.region.start + len(codes))
        blocks = of_genome(reader, held.genome).read(codes)
        predicted.extend(decode_region(region, blocks, of_genome(grammar, held.genome)))
        reference.extend(held.genes)
        regions.append(region)
    return reference, predicted, regions


def share_out(held_out: Sequence[RegionSequence], bases: int) -> list[RegionSequence]:
    """Return the beginning of each genome's held-out regions, as many bases of each.

    Parameters
    ----------
    held_out
        The regions.
    bases
        Of all genomes together, at most.
    """
    genomes = {held.genome for held in held_out}
    left = dict.fromkeys(genomes, bases // max(1, len(genomes)))
    shared = []
    for held in held_out:
        codes = held.codes[: left[held.genome]]
        left[held.genome] -= len(codes)
        if len(codes):
            shared.append(replace(held, codes=codes))
    return shared


def validate(
    held_out: Sequence[RegionSequence],
    reader: WindowScorer | Mapping[int, WindowScorer],
    grammar: Grammar | Mapping[int, Grammar],
    max_bases: int | None,
) -> Evaluation:
    """Evaluate predicted genes, all posteriors, on held-out regions."""
    reference, predicted, regions = predict_held_out(held_out, reader, grammar, max_bases)
    return evaluate(reference, predicted, regions)


def score(evaluation: Evaluation) -> float:
    """Return what a run improves: the mean of gene and exon F1."""
    return (evaluation.gene.f1 + evaluation.exon.f1) / 2


def choose_threshold(
    reference: Sequence[Gene],
    predicted: Sequence[Gene],
    regions: Sequence[Region],
    chance: float = CHANCE,
) -> tuple[float, Evaluation]:
    """Find the posterior below which genes are better left out.

    Parameters
    ----------
    reference, predicted, regions
        Genes, and where they are compared; see :func:`predict_held_out`.
    chance
        Differences of the mean F1 that do not count.

    Returns
    -------
    tuple
        The lowest threshold (in steps of 0.05, at most 0.5) whose mean of base, exon and gene F1
        is within ``chance`` of the highest, and the evaluation there. A higher one would take
        genes away for a gain that other sequence need not have (Breiman et al. 1984 prune trees
        by such a rule).
    """

    def above(threshold: float) -> tuple[float, Evaluation]:
        kept = [gene for gene in predicted if (gene.posterior or 0.0) >= threshold]
        return threshold, evaluate(reference, kept, regions)

    tried = [above(step / 20) for step in range(11)]
    return tried[least_as_good([balance(found) for _, found in tried], chance)]


def least_as_good(balances: Sequence[float], chance: float = CHANCE) -> int:
    """Return the first place whose mean F1 is within ``chance`` of the highest."""
    enough = max(balances) - chance
    return next(place for place, reached in enumerate(balances) if reached >= enough)


def balance(evaluation: Evaluation) -> float:
    """Weigh genes that are exactly right against the coding sequence that would be lost."""
    return (evaluation.base.f1 + evaluation.exon.f1 + evaluation.gene.f1) / 3
