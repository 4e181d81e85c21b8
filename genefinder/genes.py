"""Genes, transcripts and their coding segments.

Every interval is 0-based, half-open and on the forward strand: ``[start, end)``. Only
:mod:`genefinder.io` knows other conventions.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

Strand = Literal["+", "-"]
Interval = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a contig; ``end`` is ``None`` where it runs to the contig's end."""

    contig: str
    start: int = 0
    end: int | None = None

    def overlaps(self, start: int, end: int) -> bool:
        """Tell whether ``[start, end)`` of the same contig shares a base with the region."""
        return start < (end if self.end is None else self.end) and end > self.start


@dataclass(frozen=True, slots=True)
class PartPosteriors:
    """How probable the parts of a transcript are, each whatever the rest of the gene is.

    Attributes
    ----------
    exons
        Probability of each coding segment with both of its ends, in the order of ``cds``.
    ends
        Probability of the low and of the high end of each: of a start codon, stop codon, donor or
        acceptor at exactly this position. ``None`` at an open end of the transcript.
    """

    exons: tuple[float, ...]
    ends: tuple[tuple[float | None, float | None], ...]


@dataclass(frozen=True, slots=True)
class Transcript:
    """One isoform.

    Attributes
    ----------
    id
        Unique in its file.
    exons, cds
        Intervals in ascending order of coordinates, on either strand. ``cds`` includes the stop
        codon. A transcript without coding sequence has an empty ``cds``.
    phase
        Bases to skip at the 5' end of the first coding segment (in strand direction) to reach the
        first complete codon; not 0 only where the 5' end is open.
    partial_low, partial_high
        The transcript goes on beyond its lowest or highest coordinate (contig end or gap).
    posterior
        Probability of exactly this coding chain, or ``None`` where nobody computed it.
    part_posteriors
        Probabilities of its parts, or ``None`` where nobody computed them.
    product
        What its protein is called, or ``None`` where nobody named it.
    start_codon
        Three letters, or ``None`` where nobody looked or it is beyond an open end.
    start_motif, spacer
        Word at a variable distance before the start codon, as its species has them, and the bases
        in between; ``None`` where nobody looked or there is none.
    """

    id: str
    contig: str
    strand: Strand
    exons: tuple[Interval, ...]
    cds: tuple[Interval, ...]
    phase: int = 0
    partial_low: bool = False
    partial_high: bool = False
    posterior: float | None = None
    part_posteriors: PartPosteriors | None = None
    product: str | None = None
    start_codon: str | None = None
    start_motif: str | None = None
    spacer: int | None = None

    @property
    def start(self) -> int:
        """Lowest coordinate of any exon or coding segment."""
        return min(start for start, _ in self.exons + self.cds)

    @property
    def end(self) -> int:
        """End (exclusive) of the highest exon or coding segment."""
        return max(end for _, end in self.exons + self.cds)

    @property
    def cds_length(self) -> int:
        """Number of coding bases, stop codon included."""
        return sum(end - start for start, end in self.cds)

    def introns(self) -> Iterator[Interval]:
        """Yield the gaps between coding segments, ascending."""
        for (_, end), (start, _) in pairwise(self.cds):
            yield end, start

    def sites(self) -> tuple[tuple[str, str], ...]:
        """Return what stands at the low and the high end of each segment, in the order of ``cds``.

        ``start`` or ``stop`` codon, splice ``donor`` or ``acceptor``; also at open ends, where it
        is what would stand there.
        """
        first, last = ("start", "stop") if self.strand == "+" else ("stop", "start")
        into, out = ("acceptor", "donor") if self.strand == "+" else ("donor", "acceptor")
        top = len(self.cds) - 1
        return tuple(
            (into if index else first, out if index < top else last)
            for index in range(len(self.cds))
        )

    def phases(self) -> tuple[int, ...]:
        """GFF3 phase of each coding segment, in the order of ``cds``.

        The phase is the number of bases to skip from the segment's 5' end, in strand direction,
        to reach the first base of a codon (GFF3 specification 1.26).
        """
        phases = []
        phase = self.phase
        for start, end in self.cds if self.strand == "+" else reversed(self.cds):
            phases.append(phase)
            phase = (phase - (end - start)) % 3
        return tuple(phases if self.strand == "+" else reversed(phases))


@dataclass(frozen=True, slots=True)
class Gene:
    """A locus and its isoforms, all on one strand of one contig."""

    id: str
    contig: str
    strand: Strand
    transcripts: tuple[Transcript, ...] = field(default_factory=tuple)
    start: int = -1
    end: int = -1
    """Extent of the gene's own record; taken from the transcripts where it is not given."""
    locus_tag: str | None = None
    """The name that archives know it by."""
    transposon_like: bool = False
    """Whether it looks like a gene of a transposon, not of the host."""

    def __post_init__(self) -> None:
        """Fill in the extent from the transcripts."""
        if self.start < 0 and self.transcripts:
            object.__setattr__(self, "start", min(t.start for t in self.transcripts))
            object.__setattr__(self, "end", max(t.end for t in self.transcripts))

    @property
    def posterior(self) -> float | None:
        """The highest posterior of the gene's transcripts."""
        known = [t.posterior for t in self.transcripts if t.posterior is not None]
        return max(known, default=None)


def shift_gene(gene: Gene, contig: str, offset: int) -> Gene:
    """Return a gene moved to another contig and by a number of bases."""

    def moved(intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
        return tuple((start + offset, end + offset) for start, end in intervals)

    def shifted(transcript: Transcript) -> Transcript:
        return replace(
            transcript, contig=contig, exons=moved(transcript.exons), cds=moved(transcript.cds)
        )

    transcripts = tuple(shifted(transcript) for transcript in gene.transcripts)
    return replace(gene, contig=contig, transcripts=transcripts, start=-1, end=-1)
