"""What to expect of a model on a species that it never saw.

    python -m benches.unseen SPECIES:MODEL ... --json benches/results/unseen.json

Each species is a folder of the annotated genomes, each model a name or a directory. A model that
was trained on the species is refused. Species with a test split are evaluated on it, the others on
their second contig; genes that the species' mask touches do not count.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from benches.heldout import evaluate_network, hold_out, percent
from benches.records import DATA, Records, Row
from benches.splits import SPLITS
from genefinder.errors import GenefinderError, InputError
from genefinder.genes import Region
from genefinder.io.bed import read_bed
from genefinder.io.fasta import open_genome
from genefinder.io.regions import format_region
from genefinder.models.model import Model

NAMES = {
    "athaliana": "Arabidopsis thaliana",
    "celegans": "Caenorhabditis elegans",
    "spombe": "Schizosaccharomyces pombe",
    "scerevisiae": "Saccharomyces cerevisiae",
    "dmelanogaster": "Drosophila melanogaster",
    "bbovis": "Babesia bovis",
    "otauri": "Ostreococcus tauri",
}
LEVELS = ("gene", "exon", "base")
_CONTIG = 1


def measure(species: str, model: Model, data: Path) -> Row:
    """Return where a model was evaluated on a species, and what came out.

    Raises
    ------
    InputError
        If the model was trained on the species, or the data cannot be read.
    """
    if NAMES[species] in model.species:
        raise InputError(f"{species}: {model.name} was trained on it")
    folder = data / species
    genome = folder / "genome.fa.gz"
    lengths = dict(open_genome(genome).contigs)
    region = SPLITS[species].region if species in SPLITS else Region(list(lengths)[_CONTIG])
    bed = folder / "mask.bed"
    mask = read_bed(bed, lengths) if bed.exists() else {}
    (held_out,) = hold_out(genome, folder / "genes.gff3.gz", [region])
    found = evaluate_network(
        model.network, model.grammar, model.min_posterior, [held_out], mask
    ).to_dict()
    return {"region": format_region(held_out.region), "test": found}


def table(rows: Sequence[Row]) -> str:
    """Return F1 of each species and model, with sensitivity and precision of genes."""
    lines = ["| species | model | gene F1 (Sn, Pr) | exon F1 | base F1 |", 5 * "|---" + "|"]
    for row in rows:
        gene, exon, base = (row["test"]["levels"][level] for level in LEVELS)
        lines.append(
            f"| {NAMES[row['species']]} | {row['model']} | {percent(gene)} "
            f"| {100 * exon['f1']:.1f} | {100 * base['f1']:.1f} |"
        )
    return "\n".join(lines)


def read_pair(text: str) -> tuple[str, str]:
    """Read a species and a model."""
    species, _, model = text.partition(":")
    if species not in NAMES or not model:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not SPECIES:MODEL with a species of {', '.join(NAMES)}"
        )
    return species, model


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("pairs", nargs="+", type=read_pair, metavar="SPECIES:MODEL")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the annotated genomes")
    parser.add_argument("--json", type=Path, required=True, help="file for the results")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    records = Records(arguments.json, "unseen", {}, ("species", "model", "sha256"))
    for species, name in arguments.pairs:
        model = Model.load(name)
        key = {"species": species, "model": model.name, "sha256": model.sha256}
        if not records.has(**key):
            records.add(**key, **measure(species, model, arguments.data))
    print(table(records.rows))


if __name__ == "__main__":
    try:
        main()
    except GenefinderError as error:
        sys.exit(str(error))
