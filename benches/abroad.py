"""What is found in a genome that nobody annotated, of a clade that the network never saw.

    python -m benches.abroad spombe:results/universal_second pknowlesi:results/universal_second ...

Each model reads statistics and was trained without the clade of the species; one that knows a
species of the clade by name is refused. The genome's raw sequence alone is given: the model chooses
what it reads, as ``genefinder predict`` does by default. Then the genes of the test split are
evaluated, or those of the second contig where there is no split, or of the whole genome of a fungus
that is left out alone; genes that the species' mask touches do not count. How often posteriors are
right is counted on validation regions as well, for `python -m benches.abroad_calibration`. Rows
that are there already are not measured again.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benches.heldout import Found, find_held_out, hold_out
from benches.pairs import run, table
from benches.records import RESULTS, Row
from benches.splits import SPLITS
from genefinder.compute import Compute
from genefinder.data.genome_sample import GenomeSample
from genefinder.errors import GenefinderError, InputError
from genefinder.genes import Region
from genefinder.io.bed import read_bed
from genefinder.io.fasta import open_genome
from genefinder.io.regions import format_region, parse_region
from genefinder.models.model import Model
from genefinder.reliability import collect_outcomes
from genefinder.species_choice import choose_species

CLADES = {
    "athaliana": ("plants", ("Arabidopsis", "Brassica")),
    "celegans": ("nematodes", ("Caenorhabditis", "G3PO other animals")),
    "dmelanogaster": ("arthropods", ("Drosophila", "Neodiprion", "G3PO arthropods")),
    "spombe": ("Taphrinomycotina", ("Schizosaccharomyces",)),
    "scerevisiae": ("Saccharomycotina", ("Saccharomyces", "Candida", "Clavispora")),
    "otauri": ("green algae", ("Ostreococcus", "Helicosporidium", "G3PO protists")),
    "hsapiens20": ("vertebrates", ("Homo", "Mus", "G3PO vertebrates")),
    "ztritici": ("Zymoseptoria", ("Zymoseptoria",)),
    "umaydis": ("Ustilago", ("Ustilago",)),
    "pknowlesi": ("apicomplexans", ("Plasmodium", "Babesia", "G3PO protists")),
}
"""What is left out for each species: for people, and how names of statistics of it begin."""
_TEST_CONTIGS = {"pknowlesi": "Pk.13."}
"""Beginning of the names of test contigs, where the split is one of contigs."""
_TEST_REGIONS = {"hsapiens20": "chr20:45000001-63025520"}
"""Test regions of species that have no peers in :mod:`benches.splits`."""
_VALIDATION_REGIONS = {
    "athaliana": "NC_003070.9:22000001-24000000",
    "celegans": "CHROMOSOME_III:1-3000000",
    "spombe": "NC_003423.3:3540001-4539804",
    "scerevisiae": "chrV",
    "hsapiens20": "chr20:40000001-45000000",
}
_VALIDATION_CONTIGS = {"pknowlesi": "Pk.7."}
_WHOLE = ("ztritici", "umaydis")
_SECOND, _THIRD = 1, 2
_FIRST_PIECE, _EVERY = "2L_3017970_3045711", 10
"""D. melanogaster is in pieces, of which these are for validation."""
BINS = 100
"""Classes of posteriors, of equal width."""


def evaluated_regions(species: str, contigs: Sequence[str]) -> list[Region]:
    """Return where a species is evaluated."""
    if species in _TEST_CONTIGS:
        return [Region(name) for name in contigs if name.startswith(_TEST_CONTIGS[species])]
    if species in _TEST_REGIONS:
        return [parse_region(_TEST_REGIONS[species])]
    if species in _WHOLE:
        return [Region(name) for name in contigs]
    return [SPLITS[species].region if species in SPLITS else Region(contigs[_SECOND])]


def validation_regions(species: str, contigs: Sequence[str]) -> list[Region]:
    """Return where posteriors of a species may be calibrated; nowhere on whole genomes."""
    if species in _VALIDATION_REGIONS:
        return [parse_region(_VALIDATION_REGIONS[species])]
    if species in _VALIDATION_CONTIGS:
        return [Region(name) for name in contigs if name.startswith(_VALIDATION_CONTIGS[species])]
    if species == "dmelanogaster":
        return [Region(name) for name in contigs[contigs.index(_FIRST_PIECE) :: _EVERY]]
    return [] if species in _WHOLE else [Region(contigs[_THIRD])]


def count_outcomes(found: Found) -> Row:
    """Count predictions and right ones by kind and class of raw posterior."""
    counts: Row = {}
    outcomes = collect_outcomes(found.reference, found.predicted, found.regions)
    for kind, outcome in outcomes.items():
        classes = np.minimum((outcome.posteriors * BINS).astype(int), BINS - 1)
        counts[kind] = {
            "predictions": np.bincount(classes, minlength=BINS).tolist(),
            "right": np.bincount(classes[outcome.right], minlength=BINS).tolist(),
        }
    return counts


def measure(species: str, model: Model, data: Path) -> Row:
    """Return what a model reads in a species' genome, and how well it finds its genes.

    Raises
    ------
    InputError
        If the model knows a species of the clade, or the data cannot be read.
    """
    clade, relatives = CLADES[species]
    if known := [name for name in model.known_species if name.startswith(relatives)]:
        raise InputError(f"{species}: {model.name} knows {', '.join(known)} of the {clade}")
    folder = data / species
    genome = open_genome(folder / "genome.fa.gz")
    choice = choose_species(model, GenomeSample(genome), compute=Compute(device="cpu"))
    lengths = dict(genome.contigs)
    bed = folder / "mask.bed"
    mask = read_bed(bed, lengths) if bed.exists() else {}

    def find(regions: Sequence[Region]) -> Found:
        held_out = hold_out(folder / "genome.fa.gz", folder / "genes.gff3.gz", regions)
        reading = choice.model
        return find_held_out(reading.network, reading.grammar, 0.0, held_out, mask)

    found = find(evaluated_regions(species, list(lengths)))
    return {
        "left_out": clade,
        "regions": [format_region(region) for region in found.regions],
        "reads": choice.to_dict(),
        "test": found.evaluate().to_dict(),
        "outcomes": count_outcomes(found),
        "validation_outcomes": count_outcomes(find(validation_regions(species, list(lengths)))),
    }


def show(rows: Sequence[Row]) -> str:
    """Return the figures of each species, and what was read."""
    heads = ("species", "left out", "it reads")
    return table(
        heads, [((row["species"], row["left_out"], row["reads"]["name"]), row) for row in rows]
    )


if __name__ == "__main__":
    try:
        run(
            "abroad",
            str(__doc__).splitlines()[0],
            CLADES,
            measure,
            show,
            RESULTS / "abroad.json",
        )
    except GenefinderError as error:
        sys.exit(str(error))
