import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genefinder.errors import InputError
from genefinder.genes import Gene, PartPosteriors, Transcript
from genefinder.models.calibration import KINDS, Calibration, Curve, fit_curve

PROBABILITIES = st.floats(0.0, 1.0, allow_subnormal=False)


def drawn(count: int, curve: Curve, seed: int = 1):
    """Raw posteriors, and outcomes at the rate that the curve turns them into."""
    random = np.random.default_rng(seed)
    raw = random.beta(3, 1, count)
    right = random.random(count) < np.array([curve(float(probability)) for probability in raw])
    return raw, right


def test_default_changes_nothing():
    for posterior in (0.001, 0.3, 0.5, 0.999):
        assert Curve()(posterior) == pytest.approx(posterior, abs=1e-9)


@settings(deadline=None)
@given(
    st.lists(st.tuples(PROBABILITIES, st.booleans()), max_size=60),
    st.lists(PROBABILITIES, min_size=2, max_size=10),
)
def test_whatever_is_fitted_rises(pairs, posteriors):
    curve = fit_curve([probability for probability, _ in pairs], [right for _, right in pairs])
    values = [curve(posterior) for posterior in sorted(posteriors)]
    assert values == sorted(values)
    assert all(0.0 <= value <= 1.0 for value in values)
    assert curve.low > 0
    assert curve.high > 0


@pytest.mark.parametrize("true", [Curve(0.6, 0.3, -0.4), Curve(1.5, 1.2, 0.5), Curve()])
def test_finds_the_curve_that_the_outcomes_follow(true):
    fitted = fit_curve(*drawn(20_000, true))
    for posterior in (0.2, 0.5, 0.8, 0.95):
        assert fitted(posterior) == pytest.approx(true(posterior), abs=0.03)


def test_anticorrelated_outcomes_leave_a_rising_curve():
    raw = np.linspace(0.01, 0.99, 200)
    fitted = fit_curve(raw, raw < 0.5)
    assert fitted(0.1) < fitted(0.9)
    assert fitted(0.9) - fitted(0.1) < 0.2


def test_few_outcomes_change_little():
    assert fit_curve([], []) == Curve()
    assert fit_curve([0.9], [False])(0.9) > 0.35
    all_right = fit_curve([0.8] * 5, [True] * 5)
    assert 0.8 < all_right(0.8) < 0.99


def test_applies_to_genes_and_their_parts():
    cds = ((0, 9), (20, 30))
    part_posteriors = PartPosteriors((0.5, 0.6), ((0.7, 0.8), (0.9, None)))
    transcript = Transcript("t", "c", "-", cds, cds, posterior=0.5, part_posteriors=part_posteriors)
    kinds = ("gene", "exon", "stop", "acceptor", "donor")
    calibration = Calibration({kind: Curve(1, 1, n) for n, kind in enumerate(kinds, start=1)})
    (found,) = calibration.apply(Gene("g", "c", "-", (transcript,))).transcripts
    assert found.posterior == calibration("gene", 0.5) == pytest.approx(1 / (1 + np.exp(-1)))
    assert found.part_posteriors is not None
    assert found.part_posteriors.exons == (calibration("exon", 0.5), calibration("exon", 0.6))
    assert found.part_posteriors.ends[0] == (calibration("stop", 0.7), calibration("acceptor", 0.8))
    assert found.part_posteriors.ends[1] == (calibration("donor", 0.9), None)


@settings(deadline=None)
@given(
    st.lists(PROBABILITIES, min_size=6, max_size=6),
    st.dictionaries(st.sampled_from(KINDS), st.floats(-5, 5, allow_subnormal=False)),
    st.sampled_from("+-"),
)
def test_a_part_is_never_less_probable_than_the_whole(posteriors, shifts, strand):
    whole, first, second, *ends = sorted(posteriors)
    parts = PartPosteriors((first, second), ((ends[0], ends[1]), (ends[2], None)))
    cds = ((0, 9), (20, 30))
    transcript = Transcript("t", "c", strand, cds, cds, posterior=whole, part_posteriors=parts)
    calibration = Calibration({kind: Curve(1, 1, shift) for kind, shift in shifts.items()})
    (found,) = calibration.apply(Gene("g", "c", strand, (transcript,))).transcripts
    assert found.part_posteriors is not None
    assert found.posterior is not None
    for exon, of_exon in zip(found.part_posteriors.exons, found.part_posteriors.ends, strict=True):
        assert found.posterior <= exon <= min(end for end in of_exon if end is not None)


def test_nothing_to_apply():
    gene = Gene("g", "c", "+", (Transcript("t", "c", "+", ((0, 9),), ((0, 9),)),))
    assert Calibration().apply(gene) is gene
    assert Calibration({"gene": Curve(2, 2, 2)}).apply(gene) == gene


def test_survives_json():
    calibration = Calibration({"gene": Curve(0.5, 1.25, -0.75), "stop": Curve()})
    assert calibration.to_dict() == {"gene": [0.5, 1.25, -0.75], "stop": [1.0, 1.0, 0.0]}
    assert Calibration.from_dict(calibration.to_dict()) == calibration


@pytest.mark.parametrize(
    "values",
    [
        {"intron": [1, 1, 0]},
        {"gene": [1, 1]},
        {"gene": "x"},
        {"gene": [1, -1, 0]},
        {"gene": [1, 1, float("nan")]},
    ],
)
def test_damaged_values_are_refused(values):
    with pytest.raises(InputError, match="calibration"):
        Calibration.from_dict(values)
