"""The test splits: the sequence that no model of this project was trained or tuned on.

With each goes what its peers need, and who of them has seen its genes in training.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from genefinder.genes import Region
from genefinder.io.regions import parse_region

# What the parameter files of the peers say of their training, and no more.
_SPECIES = "likely: trained on this species, its parameters do not say on which genes"
_FUNGI = "unknown: trained on fungi, it is not said on which"


@dataclass(frozen=True, slots=True)
class Split:
    """The test split of a species.

    Attributes
    ----------
    species
        Folder of its genome and annotation.
    region
        Where its test genes are.
    augustus
        Parameters for AUGUSTUS, by name of the species.
    snap
        Parameters for SNAP, by Debian's name of the file, or ``None``.
    glimmerhmm
        Parameters for GlimmerHMM, by name of their folder, or ``None``.
    fungus
        geneML is made for it.
    seen
        Which peers were, or may have been, trained on the very genes, and how.
    """

    species: str
    region: Region
    augustus: str
    snap: str | None = None
    glimmerhmm: str | None = None
    fungus: bool = False
    seen: Mapping[str, str] = field(default_factory=dict)

    def genome(self, data: Path) -> Path:
        """Return the FASTA file below a folder of data."""
        return data / self.species / "genome.fa.gz"

    def genes(self, data: Path) -> Path:
        """Return the annotation below a folder of data."""
        return data / self.species / "genes.gff3.gz"


SPLITS = {
    split.species: split
    for split in (
        Split(
            "athaliana",
            parse_region("NC_003070.9:24,000,001-30,427,671"),
            "arabidopsis",
            "A.thaliana.hmm",
            "arabidopsis",
            seen={
                "AUGUSTUS": "yes: trained on the whole genome's annotation, its parameters say",
                "SNAP": _SPECIES,
                "GlimmerHMM": _SPECIES,
            },
        ),
        Split(
            "celegans",
            parse_region("CHROMOSOME_II"),
            "caenorhabditis",
            "C.elegans.hmm",
            "Celegans",
            seen={"AUGUSTUS": _SPECIES, "SNAP": _SPECIES, "GlimmerHMM": _SPECIES},
        ),
        Split(
            "spombe",
            parse_region("NC_003421.2"),
            "schizosaccharomyces_pombe",
            fungus=True,
            seen={"AUGUSTUS": _SPECIES, "geneML": _FUNGI},
        ),
        Split(
            "scerevisiae",
            parse_region("chrIV"),
            "saccharomyces",
            fungus=True,
            seen={
                "AUGUSTUS": "likely: trained on SGD's annotation, its parameters say",
                "geneML": _FUNGI,
            },
        ),
        Split(
            "dmelanogaster",
            parse_region("2L_1_3003248"),
            "fly",
            "D.melanogaster.hmm",
            seen={
                "AUGUSTUS": "likely: trained on this genus, its parameters do not say on which",
                "SNAP": _SPECIES,
            },
        ),
    )
}
