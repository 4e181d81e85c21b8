"""Pieces of a genome to look at, with what the annotation says of every base."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os import PathLike

import numpy as np

from genefinder.data.counts import LabelledContig
from genefinder.data.targets import label_contig
from genefinder.dna import N
from genefinder.errors import InputError
from genefinder.genes import Gene, Region, Transcript
from genefinder.grammar import Grammar
from genefinder.io.annotation import Annotation, read_annotation
from genefinder.io.fasta import Contig, open_genome
from genefinder.io.regions import format_region

_SHORTEST = 200
"""Contigs below this many bases tell nothing and are passed over, unless a region names them."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A stretch of a contig.

    Attributes
    ----------
    contig, start
        Where base 0 of the piece lies.
    forward
        Its bases, labels and sites as the forward strand reads them, in coordinates of the piece.
        Without an annotation everything counts as masked.
    genes
        All genes that share a base with the piece, in coordinates of the contig.
    transcripts
        The transcripts that were labelled and lie wholly inside, in coordinates of the contig.
    """

    contig: str
    start: int
    forward: LabelledContig
    genes: tuple[Gene, ...] = ()
    transcripts: tuple[Transcript, ...] = ()

    def __len__(self) -> int:
        """Bases."""
        return len(self.forward.codes)

    def readings(self) -> tuple[LabelledContig, LabelledContig]:
        """Return the piece as either strand reads it, in that reading's own coordinates."""
        return self.forward, self.forward.reversed()

    def place(self, position: int, reverse: bool) -> int:
        """Turn a base of the contig into one of a reading of the piece."""
        inside = position - self.start
        return len(self) - 1 - inside if reverse else inside


def read_pieces(
    genome: str | PathLike[str],
    annotation: str | PathLike[str] | None = None,
    regions: Sequence[Region] = (),
    genetic_code: int = 1,
) -> tuple[list[Piece], list[str]]:
    """Read the pieces of a genome, labelled where there is an annotation.

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
        The pieces in the order of the regions, or of the contigs; and what was left out, as lines
        for the user.

    Raises
    ------
    InputError
        A file cannot be read, they do not belong together, or a region is not in the genome.
    """
    source = open_genome(genome)
    wanted = {region.contig for region in regions}
    contigs = {one.name: one for one in source if not wanted or one.name in wanted}
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
        regions = [Region(name) for name, one in contigs.items() if len(one) >= _SHORTEST]
        if short := len(contigs) - len(regions):
            notes.append(f"{source.name}: {short} contigs below {_SHORTEST} bases are left out")
    labelled: dict[str, Piece] = {}
    pieces = []
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
        pieces.append(_cut(labelled[contig.name], region.start, end))
    if not any((piece.forward.codes != N).any() for piece in pieces):
        raise InputError(f"{source.name}: no contig of at least {_SHORTEST} known bases to look at")
    return pieces, notes


def _left_out(annotation: Annotation) -> Iterator[str]:
    """Yield a line where transcripts of an annotation cannot be used."""
    lost = [problem for problem in annotation.problems if not problem.kept]
    if lost:
        first = lost[0]
        yield (
            f"{annotation.path}: {len(lost)} transcripts are left out; the first, line "
            f"{first.line} ({first.id or 'without a name'}): {first.reason}"
        )


def _label(contig: Contig, genes: Sequence[Gene] | None, grammar: Grammar) -> Piece:
    """Label a whole contig."""
    if genes is None:
        length = len(contig)
        nothing = LabelledContig(
            contig.codes,
            np.zeros(length, dtype=np.uint8),
            np.zeros(0, dtype=np.int64),
            np.zeros(0, dtype=np.uint8),
            np.ones(length, dtype=np.bool_),
        )
        return Piece(contig.name, 0, nothing)
    targets = label_contig(contig.codes, genes, grammar)
    forward = LabelledContig(
        contig.codes,
        targets.labels,
        targets.signal_positions,
        targets.signal_channels,
        targets.masked_bases(),
    )
    return Piece(contig.name, 0, forward, tuple(genes), tuple(targets.transcripts()))


def _cut(whole: Piece, start: int, end: int) -> Piece:
    """Cut ``[start, end)`` out of a labelled contig."""
    here = whole.forward
    low, high = np.searchsorted(here.positions, (start, end))
    part = LabelledContig(
        here.codes[start:end],
        here.labels[start:end],
        here.positions[low:high] - start,
        here.channels[low:high],
        here.masked[start:end],
    )
    return Piece(
        whole.contig,
        start,
        part,
        tuple(gene for gene in whole.genes if gene.start < end and gene.end > start),
        tuple(
            transcript
            for transcript in whole.transcripts
            if start <= transcript.cds[0][0] and transcript.cds[-1][1] <= end
        ),
    )
