"""From a genome to genes: contigs -> windows -> network -> grammar -> genes.

The pieces are generators, so memory is bounded by a contig's bases, a few windows and the decoder's
buffer.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from genefinder.dna import N
from genefinder.genes import Gene
from genefinder.grammar import Grammar, decode_contig
from genefinder.io.fasta import Contig
from genefinder.models.calibration import Calibration
from genefinder.network.scorer import Block, WindowScorer

_BASES_AHEAD = 1_000_000
"""Bases of contigs begun before they are needed, at most."""


@dataclass(frozen=True, slots=True)
class AnnotatedContig:
    """A contig and what was found on it.

    Attributes
    ----------
    contig
        Its name and bases.
    genes
        By ascending start; without ids.
    skipped
        Why the contig was not searched, or ``None``.
    """

    contig: Contig
    genes: tuple[Gene, ...]
    skipped: str | None = None


def annotate(
    contigs: Iterable[Contig],
    reader: WindowScorer,
    grammar: Grammar,
    min_posterior: float,
    min_contig: int = 0,
    calibration: Calibration | None = None,
) -> Iterator[AnnotatedContig]:
    """Find the genes of every contig, in the order given.

    Parameters
    ----------
    contigs
        The genome.
    reader
        The network.
    grammar
        What a gene may look like.
    min_posterior
        Genes below this posterior, calibrated, are left out.
    min_contig
        Contigs shorter than this are skipped.
    calibration
        Of the posteriors; ``None`` leaves them as they are.
    """
    calibration = calibration or Calibration()
    waiting: deque[tuple[Contig, str | None, Iterator[Block]]] = deque()
    bases = 0
    for contig in contigs:
        reason = _reason_to_skip(contig, min_contig)
        blocks = reader.read(contig.codes) if reason is None else iter(())
        waiting.append((contig, reason, blocks))
        bases += len(contig)
        del contig, blocks  # or it would stay in memory beside the next
        while waiting and (len(waiting) > reader.lookahead or bases > _BASES_AHEAD):
            bases -= len(waiting[0][0])
            yield _annotate_one(*waiting.popleft(), grammar, min_posterior, calibration)
    while waiting:
        yield _annotate_one(*waiting.popleft(), grammar, min_posterior, calibration)


def _annotate_one(
    contig: Contig,
    skipped: str | None,
    blocks: Iterator[Block],
    grammar: Grammar,
    min_posterior: float,
    calibration: Calibration,
) -> AnnotatedContig:
    """Decode one contig."""
    if skipped is not None:
        return AnnotatedContig(contig, (), skipped)
    genes = map(calibration.apply, decode_contig(contig.name, blocks, grammar))
    kept = tuple(gene for gene in genes if (gene.posterior or 0.0) >= min_posterior)
    return AnnotatedContig(contig, kept)


def _reason_to_skip(contig: Contig, min_contig: int) -> str | None:
    """Tell why a contig is not searched."""
    if len(contig) == 0:
        return "empty record"
    if len(contig) < min_contig:
        return f"shorter than --min-contig {min_contig}"
    if bool((contig.codes == N).all()):
        return "only N"
    return None
