"""How well this package and its peers find the genes of every test split, and what it costs them.

    python -m benches.accuracy

Every program gets the same bases of a split as a FASTA file of one contig, and every result goes
through the same reader and the same evaluation, limited to the split. What was measured before,
with the same version, model and command, is not run again: results are added to the JSON file one
by one, so an interrupted run loses nothing.
"""

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benches.measure import CommandError, run
from benches.peers import PEERS, RETRAINED, Tool, genefinder, installed, peers
from benches.records import DATA, RESULTS, commit, machine, write_json
from benches.splits import SPLITS, Split
from genefinder.dna import decode
from genefinder.errors import GenefinderError
from genefinder.evaluation import evaluate
from genefinder.genes import Region, shift_gene
from genefinder.io.annotation import read_annotation
from genefinder.io.fasta import open_genome
from genefinder.io.regions import format_region

SCHEMA_VERSION = 2
FASTA = "region.fa"
LEVELS = ("base", "exon", "gene")

Result = dict[str, Any]


def cut(genome: Path, region: Region, path: Path) -> int:
    """Write the region's bases as a contig of the same name; return how many there are."""
    codes = open_genome(genome).fetch(region.contig, region.start, region.end)
    path.write_text(f">{region.contig}\n{decode(codes)}\n", encoding="ascii")
    return len(codes)


def sha256(path: Path) -> str:
    """Return the checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Results:
    """The results so far, on disk after each one.

    Parameters
    ----------
    path
        Of the JSON file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[Result] = []
        if path.exists():
            document = json.loads(path.read_text(encoding="utf-8"))
            if document.get("schema_version") == SCHEMA_VERSION:
                self.rows = document["results"]

    def find(self, species: str, region: Region, tool: Tool) -> Result | None:
        """Return the result of the very same run, if there is one."""
        key = (species, format_region(region), tool.name, tool.version, tool.shown)
        return next((row for row in self.rows if _key(row) == key), None)

    def add(self, row: Result) -> None:
        """Put a result in the place of former ones of the same program on the same split."""
        same = ("species", "region", "name")
        self.rows = [old for old in self.rows if any(old[name] != row[name] for name in same)]
        self.rows.append(row)
        self.rows.sort(key=lambda result: (list(SPLITS).index(result["species"]), result["name"]))
        document = {
            "schema_version": SCHEMA_VERSION,
            "benchmark": "accuracy",
            "results": self.rows,
        }
        write_json(self.path, document)


def _key(row: Result) -> tuple[str, ...]:
    return tuple(row[name] for name in ("species", "region", "name", "version", "command"))


def tools_for(split: Split, arguments: argparse.Namespace) -> Iterator[Tool]:
    """Yield our models and the peers asked for that can run on a split."""
    for model in arguments.model or installed():
        yield genefinder(model, FASTA)
    known = peers(split, FASTA, arguments.geneml, arguments.glimmerhmm_models, arguments.retrained)
    for name in arguments.peer:
        tool = known[name]() if name in known else None
        if tool is not None:
            yield tool
        elif name in known:
            print(f"{split.species}: {name} or its parameters are absent", file=sys.stderr)


def measure(split: Split, region: Region, tool: Tool, data: Path, keep: Path | None) -> Result:
    """Run a program on a split and evaluate what it finds."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        bases = cut(split.genome(data), region, folder / FASTA)
        result = folder / "result.gff"
        # Measured before anything large is read here.
        cost = run(tool.command, folder, result)
        written = result if tool.output is None else folder / tool.output
        predicted = [
            shift_gene(gene, gene.contig, region.start) for gene in read_annotation(written).genes
        ]
        if keep is not None:
            keep.mkdir(parents=True, exist_ok=True)
            name = f"{split.species}.{tool.name.replace(' ', '_')}.gff"
            (keep / name).write_bytes(written.read_bytes())
    reference = read_annotation(split.genes(data)).genes
    return {
        "species": split.species,
        "region": format_region(region),
        "bases": bases,
        "name": tool.name,
        "version": tool.version,
        "command": tool.shown,
        "seen": seen(split, tool),
        **cost.to_dict(),
        "kb_per_cpu_second": round(bases / 1000 / cost.cpu_seconds, 1),
        "levels": evaluate(reference, predicted, [region]).to_dict()["levels"],
        "commit": commit(),
        "machine": machine(),
        "genome_sha256": sha256(split.genome(data)),
        "genes_sha256": sha256(split.genes(data)),
    }


def seen(split: Split, tool: Tool) -> str:
    """Tell whether a program was trained on the genes of a split."""
    if tool.program == "genefinder" or tool.name.endswith(RETRAINED):
        return "never"
    return split.seen.get(tool.program, "no")


def table(rows: Sequence[Result]) -> str:
    """Return a Markdown table: sensitivity, precision and F1 of each level, time and memory."""
    names = [f"{level} {share}" for level in LEVELS for share in ("Sn", "Pr", "F1")]
    header = ["species", "program", *names, "CPU s", "kb per CPU s", "MiB", "test genes seen"]
    lines = [f"| {' | '.join(header)} |", "|---" * len(header) + "|"]
    for row in rows:
        shares = [
            f"{100 * row['levels'][level][share]:.1f}"
            for level in LEVELS
            for share in ("sensitivity", "precision", "f1")
        ]
        costs = [
            f"{row['cpu_seconds']:.0f}",
            f"{row['kb_per_cpu_second']:.0f}",
            f"{row['peak_mib']:.0f}",
        ]
        cells = [row["species"], row["name"], *shares, *costs, row["seen"]]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    add = parser.add_argument
    add("--species", nargs="*", default=list(SPLITS), choices=SPLITS, help="default: all")
    add("--model", nargs="*", help="models, by name or directory; default: all that are installed")
    add("--peer", nargs="*", default=list(PEERS), choices=PEERS, help="default: all")
    add("--geneml", type=Path, help="geneML's executable, in an environment of its own")
    add("--glimmerhmm-models", type=Path, help="folder of GlimmerHMM's trained parameters")
    add("--retrained", type=Path, help="folder of peers trained by benches.retrain, by species")
    add("--data", type=Path, default=DATA, help="folder of the annotated genomes")
    add("--limit", type=int, help="only so many bases of each split, to try things out")
    add("--again", action="store_true", help="run what was measured before, too")
    add("--keep", type=Path, help="folder in which to keep what the programs wrote")
    add("--json", type=Path, default=RESULTS / "accuracy.json", help="results, added one by one")
    return parser.parse_args()


def main() -> None:
    """Run from the command line."""
    arguments = parse_arguments()
    results = Results(arguments.json)
    shown: list[Result] = []
    failed = False
    for name in arguments.species:
        split = SPLITS[name]
        if not split.genome(arguments.data).exists():
            print(f"{name}: {split.genome(arguments.data)} is absent", file=sys.stderr)
            continue
        region = split.region
        if arguments.limit:
            region = replace(region, end=region.start + arguments.limit)
        for tool in tools_for(split, arguments):
            row = None if arguments.again else results.find(name, region, tool)
            if row is None:
                print(f"{name}: running {tool.shown}", file=sys.stderr, flush=True)
                try:
                    row = measure(split, region, tool, arguments.data, arguments.keep)
                except (CommandError, GenefinderError) as error:
                    print(f"{name}: {tool.name} failed: {error}", file=sys.stderr)
                    failed = True
                    continue
                results.add(row)
            shown.append(row)
    print(table(shown))
    sys.exit(int(failed))


if __name__ == "__main__":
    try:
        main()
    except GenefinderError as error:
        sys.exit(str(error))
