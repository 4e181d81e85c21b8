"""How well posteriors keep their word: what share of predictions of a posterior is right.

"Right" is what :mod:`genefinder.evaluation` means by it: a gene's chain of coding segments is that
of any isoform of a reference gene, a coding segment is one of the reference's, a site (start codon,
stop codon, donor or acceptor) is where a coding chain of the reference has one of its kind. Genes
with an open end, of which nobody can tell, are left out together with their parts.

The expected calibration error (ECE) is the mean distance between posterior and share of right
predictions, over ten bins of equal width, each weighted by its predictions (Naeini, Cooper and
Hauskrecht, 2015).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from genefinder.evaluation import Evaluation, evaluate
from genefinder.genes import Gene, Region, Transcript
from genefinder.models.calibration import KINDS

BINS = 10
THRESHOLDS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)

Floats = npt.NDArray[np.float64]
_Site = tuple[str, str, str, int]


@dataclass(frozen=True, slots=True)
class Bin:
    """Predictions of similar posteriors.

    Attributes
    ----------
    low, high
        Ends of the bin; it holds its low end, the last one both.
    n, right
        Predictions, and how many of them are right.
    mean
        Mean posterior, 0 where there are none.
    """

    low: float
    high: float
    n: int
    right: int
    mean: float

    @property
    def share(self) -> float:
        """Share of right predictions, 0 where there are none."""
        return self.right / self.n if self.n else 0.0


@dataclass(frozen=True, slots=True)
class Reliability:
    """The reliability curve of one kind of prediction."""

    bins: tuple[Bin, ...]

    @property
    def n(self) -> int:
        """Number of predictions."""
        return sum(posterior_bin.n for posterior_bin in self.bins)

    @property
    def ece(self) -> float:
        """Expected calibration error, 0 to 1; 0 without predictions."""
        total = self.n
        return (
            sum(
                posterior_bin.n * abs(posterior_bin.mean - posterior_bin.share)
                for posterior_bin in self.bins
            )
            / total
            if total
            else 0.0
        )

    @property
    def mean(self) -> float:
        """Mean posterior."""
        return (
            sum(posterior_bin.n * posterior_bin.mean for posterior_bin in self.bins) / self.n
            if self.n
            else 0.0
        )

    @property
    def share(self) -> float:
        """Share of right predictions."""
        return sum(posterior_bin.right for posterior_bin in self.bins) / self.n if self.n else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON has it."""
        return {
            "n": self.n,
            "ece": self.ece,
            "mean_posterior": self.mean,
            "share_right": self.share,
            "bins": [
                {
                    "low": posterior_bin.low,
                    "high": posterior_bin.high,
                    "n": posterior_bin.n,
                    "right": posterior_bin.right,
                    "mean": posterior_bin.mean,
                }
                for posterior_bin in self.bins
            ],
        }


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Predictions of one kind: posteriors and whether each is right, shape ``(n,)`` both."""

    posteriors: Floats
    right: npt.NDArray[np.bool_]


def collect_outcomes(
    reference: Sequence[Gene], predicted: Sequence[Gene], regions: Sequence[Region] = ()
) -> dict[str, Outcomes]:
    """Tell of every prediction that has a posterior whether it is right.

    Parameters
    ----------
    reference, predicted
        Genes; of predictions that are told twice, the first counts.
    regions
        Count predicted genes only where their coding sequence lies wholly inside one of these;
        everywhere where there are none.

    Returns
    -------
    dict
        By kind, see :data:`genefinder.models.calibration.KINDS`; kinds without any posterior are
        absent.
    """
    chains = {(t.contig, t.strand, t.cds) for t in _coding(reference)}
    truth = {site for t in _coding(reference) for site in _sites(t)}
    exons = {(t.contig, t.strand, segment) for t in _coding(reference) for segment in t.cds}
    posteriors: dict[str, list[float]] = defaultdict(list)
    right: dict[str, list[bool]] = defaultdict(list)
    seen: set[object] = set()

    def count(kind: str, key: object, posterior: float | None, is_right: bool) -> None:
        if posterior is not None and (kind, key) not in seen:
            seen.add((kind, key))
            posteriors[kind].append(posterior)
            right[kind].append(is_right)

    for t in _coding(predicted):
        if t.partial_low or t.partial_high or not _inside(t, regions):
            continue
        chain = (t.contig, t.strand, t.cds)
        count("gene", chain, t.posterior, chain in chains)
        if t.part_posteriors is None:
            continue
        ends = [posterior for pair in t.part_posteriors.ends for posterior in pair]
        for site, posterior in zip(_sites(t), ends, strict=True):
            count(site[0], site, posterior, site in truth)
        for segment, share in zip(t.cds, t.part_posteriors.exons, strict=True):
            exon = (t.contig, t.strand, segment)
            count("exon", exon, share, exon in exons)
    return {
        kind: Outcomes(np.array(posteriors[kind]), np.array(right[kind], dtype=np.bool_))
        for kind in KINDS
        if kind in posteriors
    }


def reliability(outcomes: Outcomes) -> Reliability:
    """Count predictions in ten bins of equal width."""
    number = np.minimum((outcomes.posteriors * BINS).astype(int), BINS - 1)
    bins = []
    for bin_number in range(BINS):
        inside = number == bin_number
        n = int(inside.sum())
        mean = float(outcomes.posteriors[inside].mean()) if n else 0.0
        right = int(outcomes.right[inside].sum())
        bins.append(Bin(bin_number / BINS, (bin_number + 1) / BINS, n, right, mean))
    return Reliability(tuple(bins))


def trade_off(
    reference: Sequence[Gene],
    predicted: Sequence[Gene],
    regions: Sequence[Region] = (),
    thresholds: Iterable[float] = THRESHOLDS,
) -> list[tuple[float, Evaluation]]:
    """Evaluate the predictions that reach each threshold of the posterior."""
    return [
        (
            threshold,
            evaluate(
                reference,
                [gene for gene in predicted if (gene.posterior or 0.0) >= threshold],
                regions,
            ),
        )
        for threshold in thresholds
    ]


def format_reliability(curves: Mapping[str, Reliability]) -> str:
    """Return Markdown tables: a row for each kind, then the bins of genes and of exons."""
    lines = [
        "| | predictions | mean posterior | right % | ECE |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {kind} | {curve.n:,} | {curve.mean:.3f} | {100 * curve.share:.1f} | {curve.ece:.3f} |"
        for kind, curve in curves.items()
    ]
    shown = [kind for kind in ("gene", "exon") if kind in curves]
    if not shown:
        return "\n".join(lines)
    cells = " | ".join(f"{kind}s | mean posterior | right %" for kind in shown)
    lines += ["", f"| posterior | {cells} |", "|---|" + "---|---|---|" * len(shown)]
    for bin_number in range(BINS):
        row = [f"{bin_number / BINS:.1f}-{(bin_number + 1) / BINS:.1f}"]
        for kind in shown:
            shown_bin = curves[kind].bins[bin_number]
            row += [f"{shown_bin.n:,}"]
            row += (
                [f"{shown_bin.mean:.3f}", f"{100 * shown_bin.share:.1f}"]
                if shown_bin.n
                else ["", ""]
            )
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def format_trade_off(rows: Iterable[tuple[float, Evaluation]]) -> str:
    """Return a Markdown table: sensitivity and precision of genes and exons by threshold."""
    lines = [
        "| `--min-posterior` | gene Sn | gene Pr | gene F1 | exon Sn | exon Pr | base F1 |",
        "|---|---|---|---|---|---|---|",
    ]
    for threshold, found in rows:
        gene, exon = found.gene, found.exon
        shares = (gene.sensitivity, gene.precision, gene.f1, exon.sensitivity, exon.precision)
        cells = " | ".join(f"{100 * share:.1f}" for share in (*shares, found.base.f1))
        lines.append(f"| {threshold:g} | {cells} |")
    return "\n".join(lines)


def _coding(genes: Iterable[Gene]) -> Iterator[Transcript]:
    for gene in genes:
        for transcript in gene.transcripts:
            if transcript.cds:
                yield transcript


def _sites(transcript: Transcript) -> Iterator[_Site]:
    """Yield kind, contig, strand and border of each end of each segment, low end first."""
    contig, strand = transcript.contig, transcript.strand
    for (start, end), (low, high) in zip(transcript.cds, transcript.sites(), strict=True):
        yield low, contig, strand, start
        yield high, contig, strand, end


def _inside(transcript: Transcript, regions: Sequence[Region]) -> bool:
    start, end = transcript.cds[0][0], transcript.cds[-1][1]
    return not regions or any(
        region.contig == transcript.contig
        and region.start <= start
        and (region.end is None or end <= region.end)
        for region in regions
    )
