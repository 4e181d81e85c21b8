"""Sequence to look at, with what the annotation says of every base."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from os import PathLike

import numpy as np
import numpy.typing as npt

from genefinder.data.counts import LabelledContig
from genefinder.data.regions import RegionSequence
from genefinder.data.targets import label_contig
from genefinder.dna import N
from genefinder.errors import InputError
from genefinder.genes import Gene, Region, Transcript
from genefinder.grammar import Grammar
from genefinder.grammar.grammar import STANDARD_CODE
from genefinder.intervals import Intervals
from genefinder.io.annotation import Annotation, read_annotation
from genefinder.io.fasta import Contig, Genome, open_genome
from genefinder.io.regions import format_region
from genefinder.models.model import Model, PretrainedModel

_SHORTEST = 200
"""Contigs below this many bases tell nothing and are passed over, unless a region names them."""

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class AnnotatedSequence(RegionSequence):
    """A contig, or a part of it, with what is known of its bases.

    Attributes
    ----------
    genes
        All genes that share a base with the sequence, in coordinates of the contig.
    labels, masked
        Of each base, see :class:`genefinder.data.counts.LabelledContig`. Without an annotation
        everything counts as masked.
    positions, channels
        Sites, in coordinates of the sequence.
    transcripts
        The transcripts that were labelled and lie wholly inside, in coordinates of the contig.
    """

    labels: npt.NDArray[np.uint8] = field(kw_only=True)
    masked: npt.NDArray[np.bool_] = field(kw_only=True)
    positions: Ints = field(kw_only=True)
    channels: npt.NDArray[np.uint8] = field(kw_only=True)
    transcripts: tuple[Transcript, ...] = ()

    def readings(self) -> tuple[LabelledContig, LabelledContig]:
        """Return the sequence as either strand reads it, in that reading's own coordinates."""
        forward = LabelledContig(
            self.codes, self.labels, self.positions, self.channels, self.masked
        )
        return forward, forward.reversed()

    def in_reading(self, position: int, reverse: bool) -> int:
        """Turn a base of the contig into one of a reading of the sequence."""
        inside = position - self.start
        return len(self) - 1 - inside if reverse else inside

    def intergenic(self) -> Intervals:
        """Return the regions without a gene, masked bases left out, ``(n, 2)``."""
        free = (self.labels == 0) & ~self.masked
        edges = np.diff(np.concatenate(([False], free, [False])).astype(np.int8))
        return np.flatnonzero(edges).reshape(-1, 2)

    def cut(self, start: int, end: int) -> "AnnotatedSequence":
        """Cut ``[start, end)`` out, given in coordinates of the sequence."""
        low, high = np.searchsorted(self.positions, (start, end))
        first, last = self.start + start, self.start + end
        return AnnotatedSequence(
            self.contig,
            first,
            self.codes[start:end],
            genes=tuple(gene for gene in self.genes if gene.start < last and gene.end > first),
            labels=self.labels[start:end],
            masked=self.masked[start:end],
            positions=self.positions[low:high] - start,
            channels=self.channels[low:high],
            transcripts=tuple(
                transcript
                for transcript in self.transcripts
                if first <= transcript.cds[0][0] and transcript.cds[-1][1] <= last
            ),
        )


def genetic_code_of(model: Model | PretrainedModel) -> int:
    """Return the NCBI translation table of a model; the standard one where it saw no genes."""
    return model.grammar.genetic_code if isinstance(model, Model) else STANDARD_CODE


def read_sequences(
    genome: str | PathLike[str] | Genome,
    annotation: str | PathLike[str] | None = None,
    regions: Sequence[Region] = (),
    genetic_code: int = STANDARD_CODE,
) -> tuple[list[AnnotatedSequence], list[str]]:
    """Read sequences of a genome, labelled where there is an annotation.

    Parameters
    ----------
    genome
        FASTA.
    annotation
        GFF3 or GTF of it.
    regions
        What to read of it; everything where there is none.
    genetic_code
        NCBI translation table; transcripts without a start or stop codon of it are not labelled.

    Returns
    -------
    tuple
        The sequences in the order of the regions, or of the contigs; and what was left out, as
        lines for the user.

    Raises
    ------
    InputError
        A file cannot be read, they do not belong together, or a region is not in the genome.
    """
    source = genome if isinstance(genome, Genome) else open_genome(genome)
    wanted = {region.contig for region in regions}
    contigs = {contig.name: contig for contig in source if not wanted or contig.name in wanted}
    for region in regions:
        if region.contig not in contigs:
            raise InputError(
                f"region {format_region(region)}: {source.name} has no contig {region.contig!r}"
            )
    notes: list[str] = []
    genes: dict[str, list[Gene]] = {}
    if annotation is not None:
        checked = read_annotation(annotation).check_against(dict(source.contigs), source.name)
        notes += _left_out(checked)
        for gene in checked.genes:
            genes.setdefault(gene.contig, []).append(gene)
    if not regions:
        regions = [Region(name) for name, contig in contigs.items() if len(contig) >= _SHORTEST]
        if short := len(contigs) - len(regions):
            notes.append(f"{source.name}: {short} contigs below {_SHORTEST} bases are left out")
    labelled: dict[str, AnnotatedSequence] = {}
    sequences = []
    for region in regions:
        contig = contigs[region.contig]
        if contig.name not in labelled:
            known = None if annotation is None else genes.get(contig.name, [])
            labelled[contig.name] = _label(contig, known, Grammar(genetic_code=genetic_code))
        end = min(len(contig), len(contig) if region.end is None else region.end)
        if region.start >= end:
            raise InputError(
                f"region {format_region(region)} begins beyond the end of {contig.name} "
                f"({len(contig):,} bases)"
            )
        sequences.append(labelled[contig.name].cut(region.start, end))
    if not any((sequence.codes != N).any() for sequence in sequences):
        raise InputError(f"{source.name}: no contig of at least {_SHORTEST} known bases to look at")
    return sequences, notes


def _left_out(annotation: Annotation) -> Iterator[str]:
    """Yield a line where transcripts of an annotation cannot be used."""
    lost = [problem for problem in annotation.problems if not problem.kept]
    if lost:
        first = lost[0]
        yield (
            f"{annotation.path}: {len(lost)} transcripts are left out; the first, line "
            f"{first.line} ({first.id or 'without a name'}): {first.reason}"
        )


def _label(contig: Contig, genes: Sequence[Gene] | None, grammar: Grammar) -> AnnotatedSequence:
    """Label a whole contig."""
    if genes is None:
        length = len(contig)
        return AnnotatedSequence(
            contig.name,
            0,
            contig.codes,
            labels=np.zeros(length, dtype=np.uint8),
            masked=np.ones(length, dtype=np.bool_),
            positions=np.zeros(0, dtype=np.int64),
            channels=np.zeros(0, dtype=np.uint8),
        )
    targets = label_contig(contig.codes, genes, grammar)
    return AnnotatedSequence(
        contig.name,
        0,
        contig.codes,
        genes=tuple(genes),
        labels=targets.labels,
        masked=targets.masked_bases(),
        positions=targets.signal_positions,
        channels=targets.signal_channels,
        transcripts=tuple(targets.transcripts()),
    )


def count_before(flags: npt.NDArray[np.bool_]) -> Ints:
    """Count the true flags before each position and before the end, shape ``(n + 1,)``."""
    return np.concatenate(([0], np.cumsum(flags))).astype(np.int64)


def distance_to_nearest(positions: Ints, others: Ints) -> Ints:
    """Return the distance of each position to the nearest of sorted others, of which there is one.

    Parameters
    ----------
    positions, others
        Bases of the same sequence, ``(n,)`` and ``(m,)``; ``m`` of at least 1.
    """
    after = np.searchsorted(others, positions)
    left = np.abs(positions - others[np.maximum(after - 1, 0)])
    right = np.abs(others[np.minimum(after, len(others) - 1)] - positions)
    return np.asarray(np.minimum(left, right))
