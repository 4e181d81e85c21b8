import json

import numpy as np
import pytest

from benches.abroad import BINS, count_outcomes, validation_regions
from benches.abroad_calibration import fit, last_rows, outcomes_of, reliabilities, table
from benches.heldout import Found
from genefinder.genes import Gene, Region, Transcript

RNG = np.random.default_rng(5)


def counted(sureness: float, n: int = 4_000) -> dict[str, dict[str, list[int]]]:
    """Count predictions that are right less often, or more, than their posteriors say."""
    posteriors = RNG.random(n)
    right = RNG.random(n) < posteriors**sureness
    classes = (posteriors * BINS).astype(int)
    return {
        "gene": {
            "predictions": np.bincount(classes, minlength=BINS).tolist(),
            "right": np.bincount(classes[right], minlength=BINS).tolist(),
        }
    }


def row(species: str, sureness: float) -> dict[str, object]:
    return {
        "species": species,
        "model": "abroad",
        "outcomes": counted(sureness),
        "validation_outcomes": counted(sureness),
    }


def gene(start: int, posterior: float | None) -> Gene:
    transcript = Transcript("t", "one", "+", (), ((start, start + 30),), posterior=posterior)
    return Gene("g", "one", "+", (transcript,))


def test_predictions_are_counted_by_class() -> None:
    found = Found([gene(0, None)], [gene(0, 0.995), gene(60, 1.0), gene(90, 0.2)], [Region("one")])
    counts = count_outcomes(found)["gene"]
    assert counts["predictions"][99] == 2
    assert counts["right"][99] == 1
    assert counts["predictions"][20] == 1
    assert sum(counts["predictions"]) == 3
    assert sum(counts["right"]) == 1


def test_counts_become_predictions_again() -> None:
    counts = {"predictions": [0] * BINS, "right": [0] * BINS}
    counts["predictions"][10], counts["right"][10] = 4, 1
    outcomes = outcomes_of(counts)
    assert outcomes.posteriors.tolist() == [0.105] * 4
    assert outcomes.right.tolist() == [True, False, False, False]
    assert outcomes_of(counts, 400).right.sum() == 100


def test_species_are_calibrated_by_the_others() -> None:
    rows = {name: row(name, 3.0) for name in ("first", "second", "third")}
    raw, calibrated = reliabilities(rows, "gene")["first"]
    assert raw.ece > 0.2
    assert calibrated.ece < 0.03
    # Of a species' own outcomes none enters its curve.
    rows["first"]["validation_outcomes"] = counted(0.01)
    again = reliabilities(rows, "gene")["first"]
    assert again == (raw, calibrated)
    assert reliabilities(rows, "gene")["second"][1].ece > 0.1
    assert "| first | gene | 4,000 |" in table(rows)


def test_curves_hold_for_all_species_alike() -> None:
    few, many = row("few", 1.0), row("many", 1.0)
    many["validation_outcomes"] = counted(4.0, 40_000)
    curve = fit([few, many]).curves["gene"]
    assert 0.5**4 + 0.1 < curve(0.5) < 0.5 - 0.1


def test_the_last_row_of_a_species_counts() -> None:
    old, new = row("one", 1.0), row("one", 2.0)
    without = {"species": "two", "test": {}}
    rows = last_rows(json.loads(json.dumps([old, without, new])))
    assert list(rows) == ["one"]
    assert rows["one"] == new


def test_posteriors_are_calibrated_apart_from_the_test() -> None:
    assert validation_regions("pknowlesi", ["Pk.7.1", "Pk.13.1"]) == [Region("Pk.7.1")]
    pieces = ["2L_1_3003248", "2L_3017970_3045711", *(f"piece{n}" for n in range(20))]
    assert validation_regions("dmelanogaster", pieces) == [
        Region("2L_3017970_3045711"),
        Region("piece9"),
        Region("piece19"),
    ]
    assert validation_regions("otauri", ["first", "second", "third"]) == [Region("third")]
    assert validation_regions("umaydis", ["first"]) == []
    with pytest.raises(ValueError, match="is not in list"):
        validation_regions("dmelanogaster", ["2L_1_3003248"])
