"""Curves for the posteriors of species that a model does not know, and how reliable they are.

    python -m benches.abroad_calibration [--write models/universal]

What `python -m benches.abroad` counted on the validation regions of species whose clades were left
out makes the curves. How reliable they are is measured on the test regions of each species, by the
curves of all the others. ``--write`` puts the curves of all species into a model.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benches.abroad import BINS
from benches.records import RESULTS, Row, write_json
from genefinder.models.calibration import KINDS, Calibration, Curve, fit_curve
from genefinder.models.model import Model
from genefinder.reliability import Outcomes, Reliability, reliability

_PREDICTIONS = 1_000
"""Of each species and kind that a curve is fitted to, so that none outweighs the others."""
_SHOWN = ("gene", "exon")


def last_rows(rows: Sequence[Row]) -> dict[str, Row]:
    """Return the last row of each species that was counted on."""
    return {row["species"]: row for row in rows if "outcomes" in row}


def outcomes_of(counts: Mapping[str, Sequence[int]], total: int | None = None) -> Outcomes:
    """Return counted predictions one by one, at the middle of their classes.

    Parameters
    ----------
    counts
        ``predictions`` and ``right``, of each class of posterior.
    total
        Predictions that they are scaled to, about; as many as there are by default.
    """
    predictions, right = np.array(counts["predictions"]), np.array(counts["right"])
    scale = 1.0 if total is None else total / max(1, predictions.sum())
    n_right = np.rint(right * scale).astype(int)
    n_wrong = np.rint((predictions - right) * scale).astype(int)
    middles = (np.arange(BINS) + 0.5) / BINS
    return Outcomes(
        np.concatenate([middles.repeat(n_right), middles.repeat(n_wrong)]),
        np.arange(n_right.sum() + n_wrong.sum()) < n_right.sum(),
    )


def fit(rows: Sequence[Row]) -> Calibration:
    """Fit curves to the validation regions of some species."""
    curves: dict[str, Curve] = {}
    for kind in KINDS:
        counted = [
            outcomes_of(row["validation_outcomes"][kind], _PREDICTIONS)
            for row in rows
            if kind in row["validation_outcomes"]
        ]
        if counted:
            curves[kind] = fit_curve(
                np.concatenate([outcomes.posteriors for outcomes in counted]),
                np.concatenate([outcomes.right for outcomes in counted]),
            )
    return Calibration(curves)


def reliabilities(rows: Mapping[str, Row], kind: str) -> dict[str, tuple[Reliability, Reliability]]:
    """Return how reliable posteriors of a kind are on test regions, raw and calibrated.

    Each species is calibrated by the curves of the others.
    """
    found = {}
    for species, row in rows.items():
        if kind not in row["outcomes"]:
            continue
        others = fit([other for name, other in rows.items() if name != species])
        raw = outcomes_of(row["outcomes"][kind])
        calibrated = np.array([others(kind, float(value)) for value in raw.posteriors])
        found[species] = reliability(raw), reliability(Outcomes(calibrated, raw.right))
    return found


def table(rows: Mapping[str, Row]) -> str:
    """Return a row for each species, of genes and of exons, as Markdown."""
    lines = [
        "| species | kind | predictions | right % | mean posterior | ECE raw | ECE calibrated |",
        "|---|---|---|---|---|---|---|",
    ]
    for kind in _SHOWN:
        for species, (raw, calibrated) in reliabilities(rows, kind).items():
            lines.append(
                f"| {species} | {kind} | {raw.n:,} | {100 * raw.share:.1f} | "
                f"{100 * calibrated.mean:.1f} | {raw.ece:.3f} | {calibrated.ece:.3f} |"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--rows", type=Path, default=RESULTS / "abroad.json")
    parser.add_argument("--json", type=Path, default=RESULTS / "abroad_calibration.json")
    parser.add_argument("--write", type=Path, help="model that gets the curves")
    arguments = parser.parse_args()
    counted = last_rows(json.loads(arguments.rows.read_text(encoding="utf-8"))["rows"])
    curves = fit(list(counted.values()))
    print(table(counted))
    document = {
        "schema_version": 1,
        "benchmark": "abroad_calibration",
        "networks": {species: row["model"] for species, row in counted.items()},
        "curves": curves.to_dict(),
        "ece": {
            kind: {
                species: {"raw": round(raw.ece, 4), "calibrated": round(calibrated.ece, 4)}
                for species, (raw, calibrated) in reliabilities(counted, kind).items()
            }
            for kind in _SHOWN
        },
    }
    write_json(arguments.json, document)
    if arguments.write:
        model = Model.load(arguments.write)
        replace(model, calibration_unseen=curves, sha256="").save(arguments.write)
