"""How far posteriors can be trusted on the test splits, and what a threshold trades there.

    python -m benches.calibration

Each split goes to the model that ``genefinder predict`` would choose, or to the one named. Genes of
all posteriors are predicted; the expected calibration error (ECE) is over ten bins of equal width.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from benches.accuracy import FASTA, cut
from benches.measure import run
from benches.records import DATA, RESULTS, commit, machine, write_json
from benches.splits import SPLITS, Split
from genefinder.errors import GenefinderError
from genefinder.genes import shift_gene
from genefinder.io.annotation import read_annotation
from genefinder.io.regions import format_region
from genefinder.reliability import (
    collect_outcomes,
    format_reliability,
    format_trade_off,
    reliability,
    trade_off,
)

BAR = 0.05


def measure(split: Split, model: str, data: Path) -> tuple[dict[str, Any], str]:
    """Return the reliability of a split as JSON has it and as tables."""
    located = str(Path(model).resolve()) if Path(model).is_dir() else model
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        cut(split.genome(data), split.region, folder / FASTA)
        command = [sys.executable, "-m", "genefinder", "predict", "--model", located]
        command += ["--min-posterior", "0", "--device", "cpu", "-q"]
        command += ["--summary", "summary.json", FASTA]
        run(command, folder, folder / "result.gff")
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        genes = read_annotation(folder / "result.gff").genes
        predicted = [shift_gene(gene, gene.contig, split.region.start) for gene in genes]
    reference = read_annotation(split.genes(data)).genes
    outcomes = collect_outcomes(reference, predicted, [split.region])
    curves = {kind: reliability(outcome) for kind, outcome in outcomes.items()}
    rows = trade_off(reference, predicted, [split.region])
    document = {
        "species": split.species,
        "region": format_region(split.region),
        "model": summary["model"],
        "reliability": {kind: curve.to_dict() for kind, curve in curves.items()},
        "trade_off": [
            {"min_posterior": threshold, **found.to_dict()["levels"]} for threshold, found in rows
        ],
    }
    return document, f"{format_reliability(curves)}\n\n{format_trade_off(rows)}"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--species", nargs="*", default=list(SPLITS), choices=SPLITS)
    parser.add_argument("--model", default="auto", help="by name or directory")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the annotated genomes")
    parser.add_argument(
        "--json", type=Path, default=RESULTS / "calibration.json", help="file for the results"
    )
    arguments = parser.parse_args()
    found = []
    for name in arguments.species:
        document, text = measure(SPLITS[name], arguments.model, arguments.data)
        found.append(document)
        error = document["reliability"]["gene"]["ece"]
        verdict = "within" if error < BAR else "beyond"
        print(f"## {name}, model {document['model']['name']}: ECE of genes {error:.3f}, ", end="")
        print(f"{verdict} {BAR}\n\n{text}\n", flush=True)
    results = {
        "schema_version": 1,
        "benchmark": "calibration",
        "commit": commit(),
        "machine": machine(),
        "results": found,
    }
    write_json(arguments.json, results)


if __name__ == "__main__":
    try:
        main()
    except GenefinderError as error:
        sys.exit(str(error))
