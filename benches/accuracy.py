"""How well this package and its peers find the genes of one region, and what it costs them.

    python -m benches.accuracy --json benches/results/accuracy.json

Every program gets the same bases of the region as a FASTA file of one contig, and every result
goes through the same reader and the same evaluation, limited to the region. By default that is the
test region of A. thaliana; other genomes, regions and parameters by options. The peers were trained
by their authors, AUGUSTUS on genes that include some of these.
"""

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pysam

from benches.measure import ROOT, CommandError, Cost, commit, machine, run
from benches.peers import PEERS, Tool, chosen, genefinder
from genefinder.errors import GenefinderError
from genefinder.evaluate import Evaluation, evaluate
from genefinder.genes import Gene, Interval, Region, Transcript
from genefinder.io.annotation import read_annotation
from genefinder.io.regions import format_region, parse_region

SCHEMA_VERSION = 1
DATA = ROOT.parent / "shared" / "data" / "athaliana"
FASTA = "region.fa"


def cut(genome: Path, region: Region, path: Path) -> int:
    """Write the region's bases as a contig of the same name; return how many there are."""
    with pysam.FastaFile(str(genome)) as fasta:
        sequence = fasta.fetch(region.contig, region.start, region.end)
    path.write_text(f">{region.contig}\n{sequence}\n")
    return len(sequence)


def shifted(genes: Sequence[Gene], offset: int) -> Iterator[Gene]:
    """Move genes from the cut contig to the whole one."""

    def move(intervals: tuple[Interval, ...]) -> tuple[Interval, ...]:
        return tuple((start + offset, end + offset) for start, end in intervals)

    def moved(transcript: Transcript) -> Transcript:
        return replace(transcript, exons=move(transcript.exons), cds=move(transcript.cds))

    for gene in genes:
        transcripts = tuple(map(moved, gene.transcripts))
        yield replace(gene, transcripts=transcripts, start=-1, end=-1)


def measured(tools: Sequence[Tool], folder: Path) -> Iterator[tuple[Tool, Cost, Path]]:
    """Run the tools one after the other, before anything large is read here."""
    for number, tool in enumerate(tools):
        result = folder / f"{number}.gff"
        print(f"running {tool.shown}", file=sys.stderr, flush=True)
        yield tool, run(tool.command, folder, result), result


def table(rows: Sequence[tuple[Tool, Cost, Evaluation]], bases: int) -> str:
    """Return a Markdown table: F1 with sensitivity and precision, speed and memory."""
    lines = [
        "| | gene F1 (Sn, Pr) | exon F1 (Sn, Pr) | base F1 (Sn, Pr) | CPU s | kb per CPU s | MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    for tool, cost, result in rows:
        scores = [
            f"{100 * level.f1:.1f} ({100 * level.sensitivity:.1f}, {100 * level.precision:.1f})"
            for level in (result.gene, result.exon, result.base)
        ]
        speed = bases / 1000 / cost.cpu_seconds
        costs = [f"{cost.cpu_seconds:.0f}", f"{speed:.0f}", f"{cost.peak_mib:.0f}"]
        lines.append(f"| {' | '.join([tool.name, *scores, *costs])} |")
    return "\n".join(lines)


def sha256(path: Path) -> str:
    """Return the checksum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def document(
    rows: Sequence[tuple[Tool, Cost, Evaluation]], genome: Path, genes: Path, bases: int
) -> dict[str, object]:
    """Return everything that was measured, as JSON has it."""
    return {
        "schema_version": SCHEMA_VERSION,
        "benchmark": "accuracy",
        "commit": commit(),
        "machine": machine(),
        "data": {
            "name": genome.resolve().parent.name,
            "genome_sha256": sha256(genome),
            "genes_sha256": sha256(genes),
            "bases": bases,
        },
        "results": [
            {
                "name": tool.name,
                "version": tool.version,
                "command": tool.shown,
                **cost.to_dict(),
                "kb_per_cpu_second": round(bases / 1000 / cost.cpu_seconds, 1),
                "evaluation": result.to_dict(),
            }
            for tool, cost, result in rows
        ],
    }


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    add = parser.add_argument
    add("--genome", type=Path, default=DATA / "genome.fa.gz", help="FASTA, plain or bgzip")
    add("--genes", type=Path, default=DATA / "genes.gff3.gz", help="reference annotation")
    add("--region", type=parse_region, default="NC_003070.9:24,000,001-30,427,671")
    add("--model", nargs="*", default=["plant"], help="models, by name or directory")
    add("--peer", nargs="*", default=list(PEERS), choices=PEERS, help="programs to compare with")
    add("--augustus-species", default="arabidopsis")
    add("--snap-hmm", default="A.thaliana.hmm", help="file, or name in Debian's collection")
    add("--keep", type=Path, help="folder in which to keep what the programs wrote")
    add("--json", type=Path, help="file for the results")
    return parser.parse_args()


def main() -> None:
    """Run from the command line."""
    arguments = parse_arguments()
    for path in (arguments.genome, arguments.genes):
        if not path.exists():
            sys.exit(f"{path} is absent; give --genome and --genes")
    tools = [genefinder(model, FASTA) for model in arguments.model]
    for name in arguments.peer:
        tool = chosen(name, arguments.augustus_species, arguments.snap_hmm, FASTA)
        if tool is None:
            print(f"{name} is not installed: left out", file=sys.stderr)
        else:
            tools.append(tool)
    region: Region = arguments.region
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        bases = cut(arguments.genome, region, folder / FASTA)
        costs = list(measured(tools, folder.resolve()))
        reference = read_annotation(arguments.genes).genes
        rows = []
        for tool, cost, result in costs:
            predicted = list(shifted(read_annotation(result).genes, region.start))
            rows.append((tool, cost, evaluate(reference, predicted, [region])))
    print(f"{format_region(region)}, {bases:,} bases\n\n{table(rows, bases)}")
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        results = document(rows, arguments.genome, arguments.genes, bases)
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    try:
        main()
    except (CommandError, GenefinderError) as error:
        sys.exit(str(error))
