"""Whether ``--model auto`` chooses the right model, and warns where none is right.

    python -m benches.choice --json benches/results/choice.json

Every model looks at a sample of every genome, as ``genefinder predict`` does it; where there are
annotated genes, its exons in the sample are scored too, which the choice does not know. Shuffled
sequence and bacteria belong to no model, so each of them must be warned of.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benches.records import DATA, commit, machine, write_json
from genefinder.data.genome_sample import GenomeSample
from genefinder.errors import GenefinderError
from genefinder.evaluation import evaluate
from genefinder.genes import Gene, Region, shift_gene
from genefinder.io.annotation import read_annotation
from genefinder.io.fasta import Contig, open_genome
from genefinder.io.regions import parse_region
from genefinder.models.model import Model, installed_gene_models
from genefinder.models.profile import SpeciesProfile
from genefinder.network.scorer import WindowScorer, prepare_thread
from genefinder.race import find
from genefinder.selection import assessment, best

BACTERIA = (
    "Escherichia_coli_K12_MG1655",
    "Bacillus_subtilis_168",
    "Mycobacterium_tuberculosis_H37Rv",
    "Mycoplasma_genitalium_G37",
    "Halobacterium_salinarum_NRC1",
)
SHUFFLED = ("athaliana", "spombe")
TRIPLET = 3


def genomes(data: Path) -> Iterator[tuple[str, str, list[Contig], Path | None]]:
    """Yield name, kind, sample and annotation of each genome."""
    for folder in sorted(data.iterdir()):
        if not (folder / "genome.fa.gz").exists():
            continue
        chunks = GenomeSample(open_genome(folder / "genome.fa.gz")).short()
        genes = folder / "genes.gff3.gz"
        yield folder.name, "eukaryote", chunks, genes if genes.exists() else None
        if folder.name in SHUFFLED:
            yield f"{folder.name}, bases shuffled", "shuffled", shuffled(chunks, 1), None
            yield f"{folder.name}, triplets shuffled", "shuffled", shuffled(chunks, TRIPLET), None
    for name in BACTERIA:
        path = data / "prokaryotes" / name / "genome.fa.gz"
        if path.exists():
            yield name, "bacterium or archaeon", GenomeSample(open_genome(path)).short(), None


def shuffled(chunks: Sequence[Contig], word: int) -> list[Contig]:
    """Shuffle the words of each chunk; the same every time."""
    random = np.random.default_rng(1)
    result = []
    for chunk in chunks:
        words = chunk.codes[: len(chunk) // word * word].reshape(-1, word)
        result.append(Contig(chunk.name, random.permutation(words).reshape(-1)))
    return result


def exon_f1(found: Sequence[tuple[Contig, Sequence[Gene]]], reference: Sequence[Gene]) -> float:
    """Score the exons that were found in the chunks of a sample."""
    regions: list[Region] = [parse_region(chunk.name) for chunk, _ in found]
    predicted = [
        shift_gene(gene, region.contig, region.start)
        for region, (_, genes) in zip(regions, found, strict=True)
        for gene in genes
    ]
    return evaluate(reference, predicted, regions).exon.f1


def compare(models: Sequence[Model], data: Path) -> Iterator[dict[str, Any]]:
    """Yield a row for each genome."""
    for name, kind, chunks, annotation in genomes(data):
        reference = read_annotation(annotation).genes if annotation else ()
        rows, assessments = [], []
        for model in models:
            with WindowScorer(model.network, torch.device("cpu")) as reader:
                found = find(chunks, reader, model.grammar, model.calibration)
            assessments.append(assessment(model, SpeciesProfile.from_genes(found)))
            row = assessments[-1].to_dict()
            if annotation:
                row["exon_f1"] = round(exon_f1(found, reference), 4)
            rows.append(row)
        first = best(assessments)
        result = {
            "genome": name,
            "kind": kind,
            "bases": first.profile.bases,
            "chosen": first.model,
            "warned": bool(first.mismatch_warnings),
            "models": rows,
        }
        if annotation:
            result["best_exon_f1"] = max(rows, key=lambda row: row["exon_f1"])["model"]
        yield result


def line(result: dict[str, Any]) -> str:
    """Return the row of a Markdown table: score, and exon F1 where it is known."""
    cells = []
    for row in result["models"]:
        score = f"{row['score']:.1f}"
        if "exon_f1" in row:
            score += f" ({100 * row['exon_f1']:.0f})"
        cells.append(f"**{score}**" if row["model"] == result["chosen"] else score)
    warned = "warned" if result["warned"] else ""
    return f"| {' | '.join([result['genome'], *cells, warned])} |"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--model", nargs="*", help="models, by name or directory; default: all")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the genomes")
    parser.add_argument("--json", type=Path, help="file for the results")
    arguments = parser.parse_args()
    prepare_thread()
    models = [Model.load(name) for name in arguments.model or ()] or [
        model for model in installed_gene_models() if model.reads is not None
    ]
    print(f"| genome | {' | '.join(model.name for model in models)} | |")
    print("|---|" + "---|" * (len(models) + 1), flush=True)
    results = []
    for result in compare(models, arguments.data):
        results.append(result)
        print(line(result), flush=True)
    for result in results:
        mismatch_warnings = next(
            r["mismatch_warnings"] for r in result["models"] if r["model"] == result["chosen"]
        )
        for warning in mismatch_warnings:
            print(f"{result['genome']}: {warning}", file=sys.stderr)
    if arguments.json:
        document = {
            "schema_version": 1,
            "benchmark": "choice",
            "commit": commit(),
            "machine": machine(),
            "models": {model.name: model.sha256 for model in models},
            "results": results,
        }
        write_json(arguments.json, document)


if __name__ == "__main__":
    try:
        main()
    except GenefinderError as error:
        sys.exit(str(error))
