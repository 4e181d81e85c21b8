"""How well predicted genes agree with a reference: base, exon, transcript and gene level.

The definitions are those of Burset and Guigó (1996) as gene finders report them today. Only coding
sequence is compared, stop codon included; untranslated regions, ids, phases and genes without
coding sequence play no part. A feature is

==========  =====================================================================================
base        a coding base: distinct (contig, strand, position), over all isoforms
exon        a distinct coding segment (contig, strand, start, end)
transcript  a distinct chain of coding segments
gene        a distinct set of chains, one for each isoform
==========  =====================================================================================

Sensitivity is the share of the reference's features that the prediction holds, precision the
share of predicted features that the reference holds. A gene of either side agrees when any of its
chains is a chain of any gene of the other: a reference gene is found when one of its isoforms is
predicted exactly, a predicted gene is right when it equals any isoform. "Distinct" means that the
same chain under two loci, or a prediction repeated, is neither lost nor paid for twice.

Within regions, a feature counts when it lies wholly inside: a base by its position, an exon by
its ends, a transcript by its chain, a gene by the chains of all its isoforms. (Coding extents
decide, since predictions have no untranslated regions.) What counts is then looked up among *all*
features of the other side, so that nothing is judged wrong for standing beside a border.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np

from genefinder.errors import InputError
from genefinder.genes import Gene, Interval, Region, Strand
from genefinder.intervals import Intervals, as_intervals, meets, merge
from genefinder.io.regions import format_region

SCHEMA_VERSION = 1
_SHOWN = 5
"""Contigs that a message names."""
LEVELS = ("base", "exon", "transcript", "gene")

_Exon = tuple[str, Strand, int, int]
_Chain = tuple[str, Strand, tuple[Interval, ...]]
_Feature = TypeVar("_Feature")

_NONE: Intervals = np.empty((0, 2), dtype=np.int64)
_FAR = np.iinfo(np.int64).max
"""End of a region that runs to the end of its contig."""


@dataclass(frozen=True, slots=True)
class Level:
    """Agreement at one level.

    Attributes
    ----------
    n_reference, found
        Features of the reference, and how many of them are predicted.
    n_predicted, right
        Predicted features, and how many of them are in the reference. ``right`` can differ from
        ``found`` for genes, since one side may split or share isoforms.
    """

    n_reference: int
    found: int
    n_predicted: int
    right: int

    @property
    def sensitivity(self) -> float:
        """Share of reference features found, 0 where there are none."""
        return self.found / self.n_reference if self.n_reference else 0.0

    @property
    def precision(self) -> float:
        """Share of predicted features that are right, 0 where there are none."""
        return self.right / self.n_predicted if self.n_predicted else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of sensitivity and precision, 0 where both are 0."""
        total = self.sensitivity + self.precision
        return 2 * self.sensitivity * self.precision / total if total else 0.0

    def to_dict(self) -> dict[str, int | float]:
        """Return counts and shares (0 to 1) as JSON has them."""
        return {
            "n_reference": self.n_reference,
            "found": self.found,
            "n_predicted": self.n_predicted,
            "right": self.right,
            "sensitivity": self.sensitivity,
            "precision": self.precision,
            "f1": self.f1,
        }


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Agreement of a prediction with a reference at the four levels.

    Attributes
    ----------
    base, exon, transcript, gene
        As the module describes them.
    regions
        What the comparison was limited to; empty where everything counted.
    """

    base: Level
    exon: Level
    transcript: Level
    gene: Level
    regions: tuple[Region, ...] = ()

    def levels(self) -> dict[str, Level]:
        """Return the levels by name, from base to gene."""
        return {name: getattr(self, name) for name in LEVELS}

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON has it; regions as 1-based closed text."""
        return {
            "schema_version": SCHEMA_VERSION,
            "regions": [format_region(region) for region in self.regions],
            "levels": {name: level.to_dict() for name, level in self.levels().items()},
        }

    def format(self) -> str:
        """Return a table for people, shares in per cent, without a final newline."""
        header = ("level", "reference", "found", "predicted", "right", "Sn %", "Pr %", "F1 %")
        rows: list[tuple[str, ...]] = [header]
        for name, level in self.levels().items():
            counts = (level.n_reference, level.found, level.n_predicted, level.right)
            shares = (level.sensitivity, level.precision, level.f1)
            rows.append((name, *map(str, counts), *(f"{100 * share:.2f}" for share in shares)))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(
            "  ".join(
                [row[0].ljust(widths[0])]
                + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
            )
            for row in rows
        )


def evaluate(
    reference: Sequence[Gene],
    predicted: Sequence[Gene],
    regions: Sequence[Region] | None = None,
) -> Evaluation:
    """Compare predicted genes with a reference.

    Parameters
    ----------
    reference, predicted
        Genes in any order; stop codons belong to the coding sequence on both sides.
    regions
        Count only what lies wholly inside one of these; all where it is ``None`` or empty.
        Regions that touch or overlap count as one.

    Returns
    -------
    Evaluation
        Levels base, exon, transcript and gene.
    """
    window = _Window(regions or ())
    truth, guess = _Features(reference), _Features(predicted)
    return Evaluation(
        base=_compare_bases(truth.exons, guess.exons, window),
        exon=_compare(truth.exons, guess.exons, window.holds_exon),
        transcript=_compare(truth.chains, guess.chains, window.holds_chain),
        gene=_compare_genes(truth, guess, window),
        regions=tuple(regions or ()),
    )


@dataclass(frozen=True, slots=True)
class ProkaryoticEvaluation:
    """Agreement of genes without introns, which are known by their stop codons.

    Attributes
    ----------
    ends
        Stop codons: those of the reference that are found, and predicted ones that are right.
    genes
        The same of genes with both ends.
    """

    ends: Level
    genes: Level

    @property
    def right_starts(self) -> float:
        """Share of the genes found by their ends whose starts are right, 0 where there are none."""
        return self.genes.found / self.ends.found if self.ends.found else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON has it."""
        return {
            "schema_version": SCHEMA_VERSION,
            "levels": {"ends": self.ends.to_dict(), "genes": self.genes.to_dict()},
            "right_starts": self.right_starts,
        }

    def format(self) -> str:
        """Return a table for people, shares in per cent, without a final newline."""
        lines = ["level   reference  predicted    right   Sn %   Pr %   F1 %"]
        for name, level in (("3' end", self.ends), ("gene", self.genes)):
            lines.append(
                f"{name:6}{level.n_reference:>11}{level.n_predicted:>11}{level.right:>9}"
                f"{100 * level.sensitivity:>7.2f}{100 * level.precision:>7.2f}"
                f"{100 * level.f1:>7.2f}"
            )
        share = 100 * self.right_starts
        lines.append(f"start  right in {share:.2f} % of the genes whose 3' end is right")
        return "\n".join(lines)


def evaluate_prokaryotes(
    reference: Sequence[Gene],
    predicted: Sequence[Gene],
    regions: Sequence[Region] | None = None,
    mask: Mapping[str, Sequence[Interval]] = MappingProxyType({}),
) -> ProkaryoticEvaluation:
    """Compare genes of bacteria or archaea with a reference, by their stop codons.

    Parameters
    ----------
    reference, predicted
        Genes in any order. Those of several segments do not count, nor do those that are cut off
        where their stop codon should be; one that is cut off at its start is never right there.
    regions
        Count only what lies wholly inside one of these; all where it is ``None`` or empty.
    mask
        Intervals by contig: what shares a base with one of them does not count.
    """
    window = _Window(regions or ())
    masked = {contig: merge(as_intervals(spans)) for contig, spans in mask.items()}
    sides = []
    for genes in (reference, predicted):
        ends: dict[tuple[str, Strand, int], int | None] = {}
        for gene in genes:
            for transcript in gene.transcripts:
                if len(transcript.cds) != 1:
                    continue
                ((start, end),) = transcript.cds
                if not window.holds(transcript.contig, start, end):
                    continue
                spans = masked.get(transcript.contig, _NONE)
                if meets(np.array([[start, end]]), spans)[0]:
                    continue
                forward = transcript.strand == "+"
                cut = transcript.partial_low, transcript.partial_high
                if cut[forward]:
                    continue
                key = transcript.contig, transcript.strand, end if forward else start
                begin = start if forward else end
                ends[key] = None if cut[not forward] else begin
        sides.append(ends)
    truth, guess = sides
    shared = truth.keys() & guess.keys()
    exact = sum(truth[key] == guess[key] is not None for key in shared)
    return ProkaryoticEvaluation(
        ends=Level(len(truth), len(shared), len(guess), len(shared)),
        genes=Level(len(truth), exact, len(guess), exact),
    )


def check_regions(
    reference: Iterable[Gene], predicted: Iterable[Gene], regions: Iterable[Region]
) -> None:
    """Refuse regions that would make every score 0 for no fault of the prediction.

    Raises
    ------
    InputError
        If neither side has genes on the contig of a region.
    """
    names = {gene.contig for gene in reference}
    known = names | {gene.contig for gene in predicted}
    for region in regions:
        if region.contig not in known:
            raise InputError(
                f"region {format_region(region)}: neither side has genes on contig "
                f"{region.contig!r}; the reference has {list_names(names)}"
            )


def list_names(names: Iterable[str]) -> str:
    """List a few names of contigs."""
    ordered = sorted(names)
    more = f" and {len(ordered) - _SHOWN} more" if len(ordered) > _SHOWN else ""
    return (", ".join(ordered[:_SHOWN]) or "no genes") + more


class _Features:
    """The distinct features of one side."""

    def __init__(self, genes: Iterable[Gene]) -> None:
        self.genes: set[frozenset[_Chain]] = {
            frozenset((t.contig, t.strand, t.cds) for t in gene.transcripts if t.cds)
            for gene in genes
        } - {frozenset()}
        self.chains: set[_Chain] = set().union(*self.genes)
        self.exons: set[_Exon] = {
            (contig, strand, start, end)
            for contig, strand, cds in self.chains
            for start, end in cds
        }


class _Window:
    """The intervals inside which features count; everything where there are no regions."""

    def __init__(self, regions: Iterable[Region]) -> None:
        by_contig = defaultdict(list)
        for region in regions:
            end = _FAR if region.end is None else region.end
            by_contig[region.contig].append((region.start, end))
        self.unlimited = not by_contig
        self.spans = {contig: merge(np.array(spans)) for contig, spans in by_contig.items()}

    def holds(self, contig: str, start: int, end: int) -> bool:
        """Tell whether one interval holds all of ``[start, end)``."""
        return self.unlimited or any(
            low <= start and end <= high for low, high in self.spans.get(contig, ())
        )

    def holds_exon(self, exon: _Exon) -> bool:
        contig, _, start, end = exon
        return self.holds(contig, start, end)

    def holds_chain(self, chain: _Chain) -> bool:
        contig, _, cds = chain
        return self.holds(contig, cds[0][0], cds[-1][1])

    def holds_gene(self, gene: frozenset[_Chain]) -> bool:
        contig = next(iter(gene))[0]
        start = min(cds[0][0] for _, _, cds in gene)
        return self.holds(contig, start, max(cds[-1][1] for _, _, cds in gene))

    def clip(self, contig: str, intervals: Intervals) -> Intervals:
        """Cut disjoint intervals to those that count."""
        if self.unlimited:
            return intervals
        pieces = [np.clip(intervals, low, high) for low, high in self.spans.get(contig, ())]
        clipped = np.concatenate(pieces) if pieces else intervals[:0]
        return clipped[clipped[:, 0] < clipped[:, 1]]


def _compare(
    truth: AbstractSet[_Feature],
    guess: AbstractSet[_Feature],
    counts: Callable[[_Feature], bool],
) -> Level:
    """Compare features that agree where they are equal."""
    shared = sum(map(counts, truth & guess))
    return Level(
        n_reference=sum(map(counts, truth)),
        found=shared,
        n_predicted=sum(map(counts, guess)),
        right=shared,
    )


def _compare_genes(truth: _Features, guess: _Features, window: _Window) -> Level:
    """Compare genes, which agree where they share a chain."""
    reference = [gene for gene in truth.genes if window.holds_gene(gene)]
    predicted = [gene for gene in guess.genes if window.holds_gene(gene)]
    return Level(
        n_reference=len(reference),
        found=sum(not gene.isdisjoint(guess.chains) for gene in reference),
        n_predicted=len(predicted),
        right=sum(not gene.isdisjoint(truth.chains) for gene in predicted),
    )


def _compare_bases(truth: Iterable[_Exon], guess: Iterable[_Exon], window: _Window) -> Level:
    """Compare coding bases, from lengths alone: what is shared is both less their union."""
    reference, predicted = _by_strand(truth), _by_strand(guess)
    n_reference = n_predicted = shared = 0
    for key in reference.keys() | predicted.keys():
        left = window.clip(key[0], merge(reference.get(key, _NONE)))
        right = window.clip(key[0], merge(predicted.get(key, _NONE)))
        n_reference += _length(left)
        n_predicted += _length(right)
        shared += _length(left) + _length(right) - _length(merge(np.concatenate([left, right])))
    return Level(n_reference, shared, n_predicted, shared)


def _by_strand(exons: Iterable[_Exon]) -> dict[tuple[str, Strand], Intervals]:
    """Gather intervals, shape ``(n, 2)``, by contig and strand."""
    gathered: defaultdict[tuple[str, Strand], list[Interval]] = defaultdict(list)
    for contig, strand, start, end in exons:
        gathered[contig, strand].append((start, end))
    return {key: np.array(intervals, dtype=np.int64) for key, intervals in gathered.items()}


def _length(intervals: Intervals) -> int:
    """Bases in disjoint intervals."""
    return int((intervals[:, 1] - intervals[:, 0]).sum())
