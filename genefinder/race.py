"""A race of models on a sample of a genome: whoever falls far behind reads no more of it."""

import math
from collections.abc import Callable, Iterable, Sequence

from genefinder.compute import Compute
from genefinder.data.genome_sample import SHORT_BASES, GenomeSample
from genefinder.genes import Gene
from genefinder.grammar import Grammar
from genefinder.io.fasta import Contig
from genefinder.models.calibration import Calibration
from genefinder.models.model import Model
from genefinder.models.profile import SpeciesProfile
from genefinder.network.scorer import WindowScorer
from genefinder.predictor import find_genes

FIRST_BASES = 90_000
"""Bases that every model reads, two chunks. On half as many the genes describe each other badly."""
BEHIND = 8.0
"""Bits a kilobase by which a model may be behind the best after these, and go on. In A. lyrata the
right one is 4 behind, by genes of repeats. After more bases it is less, by the root of their
number."""


def saved_per_kb(model: Model, seen: SpeciesProfile) -> float:
    """Return the bits that a model's genes save per 1,000 bases."""
    return seen.saved_per_kb


class Contender:
    """A model that finds genes in more and more of a sample.

    Parameters
    ----------
    model
        Finds the genes.
    compute
        What to compute with.
    score
        What contenders are compared by, in bits saved per 1,000 bases; higher is better.

    Attributes
    ----------
    profile
        What the model sees in the chunks that it has read.
    """

    def __init__(
        self,
        model: Model,
        compute: Compute,
        score: Callable[[Model, SpeciesProfile], float] = saved_per_kb,
    ) -> None:
        self.model = model
        self.profile = SpeciesProfile.from_genes([])
        self._predictor = compute.predictor(model)
        self._score = score
        self._genes: dict[str, tuple[Gene, ...]] = {}

    @property
    def score(self) -> float:
        """Bits saved per 1,000 bases of what it has read."""
        return self._score(self.model, self.profile)

    @property
    def finds_genes(self) -> bool:
        """Whether it has found any gene; none at all saves exactly nothing, but says nothing."""
        return self.profile.genes_per_mb > 0

    def read(self, chunks: Sequence[Contig]) -> None:
        """Find the genes of chunks, but for those that were read before."""
        new = [chunk for chunk in chunks if chunk.name not in self._genes]
        if new:
            grammar, calibration = self.model.grammar, self.model.own_calibration
            with self._predictor.scorer() as scorer:
                for chunk, genes in find(new, scorer, grammar, calibration):
                    self._genes[chunk.name] = genes
        self.profile = SpeciesProfile.from_genes(
            [(chunk, self._genes[chunk.name]) for chunk in chunks]
        )


def race(
    contenders: Sequence[Contender],
    sample: GenomeSample,
    *,
    behind: float = BEHIND,
    first: int = FIRST_BASES,
    most: int = SHORT_BASES,
    progress: Callable[[float], None] = lambda share: None,
) -> int:
    """Let contenders read a sample until one is alone.

    Parameters
    ----------
    contenders
        Those that are far behind the best after the first bases are out, and the others read twice
        as many, and so on.
    sample
        Of the genome.
    behind
        Bits a kilobase by which a contender may be behind the best after the first bases.
    first, most
        Bases that all read, and that anybody reads at most.
    progress
        Takes the share of the contenders that have read the first bases, 0 to 1.

    Returns
    -------
    int
        Bases of the sample, about, that the best has read.
    """
    running = list(contenders)
    bases = min(first, most)
    while True:
        chunks = sample.short(bases)
        for number, contender in enumerate(running, start=1):
            contender.read(chunks)
            if len(running) == len(contenders):
                progress(number / len(running))
        best = max(running, key=lambda contender: (contender.finds_genes, contender.score))
        if best.finds_genes:
            least = best.score - behind * math.sqrt(first / bases)
            running = [other for other in running if other.score >= least]
        if len(running) == 1 or bases >= most:
            return bases
        bases = min(2 * bases, most)


def find(
    chunks: Iterable[Contig], scorer: WindowScorer, grammar: Grammar, calibration: Calibration
) -> list[tuple[Contig, tuple[Gene, ...]]]:
    """Find genes in a sample, none of which lies inside another, and tell in which chunk.

    A description of the sequence tells every base once, so genes must not overlap. Coordinates are
    those of the chunk.
    """
    found = find_genes(chunks, scorer, grammar, calibration, nested=False)
    return [(chunk.contig, chunk.genes) for chunk in found]
