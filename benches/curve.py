"""Minutes to a model: accuracy against processor time of ``genefinder train`` from nothing.

Each budget is a run of its own, because the learning rate is scheduled to fit it. One thread. The
JSON file is written after every run; budgets that it already holds are not run again.

    python -m benches.curve GENOME GFF --validation REGION --exclude REGION --test REGION \
        --minutes 0 2 5 10 20 -o benches/results/curve_spombe.json
"""

import argparse
import tempfile
from pathlib import Path

from benches.heldout import evaluate_network, hold_out
from benches.records import Records, short
from genefinder.io.regions import parse_region
from genefinder.models.model import Model
from genefinder.training.recipe import Recipe
from genefinder.training.settings import LabelledGenome, TrainSettings
from genefinder.training.train import train


def main() -> None:
    """Train for each budget and evaluate on the validation and test regions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("genome", type=Path)
    parser.add_argument("annotation", type=Path)
    parser.add_argument("--validation", required=True)
    parser.add_argument("--exclude", required=True)
    parser.add_argument("--test", required=True, help="usually the excluded region")
    parser.add_argument("--minutes", type=float, nargs="+", default=[0, 2, 5, 10, 20])
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    pair = LabelledGenome(options.genome, options.annotation)
    validation = (parse_region(options.validation),)
    exclude = (parse_region(options.exclude),)
    test = hold_out(options.genome, options.annotation, [parse_region(options.test)])
    common = {
        "genome": short(options.genome),
        "annotation": short(options.annotation),
        "validation": options.validation,
        "exclude": options.exclude,
        "test": options.test,
    }
    records = Records(options.output, "curve", common, ("cpu_minutes",))
    for minutes in options.minutes:
        if records.has(cpu_minutes=minutes):
            continue
        with tempfile.TemporaryDirectory() as folder:
            settings = TrainSettings(
                genomes=(pair,),
                next_base=0.0,
                output=Path(folder),
                validation=validation,
                exclude=exclude,
                recipe=Recipe(
                    max_steps=None if minutes else 0,
                    max_cpu_minutes=minutes or None,
                    validations=max(1, min(8, round(minutes))),
                ),
                threads=1,
                device="cpu",
            )
            result = train(settings)
            model = Model.load(Path(folder))
            found = evaluate_network(model.network, model.grammar, result.min_posterior, test)
            records.add(
                cpu_minutes=minutes,
                steps=result.steps,
                megabases=round(result.bases / 1e6, 1),
                min_posterior=result.min_posterior,
                validation=result.best.to_dict(),
                test=found.to_dict(),
            )


if __name__ == "__main__":
    main()
