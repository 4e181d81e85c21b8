import numpy as np
import pytest

from genefinder.genes import Gene, PartPosteriors, Region, Transcript
from genefinder.reliability import (
    Outcomes,
    collect_outcomes,
    format_reliability,
    format_trade_off,
    reliability,
    trade_off,
)

TWO = ((100, 160), (200, 260))


def gene(cds, posterior=None, part_posteriors=None, strand="+", contig="c", **more):
    transcript = Transcript(
        "t", contig, strand, cds, cds, posterior=posterior, part_posteriors=part_posteriors, **more
    )
    return Gene("g", contig, strand, (transcript,))


def supported(cds, posterior, strand="+", **more):
    part_posteriors = PartPosteriors((0.5,) * len(cds), ((0.25, 0.75),) * len(cds))
    return gene(cds, posterior, part_posteriors, strand, **more)


def test_right_is_the_chain_of_any_isoform():
    other = Transcript("u", "c", "+", TWO, TWO)
    first = gene(((100, 160),))
    reference = [Gene("g", "c", "+", (first.transcripts[0], other))]
    found = collect_outcomes(reference, [gene(TWO, 0.75), gene(((100, 163),), 0.5)])
    assert found["gene"].posteriors.tolist() == [0.75, 0.5]
    assert found["gene"].right.tolist() == [True, False]
    assert list(found) == ["gene"]


@pytest.mark.parametrize("strand", ["+", "-"])
def test_parts_are_judged_one_by_one(strand):
    """The lower end of the first exon and the donor or acceptor of the second are wrong."""
    predicted = supported(((103, 160), (203, 260)), 0.5, strand)
    found = collect_outcomes([gene(TWO, strand=strand)], [predicted])
    low, high = ("start", "stop") if strand == "+" else ("stop", "start")
    left, right = ("donor", "acceptor") if strand == "+" else ("acceptor", "donor")
    expected = {low: False, left: True, right: False, high: True, "gene": False}
    assert {kind: found[kind].right.tolist() for kind in expected} == {
        kind: [value] for kind, value in expected.items()
    }
    assert found[low].posteriors.tolist() == [0.25]
    assert found[high].posteriors.tolist() == [0.75]
    assert found["exon"].right.tolist() == [False, False]


def test_exons_may_be_right_in_a_wrong_gene():
    found = collect_outcomes([gene(TWO)], [supported(((100, 160), (300, 360)), 0.5)])
    assert found["exon"].right.tolist() == [True, False]


def test_the_other_strand_is_wrong():
    found = collect_outcomes([gene(TWO)], [gene(TWO, 0.5, strand="-")])
    assert found["gene"].right.tolist() == [False]


def test_open_genes_and_those_elsewhere_do_not_count():
    reference = [gene(TWO)]
    outside = supported(((500, 560),), 0.5)
    cut_off = supported(TWO, 0.5, partial_low=True)
    assert collect_outcomes(reference, [cut_off, outside], [Region("c", 0, 510)]) == {}
    assert collect_outcomes(reference, [outside], [Region("c", 400, None)])[
        "gene"
    ].right.tolist() == [False]


def test_error_is_the_mean_distance_weighted_by_predictions():
    posteriors = np.array([0.85] * 10 + [0.35] * 30)
    right = np.array([True] * 6 + [False] * 4 + [True] * 12 + [False] * 18)
    found = reliability(Outcomes(posteriors, right))
    assert found.ece == pytest.approx((10 * 0.25 + 30 * 0.05) / 40)
    assert (found.n, found.share) == (40, 0.45)
    assert found.mean == pytest.approx(0.475)
    assert [
        (posterior_bin.low, posterior_bin.n) for posterior_bin in found.bins if posterior_bin.n
    ] == [(0.3, 30), (0.8, 10)]
    assert found.to_dict()["bins"][8] == {"low": 0.8, "high": 0.9, "n": 10, "right": 6} | {
        "mean": pytest.approx(0.85)
    }


def test_a_posterior_of_one_belongs_to_the_last_bin():
    found = reliability(Outcomes(np.array([1.0]), np.array([True])))
    assert (found.bins[-1].n, found.ece) == (1, 0.0)


def test_nothing_has_no_error():
    found = reliability(Outcomes(np.empty(0), np.empty(0, dtype=np.bool_)))
    assert (found.n, found.ece, found.mean, found.share) == (0, 0.0, 0.0, 0.0)


def test_trade_off_leaves_out_what_is_below():
    reference = [gene(TWO), gene(((400, 460),))]
    predicted = [gene(TWO, 0.9), gene(((500, 560),), 0.4), gene(((400, 460),), 0.6)]
    rows = trade_off(reference, predicted, [], (0.0, 0.5, 0.95))
    assert [(t, found.gene.n_predicted, found.gene.right) for t, found in rows] == [
        (0.0, 3, 2),
        (0.5, 2, 2),
        (0.95, 0, 0),
    ]
    assert "| 0.5 | 100.0 | 100.0 |" in format_trade_off(rows)


def test_tables_show_every_kind_and_the_bins_of_genes():
    found = collect_outcomes([gene(TWO)], [supported(TWO, 0.9)])
    text = format_reliability({kind: reliability(outcomes) for kind, outcomes in found.items()})
    assert "| gene | 1 | 0.900 | 100.0 | 0.100 |" in text
    assert "| acceptor | 1 |" in text
    assert "| 0.9-1.0 | 1 | 0.900 | 100.0 | 0 |  |  |" in text
    assert "| 0.5-0.6 | 0 |  |  | 2 | 0.500 | 100.0 |" in text
