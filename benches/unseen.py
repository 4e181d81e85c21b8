"""What to expect of a model on a species that it never saw.

    python -m benches.unseen SPECIES:MODEL ... --json benches/results/unseen.json

Each species is a folder of the annotated genomes, each model a name or a directory. A model that
was trained on the species is refused. Species with a test split are evaluated on it, the others on
their second contig; genes that the species' mask touches do not count.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from benches.heldout import evaluate_network, hold_out
from benches.pairs import run, table
from benches.records import RESULTS, Row
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


def show(rows: Sequence[Row]) -> str:
    """Return the figures of each species and model."""
    return table(
        ("species", "model"), [((NAMES[row["species"]], row["model"]), row) for row in rows]
    )


if __name__ == "__main__":
    try:
        run(
            "unseen",
            str(__doc__).splitlines()[0],
            NAMES,
            measure,
            show,
            RESULTS / "unseen.json",
        )
    except GenefinderError as error:
        sys.exit(str(error))
