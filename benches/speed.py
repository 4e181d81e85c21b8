"""How fast ``genefinder predict`` is: beside AUGUSTUS, by stage, and against the machine's limit.

One run measures, on one thread: the whole command, alternately with AUGUSTUS in its fast mode, on a
part of a genome; peak memory on the genome and on a contig several times as long; where the time
goes; and the share of a plain matrix product's speed that the recurrent layers reach.

    python -m benches.speed --model plant --json benches/results/speed.json
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benches.accuracy import cut
from benches.measure import run
from benches.peers import augustus, genefinder
from benches.records import DATA, commit, machine, write_json
from genefinder.genes import Region
from genefinder.io.fasta import open_genome
from genefinder.io.regions import format_region, parse_region

_LINE = 80


def write_contig(genome: Path, path: Path, copies: int) -> int:
    """Write all contigs of a genome, ``copies`` times, as one contig; return its length."""
    from genefinder.dna import decode

    length = 0
    with path.open("w", encoding="ascii") as file:
        file.write(">contig\n")
        for _ in range(copies):
            for contig in open_genome(genome):
                letters = decode(contig.codes)
                length += len(letters)
                file.writelines(
                    f"{letters[start : start + _LINE]}\n" for start in range(0, len(letters), _LINE)
                )
    return length


def recurrent_share(model: str) -> dict[str, float]:
    """Measure the recurrent layers against a plain matrix product, one thread, float32."""
    import torch

    from genefinder.models.model import Model
    from genefinder.network.scorer import PER_CALL, WINDOW, prepare_thread

    prepare_thread()
    network = Model.load(model).network
    steps = WINDOW // network.config.stride
    hidden = network.config.hidden
    layers = [network.encoder.recurrent, *network.joint]
    rows = 2 * PER_CALL  # both readings
    operations = sum(
        2 * steps * rows * 4 * hidden * (layer.input_size + hidden) for layer in layers
    )

    def best(call: Any) -> float:
        times = []
        for _ in range(10):
            begin = time.thread_time()
            call()
            times.append(time.thread_time() - begin)
        return min(times)

    with torch.inference_mode():
        inputs = [torch.randn(rows, steps, layer.input_size) for layer in layers]
        pairs = list(zip(layers, inputs, strict=True))
        recurrent = operations / best(lambda: [layer(x) for layer, x in pairs])
        square = torch.randn(1024, 1024)
        product = 2 * 1024**3 / best(lambda: square @ square)
    return {
        "recurrent_gflops": round(recurrent / 1e9, 1),
        "matrix_product_gflops": round(product / 1e9, 1),
        "share": round(recurrent / product, 3),
    }


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="plant")
    parser.add_argument("--genome", type=Path, default=DATA / "athaliana" / "genome.fa.gz")
    parser.add_argument(
        "--region",
        type=parse_region,
        default="NC_003070.9:24,000,001-30,427,671",
        help="for AUGUSTUS",
    )
    parser.add_argument("--species", default="arabidopsis")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--copies", type=int, default=4)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    region: Region = arguments.region
    report: dict[str, Any] = {
        "command": "python -m benches.speed",
        "commit": commit(),
        "machine": machine(),
        "region": format_region(region),
        "rounds": [],
    }
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        bases = cut(arguments.genome, region, folder / "region.fa")
        ours, theirs = (
            genefinder(arguments.model, "region.fa"),
            augustus(arguments.species, "region.fa", fast=True),
        )
        for _ in range(arguments.rounds):
            for tool in (ours, theirs):
                if tool is None:
                    print("AUGUSTUS is not installed: left out", file=sys.stderr)
                    continue
                cost = run(tool.command, folder, folder / "out.gff")
                row = {
                    "tool": tool.name,
                    **cost.to_dict(),
                    "kb_per_cpu_second": round(bases / 1e3 / cost.cpu_seconds, 1),
                }
                report["rounds"].append(row)
                print(json.dumps(row))
        for copies in (1, arguments.copies):
            length = write_contig(arguments.genome, folder / "whole.fa", copies)
            tool = genefinder(arguments.model, "whole.fa")
            summary = folder / "summary.json"
            command = [*tool.command, "--summary", str(summary)]
            cost = run(command, folder, folder / "out.gff")
            row = {
                "tool": tool.name,
                "bases": length,
                **cost.to_dict(),
                "kb_per_cpu_second": round(length / 1e3 / cost.cpu_seconds, 1),
                "stages": json.loads(summary.read_text())["stages"],
            }
            report.setdefault("whole", []).append(row)
            print(json.dumps(row))
    report["recurrent"] = recurrent_share(arguments.model)
    print(json.dumps(report["recurrent"]))
    if arguments.json:
        write_json(arguments.json, report)


if __name__ == "__main__":
    main()
