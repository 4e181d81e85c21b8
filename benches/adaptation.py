"""Does an adaptation know when it helps? Its first decision, on regions whose genes are known.

    python -m benches.adaptation --json benches/results/adaptation.json

The first step of ``genefinder predict --adapt`` makes tables of the genome's own, and decides
whether they are better than the model. Here it does so on validation regions, or on regions of
species that the model never saw, without a look at the annotation; then both are evaluated. Models
that are not there are named and left out. Regions are read in whole chunks of 200 kb.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import torch

from benches.records import DATA, commit, machine, write_json
from genefinder.errors import ModelError
from genefinder.evaluation import evaluate
from genefinder.genes import Region, shift_gene
from genefinder.io.annotation import read_annotation
from genefinder.io.fasta import open_genome
from genefinder.io.regions import format_region, parse_region
from genefinder.models.model import Model
from genefinder.network.scorer import prepare_thread
from genefinder.selftraining.adapt import own_tables
from genefinder.selftraining.chunks import cut_chunks, hold_out
from genefinder.selftraining.criteria import Candidate, score_network

CASES = (
    ("plant", "athaliana", "NC_003070.9:22000001-22600000"),
    # Mostly transposons, about the centromere; `plant` was trained on it.
    ("plant", "athaliana", "NC_003070.9:13800001-14300000"),
    ("fungus", "athaliana", "NC_003070.9:22000001-22600000"),
    ("fungus", "spombe", "NC_003423.3:3540001-4139804"),
    ("plant", "spombe", "NC_003423.3:3540001-4139804"),
    ("results/unseen_spombe", "spombe", "NC_003423.3:3540001-4139804"),
    ("fungus", "scerevisiae", "chrV"),
    ("plant", "scerevisiae", "chrV"),
    ("nematode", "celegans", "CHROMOSOME_III:1000001-1600000"),
    ("plant", "celegans", "CHROMOSOME_III:1000001-1600000"),
    ("plant", "otauri", "NC_014429.2"),
)
"""Model, species and region."""


def decide(name: str, species: str, text: str) -> dict[str, Any]:
    """Make tables of a region and compare them with a model."""
    genome = open_genome(DATA / species / "genome.fa.gz")
    lengths = dict(genome.contigs)
    annotation = read_annotation(DATA / species / "genes.gff3.gz")
    genes = annotation.check_against(lengths, genome.name).genes
    region = parse_region(text)
    end = lengths[region.contig] if region.end is None else region.end
    away = [Region(contig, 0, length) for contig, length in lengths.items()]
    away.remove(Region(region.contig, 0, lengths[region.contig]))
    away += [Region(region.contig, 0, region.start)] * (region.start > 0)
    away += [Region(region.contig, end, lengths[region.contig])] * (end < lengths[region.contig])
    chunks = cut_chunks(genome, end - region.start, away)
    learnt, held = hold_out(chunks)
    model = Model.load(name)
    grammar, device = model.grammar, torch.device("cpu")
    original = score_network(model.name, model.network, grammar, learnt, held, device, 1)
    tables, _ = own_tables(original, model.network.config, learnt, held, lambda line: None)

    def known(candidate: Candidate) -> dict[str, Any]:
        parses = (*candidate.learnt, *candidate.held)
        found = [
            shift_gene(gene, parse.chunk.contig, parse.chunk.start)
            for parse in parses
            for gene in parse.genes
        ]
        places = [parse.chunk.region for parse in parses]
        inside = [
            gene
            for gene in genes
            if any(
                gene.contig == place.contig and place.start <= gene.start and gene.end <= place.end
                for place in places
                if place.end is not None
            )
        ]
        levels = evaluate(inside, found, places).levels()
        return {
            "saved_per_kb": round(candidate.saved, 2),
            "coherence": round(candidate.held_out_gain, 2),
            "splice": round(candidate.splice, 2),
            "splice_error": round(candidate.splice_error, 2),
            "kept_exons": round(candidate.kept_of(original), 3),
            "f1": {level: round(levels[level].f1, 4) for level in ("gene", "exon", "base")},
        }

    before, after = known(original), known(tables)
    gain = sum(after["f1"][level] - before["f1"][level] for level in ("gene", "exon")) / 2
    return {
        "model": Path(name).name,
        "species": species,
        "region": format_region(Region(region.contig, region.start, end)),
        "before": before,
        "tables": after,
        "taken": tables.clearly_better_than(original),
        "gain": round(gain, 4),
    }


def line(row: dict[str, Any]) -> str:
    """Return a row of the table."""
    before, after = row["before"], row["tables"]
    cells = [
        f"{row['model']} on {row['species']}",
        *(f"{side['f1']['gene']:.1%} / {side['f1']['exon']:.1%}" for side in (before, after)),
        f"{after['saved_per_kb'] / before['saved_per_kb'] - 1:+.1%}",
        f"{before['splice']:.1f} ± {before['splice_error']:.1f}",
        f"{after['splice']:.1f} ± {after['splice_error']:.1f}",
        f"{after['kept_exons']:.0%}",
        "tables" if row["taken"] else "model",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Decide every case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, required=True)
    options = parser.parse_args()
    prepare_thread()
    torch.set_num_threads(1)
    report = {
        "command": "python -m benches.adaptation --json benches/results/adaptation.json",
        "commit": commit(),
        "machine": machine(),
        "cases": [],
    }
    print("| | gene / exon F1 | tables | bits saved | splice signal | tables | kept | taken |")
    print(8 * "|---" + "|")
    rows: list[dict[str, Any]] = []
    for name, species, region in CASES:
        try:
            rows.append(decide(name, species, region))
        except ModelError as error:
            print(f"left out: {error}", file=sys.stderr)
            continue
        print(line(rows[-1]), flush=True)
        write_json(options.json, report | {"cases": rows})


if __name__ == "__main__":
    main()
