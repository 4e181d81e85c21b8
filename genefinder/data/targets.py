"""Annotated genes as training targets: a class for every base, sites, and what to leave out.

A contig is trained on in segments, each scored as a path through the gene grammar with free ends.
The grammar moves over some intervals in one step (the first bases of an intron or an exon, a start
or stop codon); a segment that ended inside such an interval would hold a path that the grammar does
not contain. Those intervals are kept as ``blocked``, and masks are grown to respect them.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from genefinder.data.overlaps import Overlap, spellable_overlaps
from genefinder.data.transcripts import TranscriptChoice, choose_transcript
from genefinder.dna import Codes
from genefinder.genes import Gene, Interval, Transcript
from genefinder.grammar import Grammar
from genefinder.grammar.labels import (
    ACCEPTOR,
    CODON,
    DONOR,
    EXON,
    INTRON,
    START,
    STOP,
    STRAND_CHANNELS,
)
from genefinder.intervals import (
    Intervals,
    as_intervals,
    covered,
    enclosing,
    meets,
    merge,
    outside,
    overlaps,
    widen,
)

SITE = 2  # bases of a splice site inside the intron
EXON_LABEL = 1 + EXON  # label of the forward strand's codon position 0
INTRON_LABEL = 1 + INTRON
STRAND_LABELS = 6  # label of strand "-" = label of "+" + this

Signal = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Isoforms:
    """A gene of which the annotation knows several isoforms, any of which is right.

    Attributes
    ----------
    start, end
        From the first to the last coding base of all of them.
    transcripts
        The isoforms, that of the labels first.
    """

    start: int
    end: int
    transcripts: tuple[Transcript, ...]


@dataclass(frozen=True, slots=True, eq=False)
class ContigTargets:
    """What the network should say about one contig, and where it is not to be asked.

    Attributes
    ----------
    labels
        Class of each base (:data:`genefinder.grammar.labels.LABELS`), uint8 of shape ``(T,)``;
        without meaning inside ``masked``.
    signal_positions, signal_channels
        Base and score channel of each start, stop, donor and acceptor outside ``masked``, int64
        and uint8 of shape ``(n,)``, by ascending position.
    masked
        Intervals without a trustworthy or spellable label; disjoint, sorted.
    blocked
        Intervals that no segment may begin or end inside (its first base and its end are
        fine); disjoint, sorted.
    choices
        One for each gene, in the order given.
    overlapped
        Ids of the genes used that lose bases to an overlap with another gene used.
    overlaps
        Overlaps of genes used that the grammar spells, outside ``masked``, by ascending position.
    isoforms
        Genes with more than one isoform, by ascending start; none of them touches another gene used
        or anything masked.
    """

    labels: npt.NDArray[np.uint8]
    signal_positions: npt.NDArray[np.int64]
    signal_channels: npt.NDArray[np.uint8]
    masked: Intervals
    blocked: Intervals
    choices: tuple[TranscriptChoice, ...]
    overlapped: tuple[str, ...]
    isoforms: tuple[Isoforms, ...] = ()
    overlaps: tuple[Overlap, ...] = ()

    def __len__(self) -> int:
        """Return the number of bases."""
        return len(self.labels)

    def transcripts(self) -> Iterator[Transcript]:
        """Yield the transcripts that were labelled."""
        for choice in self.choices:
            if choice.transcript:
                yield choice.transcript

    def masked_bases(self) -> npt.NDArray[np.bool_]:
        """Return ``masked`` base by base, shape ``(T,)``."""
        bases = np.zeros(len(self), dtype=bool)
        for start, end in self.masked:
            bases[start:end] = True
        return bases

    def segments(self, start: int, end: int) -> Intervals:
        """Return the parts of a window to train on, in contig coordinates.

        Parameters
        ----------
        start, end
            The window. Where an end breaks a blocked interval, it is drawn in to that interval's
            edge.

        Returns
        -------
        Intervals
            Shape ``(n, 2)``; ``n`` may be 0.
        """
        if blocked := enclosing(start, self.blocked):
            start = blocked[1]
        if blocked := enclosing(end, self.blocked):
            end = blocked[0]
        if start >= end:
            return np.empty((0, 2), dtype=np.int64)
        return outside(self.masked, start, end)

    def overlaps_between(self, start: int, end: int) -> tuple[Overlap, ...]:
        """Return the overlaps that begin in a window."""
        low = bisect_left(self.overlaps, start, key=attrgetter("begin"))
        high = bisect_left(self.overlaps, end, key=attrgetter("begin"))
        return self.overlaps[low:high]

    def signals(self, start: int, end: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
        """Return positions (in contig coordinates) and channels of the signals in a window."""
        low, high = np.searchsorted(self.signal_positions, (start, end))
        return self.signal_positions[low:high], self.signal_channels[low:high]


def label_contig(
    codes: Codes,
    genes: Iterable[Gene],
    grammar: Grammar,
    mask: Sequence[Interval] = (),
    *,
    unread: Sequence[Interval] = (),
) -> ContigTargets:
    """Label a contig by one transcript a gene, and mask what cannot be labelled.

    Masked are genes that have coding sequence but no spellable transcript (over the whole
    extent of their coding transcripts), the bases that the coding spans of two genes used share
    unless the grammar spells their overlap, and the ``mask`` given. Genes without coding sequence
    leave their bases intergenic.

    Parameters
    ----------
    codes
        The contig, shape ``(T,)``.
    genes
        All genes annotated on it.
    grammar
        What can be spelled.
    mask
        Further intervals to leave out, in any order; parts beyond the contig are ignored.
    unread
        Where the annotation has transcripts that could not be read. Masked, unless a gene used
        overlaps them there: then they were most likely its isoforms.
    """
    length = len(codes)
    choices = tuple(choose_transcript(gene, codes, grammar) for gene in genes)
    used = [(choice.gene, choice.transcript) for choice in choices if choice.transcript]

    spans = as_intervals((transcript.cds[0][0], transcript.cds[-1][1]) for _, transcript in used)
    joined = spellable_overlaps((transcript for _, transcript in used), grammar)
    spelled = {(overlap.begin, overlap.end) for overlap, _, _ in joined}
    shared = overlaps(spans)
    shared = as_intervals(pair for pair in map(tuple, shared.tolist()) if pair not in spelled)
    lost = as_intervals(unread)
    lost = lost[~meets(lost, merge(spans))]
    excluded = [*mask, *(_extent(choice.gene) for choice in choices if choice.unusable)]
    masked = np.concatenate(
        (np.clip(np.concatenate((as_intervals(excluded), lost)), 0, length), shared)
    )
    masked = masked[masked[:, 0] < masked[:, 1]]
    isoforms = tuple(_isoforms(choices, masked))

    labels = np.zeros(length, dtype=np.uint8)
    signals: list[Signal] = []
    jumps: list[Interval] = []
    for _, transcript in sorted(used, key=lambda pair: pair[1].cds[0]):
        _paint(transcript, labels, 0)
        signals.extend(_signals(transcript))
        jumps.extend(_jumps(transcript, grammar))
    for overlap, left, _ in joined:
        own = label_transcript(left)[0]
        labels[overlap.begin : overlap.switch] = own[
            overlap.begin - left.start : overlap.switch - left.start
        ]
        jumps.append(overlap.jump(grammar))
    for several in isoforms:
        for transcript in several.transcripts[1:]:
            jumps.extend(_jumps(transcript, grammar))
    blocked = merge(as_intervals(jumps), touching=False)
    masked = widen(masked, blocked)

    signals.sort()
    positions = np.array([position for position, _ in signals], dtype=np.int64)
    channels = np.array([channel for _, channel in signals], dtype=np.uint8)
    kept = ~covered(positions, masked)
    return ContigTargets(
        labels=labels,
        signal_positions=positions[kept],
        signal_channels=channels[kept],
        masked=masked,
        blocked=blocked[~covered(blocked[:, 0], masked)],
        choices=choices,
        overlapped=tuple(
            gene.id for (gene, _), hit in zip(used, meets(spans, shared), strict=True) if hit
        ),
        isoforms=isoforms,
        overlaps=tuple(
            overlap for overlap, _, _ in joined if not covered(np.array([overlap.begin]), masked)[0]
        ),
    )


def label_transcript(
    transcript: Transcript,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Label one transcript from its first to its last coding base.

    Returns
    -------
    tuple
        Class of each base, and position (in contig coordinates) and channel of each of its sites.
    """
    start, end = transcript.cds[0][0], transcript.cds[-1][1]
    labels = np.zeros(end - start, dtype=np.uint8)
    _paint(transcript, labels, start)
    sites = list(_signals(transcript))
    positions = np.array([position for position, _ in sites], dtype=np.int64)
    return labels, positions, np.array([channel for _, channel in sites], dtype=np.uint8)


def _isoforms(choices: Sequence[TranscriptChoice], masked: Intervals) -> Iterator[Isoforms]:
    """Yield genes with several isoforms that lie apart from all others and what is masked."""
    several = []
    for choice in choices:
        if choice.transcript:
            transcripts = (choice.transcript, *choice.alternatives)
            start = min(transcript.cds[0][0] for transcript in transcripts)
            several.append(
                Isoforms(
                    start, max(transcript.cds[-1][1] for transcript in transcripts), transcripts
                )
            )
    several.sort(key=lambda isoforms: (isoforms.start, isoforms.end))
    spans = as_intervals((isoforms.start, isoforms.end) for isoforms in several)
    troubled = meets(spans, merge(np.concatenate((overlaps(spans), masked))))
    for isoforms, hit in zip(several, troubled, strict=True):
        if len(isoforms.transcripts) > 1 and not hit:
            yield isoforms


def _paint(transcript: Transcript, labels: npt.NDArray[np.uint8], origin: int) -> None:
    """Write a transcript's exon and intron classes into labels that begin at ``origin``."""
    reverse = transcript.strand == "-"
    strand = STRAND_LABELS if reverse else 0
    done = 0  # coding bases to the left
    previous = None
    total = transcript.cds_length
    for start, end in transcript.cds:
        if previous is not None:
            phase = (total - done if reverse else done) % CODON
            labels[previous - origin : start - origin] = INTRON_LABEL + strand + phase
        offsets = np.arange(done, done + end - start)
        if reverse:
            offsets = total - 1 - offsets
        labels[start - origin : end - origin] = EXON_LABEL + strand + offsets % CODON
        done += end - start
        previous = end


def _signals(transcript: Transcript) -> Iterator[Signal]:
    """Yield position and channel of a transcript's sites; see :mod:`genefinder.grammar.labels`."""
    low, high = transcript.cds[0][0], transcript.cds[-1][1] - 1
    if transcript.strand == "+":
        yield low, START
        yield high - CODON + 1, STOP
        for start, end in transcript.introns():
            yield start, DONOR
            yield end - 1, ACCEPTOR
    else:
        yield high, STRAND_CHANNELS + START
        yield low + CODON - 1, STRAND_CHANNELS + STOP
        for start, end in transcript.introns():
            yield end - 1, STRAND_CHANNELS + DONOR
            yield start, STRAND_CHANNELS + ACCEPTOR


def _jumps(transcript: Transcript, grammar: Grammar) -> Iterator[Interval]:
    """Yield the intervals that the grammar passes in one step, from left to right.

    The step into an exon tests and scores the site at the intron's end, so that site belongs to it.
    """
    entry = max(CODON, grammar.min_exon)
    low, high = transcript.cds[0][0], transcript.cds[-1][1]
    yield low, low + entry
    yield high - CODON, high
    for start, end in transcript.introns():
        yield start, start + max(SITE, grammar.min_intron)
        yield end - SITE, end + entry


def _extent(gene: Gene) -> Interval:
    """Return the span of all coding transcripts, untranslated exons included."""
    coding = [transcript for transcript in gene.transcripts if transcript.cds]
    return min(transcript.start for transcript in coding), max(
        transcript.end for transcript in coding
    )
