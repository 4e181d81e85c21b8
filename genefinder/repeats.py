"""What it costs to code in a repeat, learnt for each genome from a sample of it.

Transposons have genes of their own, and decayed copies of them look like coding sequence. How much
a base that is repeated should speak against coding depends on the genome, and on how its repeats
were marked: of some genomes the marks hold large gene families. So the penalty is the largest that
leaves the exons alone of which the model is sure.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Literal, get_args

from genefinder.compute import Compute
from genefinder.data.genome_sample import GenomeSample
from genefinder.data.repeats import Repeats, find_repeats, penalized
from genefinder.errors import InputError
from genefinder.genes import Gene
from genefinder.grammar import decode_contig
from genefinder.io.contigs import Contig
from genefinder.io.fasta import Genome
from genefinder.models.model import Model
from genefinder.network.scorer import Block
from genefinder.predictor import FoundGenes, flag_transposons

RepeatMarks = Literal["words", "case", "auto", "none"]
"""Where repeats are known from: frequent words; lower case; lower case, else words; or nothing."""

KEPT = 0.995
"""Share of the reliable exons that a penalty must keep."""
RELIABLE = 0.9
"""Posterior from which on an exon is reliable."""
WEIGHTS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64)
"""Penalties that are tried, in nats a base. Words of coding sequence speak for it with a few
hundredths to tenths of a nat a base."""
SAMPLE_BASES = 1_000_000
"""Bases of the sample, about."""

_FOUND, _SCORED = 0.3, 0.7
"""Shares of the work that are done when repeats are found, and when the sample is scored."""
_FEWEST = 100
"""Reliable exons that tell a penalty; with fewer there is none."""

Exon = tuple[int, str, int, int]


def learn_repeats(
    genome: Genome | Sequence[Contig],
    model: Model,
    *,
    marks: RepeatMarks = "words",
    weights: Sequence[float] = WEIGHTS,
    compute: Compute | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> Repeats | None:
    """Find the repeats of a genome, and learn what it should cost to code there.

    Parameters
    ----------
    genome
        It is read twice; a pipe is kept in a temporary file.
    model
        What is to find the genes.
    marks
        What tells the repeats.
    weights
        Penalties that are tried, in nats a base, ascending.
    compute
        What to compute with; it changes nothing that is learnt.
    progress
        Takes the share of the work that is done, 0 to 1.

    Returns
    -------
    Repeats
        Of weight 0 where nothing is repeated, or too few exons tell; ``None`` where the repeats are
        not asked for, or for bacteria and archaea, which have few.

    Raises
    ------
    InputError
        If there are no such marks, or the genome cannot be read.
    """
    if marks not in get_args(RepeatMarks):
        raise InputError(f"repeats {marks!r}: give one of {', '.join(get_args(RepeatMarks))}")
    if marks == "none" or not model.grammar.spliced:
        return None
    if isinstance(genome, Genome):
        genome.spool()
    sample = GenomeSample(genome)
    repeats = find_repeats(genome, count=marks != "case", case=marks != "words")
    progress(_FOUND)
    chunks = sample.long(SAMPLE_BASES)
    masks = [repeats.mask(chunk) for chunk in chunks]
    if not any(mask.any() for mask in masks):
        progress(1.0)
        return repeats
    predictor = (compute or Compute()).predictor(model)
    with predictor.scorer() as scorer:
        scored = []
        for blocks in scorer.read_all([chunk.codes for chunk in chunks]):
            scored.append(list(blocks))
            progress(_FOUND + (_SCORED - _FOUND) * len(scored) / len(chunks))
    found = [_decoded(chunk, blocks, model) for chunk, blocks in zip(chunks, scored, strict=True)]
    reliable = {
        exon
        for number, (chunk, genes) in enumerate(zip(chunks, found, strict=True))
        for exon in _reliable(number, chunk, genes, model)
    }
    if len(reliable) < _FEWEST:
        return repeats
    touched = [number for number, mask in enumerate(masks) if mask.any()]
    untouched = {exon for exon in reliable if exon[0] not in touched}
    for tried, weight in enumerate(weights):
        progress(_SCORED + (1 - _SCORED) * tried / len(weights))
        kept = len(untouched)
        for number in touched:
            blocks = penalized(scored[number], masks[number], weight)
            left = set(_exons(number, _decoded(chunks[number], blocks, model)))
            kept += len(left & reliable)
        if kept < KEPT * len(reliable):
            break
        repeats = replace(repeats, weight=weight, kept=kept, reliable=len(reliable))
    progress(1.0)
    return repeats


def _decoded(chunk: Contig, blocks: Iterable[Block], model: Model) -> list[Gene]:
    """Return the genes of a chunk."""
    genes = decode_contig(chunk.name, blocks, model.grammar, nested=None)
    called = map(model.own_calibration.apply, genes)
    return [gene for gene in called if (gene.posterior or 0.0) >= model.min_posterior]


def _reliable(number: int, chunk: Contig, genes: Sequence[Gene], model: Model) -> Iterator[Exon]:
    """Yield the exons that are sure, but for those of transposons."""
    found = FoundGenes(chunk, tuple(genes))
    for gene in flag_transposons(genes, found, model.grammar.genetic_code):
        parts = gene.transcripts[0].part_posteriors
        if gene.transposon_like or parts is None:
            continue
        for exon, posterior in zip(_exons(number, [gene]), parts.exons, strict=True):
            if posterior >= RELIABLE:
                yield exon


def _exons(number: int, genes: Iterable[Gene]) -> Iterator[Exon]:
    """Yield the coding exons of genes of a chunk."""
    for gene in genes:
        for start, end in gene.transcripts[0].cds:
            yield number, gene.strand, start, end
