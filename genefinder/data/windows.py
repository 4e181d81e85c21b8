"""Windows of labelled contigs, and of raw sequence."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Self

import numpy as np
import numpy.typing as npt

from genefinder.data.regions import RegionSequence, read_codes
from genefinder.data.targets import ContigTargets, label_transcript
from genefinder.dna import Codes, N, reverse_complement
from genefinder.genes import Transcript
from genefinder.grammar.labels import LABEL_CHANNEL, N_CHANNELS
from genefinder.intervals import Intervals

_CHANNEL = np.array(LABEL_CHANNEL)


@dataclass(frozen=True, slots=True, eq=False)
class IsoformPath:
    """The channels that one isoform of a gene uses in a window.

    Attributes
    ----------
    bases, channels
        Base in the window and score channel of each use, int64 of shape ``(n,)``; no pair twice.
    """

    bases: npt.NDArray[np.int64]
    channels: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """What the network reads and what it should say.

    Attributes
    ----------
    codes
        ``(length,)``, N beyond the region.
    segments
        ``(n, 2)``: parts of the window to learn from, in window coordinates.
    path
        ``float32`` of shape ``(length, 20)``: 1 for each channel that the annotated path uses
        inside the segments.
    isoforms
        For each gene whose isoforms differ here, the different ones; the first is that of the path.
    genome
        Number of the genome that it is from.
    fold
        Fold of the genome that its middle is in, if the genome has folds.
    own_score
        What the annotated path scores by itself: for genes that overlap.
    """

    codes: Codes
    segments: Intervals
    path: npt.NDArray[np.float32]
    isoforms: tuple[tuple[IsoformPath, ...], ...] = ()
    genome: int = 0
    fold: int | None = None
    own_score: float = 0.0

    @property
    def bases(self) -> int:
        """Number of bases to learn from."""
        return int((self.segments[:, 1] - self.segments[:, 0]).sum())


@dataclass(frozen=True, slots=True, eq=False)
class TrainingRegion(RegionSequence):
    """A region that windows of labels are drawn from.

    Attributes
    ----------
    targets
        Targets of the whole contig.
    borders
        Where the next fold of the genome begins, in contig coordinates: the first fold ends at the
        first of them. ``None`` if the genome has no folds.
    """

    targets: ContigTargets = field(kw_only=True)
    borders: npt.NDArray[np.int64] | None = None

    def fold(self, base: int) -> int | None:
        """Return the number of the fold that a base is in."""
        if self.borders is None:
            return None
        return int(np.searchsorted(self.borders, base, side="right"))

    def cut(self, start: int, length: int) -> Window | None:
        """Cut ``[start, start + length)`` of the contig; ``None`` if it has nothing to learn."""
        low, high = max(start, self.start), min(start + length, self.end)
        segments = self.targets.segments(low, high) - start
        if not len(segments):
            return None
        path = np.zeros((length, N_CHANNELS), dtype=np.float32)
        positions, channels = self.targets.signals(low, high)
        learnt = np.zeros(length, dtype=np.bool_)
        for first, last in segments:
            learnt[first:last] = True
            channel = _CHANNEL[self.targets.labels[start + first : start + last]]
            inside = np.flatnonzero(channel >= 0)
            path[first + inside, channel[inside]] = 1
        kept = learnt[positions - start]
        path[positions[kept] - start, channels[kept]] = 1
        return Window(
            codes=self.read(start, length),
            segments=segments,
            path=path,
            isoforms=tuple(_isoforms(self.targets, start, learnt)),
            genome=self.genome,
            fold=self.fold(start + length // 2),
            own_score=sum(
                overlap.score
                for overlap in self.targets.overlaps_between(low, high)
                if learnt[overlap.begin - start]
            ),
        )


def _isoforms(
    targets: ContigTargets, start: int, learnt: npt.NDArray[np.bool_]
) -> Iterator[tuple[IsoformPath, ...]]:
    """Yield the isoforms of each gene that has several in the window."""
    first = bisect_right(targets.isoforms, start, key=attrgetter("end"))
    last = bisect_left(targets.isoforms, start + len(learnt), key=attrgetter("start"))
    for gene in targets.isoforms[first:last]:
        isoforms: dict[tuple[bytes, bytes], IsoformPath] = {}
        for transcript in gene.transcripts:
            isoform = _isoform_path(transcript, start, learnt)
            isoforms.setdefault((isoform.bases.tobytes(), isoform.channels.tobytes()), isoform)
        if len(isoforms) > 1:
            yield tuple(isoforms.values())


def _isoform_path(transcript: Transcript, start: int, learnt: npt.NDArray[np.bool_]) -> IsoformPath:
    """Return what a transcript uses of a window."""
    labels, sites, signals = label_transcript(transcript)
    first = transcript.cds[0][0] - start
    bases = np.concatenate([np.arange(first, first + len(labels)), sites - start])
    channels = np.concatenate([_CHANNEL[labels], signals]).astype(np.int64)
    seen = (bases >= 0) & (bases < len(learnt))
    seen[seen] = learnt[bases[seen]]
    return IsoformPath(bases[seen], channels[seen])


@dataclass(frozen=True, slots=True, eq=False)
class RawWindow:
    """What the network reads and what it should predict.

    Attributes
    ----------
    codes
        ``(length,)``, N beyond the region.
    targets
        ``(length,)``: the same, but N also where there is nothing to predict.
    """

    codes: Codes
    targets: Codes


@dataclass(frozen=True, slots=True, eq=False)
class RawRegion(RegionSequence):
    """A region whose bases are learnt.

    Attributes
    ----------
    targets
        The bases to predict, and N where there is nothing to predict, shape ``(end - start,)``;
        ``None`` where all bases are.
    """

    targets: Codes | None = None

    def readings(self) -> tuple[tuple[Codes, Codes], tuple[Codes, Codes]]:
        """Return codes and targets in either reading direction."""
        codes = self.codes
        targets = codes if self.targets is None else self.targets
        return (codes, targets), (reverse_complement(codes), reverse_complement(targets))

    def beginning(self, bases: int) -> Self:
        """Return the first bases of the region, all of them if there are fewer."""
        targets = None if self.targets is None else self.targets[:bases]
        return replace(self, codes=self.codes[:bases], targets=targets)

    def cut(self, start: int, length: int) -> RawWindow | None:
        """Cut ``[start, start + length)`` of the contig; ``None`` with nothing to predict."""
        codes = self.read(start, length)
        targets = codes
        if self.targets is not None:
            targets = read_codes(self.targets, start - self.start, length)
        return RawWindow(codes, targets) if (targets < N).any() else None
