"""The account of a prediction as JSON: what was read, what was found, what was left out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

SCHEMA_VERSION = 1

Setting = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class ContigSummary:
    """What became of one contig.

    Attributes
    ----------
    name, bases
        As in the FASTA file.
    genes
        Number of genes written.
    expected_right
        Sum of their posteriors: so many of them are exactly right, if the posteriors keep their
        word.
    skipped
        Why no genes were looked for, or ``None`` where they were.
    transposon_like
        Number of genes written that look like transposons.
    dropped
        Number of genes that look like transposons and were left out.
    coding_bases
        Coding bases of the genes written.
    """

    name: str
    bases: int
    genes: int = 0
    expected_right: float = 0.0
    skipped: str | None = None
    transposon_like: int = 0
    dropped: int = 0
    coding_bases: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """What a prediction did.

    Attributes
    ----------
    version
        Of genefinder.
    genome, genome_sha256
        Name of the input and checksum of its bytes as stored.
    model, model_sha256
        Name and checksum of the model.
    settings
        Every setting that the genes depend on, by name.
    contigs
        All contigs, in the order of the FASTA file.
    seconds
        Wall-clock time of the whole prediction.
    stages
        Seconds that each stage took, by name; stages may overlap.
    selection
        How the model was chosen, as JSON has it; ``None`` where it was named.
    species
        Name, origin and checksum of the statistics that the model reads; ``None`` where it reads
        none.
    look_first
        What deserves the first look, in words.
    """

    version: str
    genome: str
    genome_sha256: str
    model: str
    model_sha256: str
    settings: Mapping[str, Setting]
    contigs: Sequence[ContigSummary]
    seconds: float
    stages: Mapping[str, float] = field(default_factory=dict)
    selection: Mapping[str, Any] | None = None
    species: Mapping[str, str] | None = None
    look_first: Sequence[str] = ()

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON has it, with totals."""
        return {
            "schema_version": SCHEMA_VERSION,
            "version": self.version,
            "genome": {"name": self.genome, "sha256": self.genome_sha256},
            "model": {"name": self.model, "sha256": self.model_sha256},
            "species": None if self.species is None else dict(self.species),
            "choice": None if self.selection is None else dict(self.selection),
            "settings": dict(self.settings),
            "seconds": round(self.seconds, 3),
            "stages": {name: round(seconds, 3) for name, seconds in self.stages.items()},
            "totals": {
                "contigs": len(self.contigs),
                "skipped": sum(contig.skipped is not None for contig in self.contigs),
                "bases": sum(contig.bases for contig in self.contigs),
                "genes": sum(contig.genes for contig in self.contigs),
                "expected_right": round(sum(contig.expected_right for contig in self.contigs), 1),
                "transposon_like": sum(contig.transposon_like for contig in self.contigs),
                "transposons_dropped": sum(contig.dropped for contig in self.contigs),
            },
            "look_first": list(self.look_first),
            "contigs": [
                {
                    "name": contig.name,
                    "bases": contig.bases,
                    "genes": contig.genes,
                    "skipped": contig.skipped,
                }
                for contig in self.contigs
            ],
        }

    def write(self, stream: TextIO) -> None:
        """Write the JSON object, indented, with a final newline.

        Raises
        ------
        ValueError
            A number is infinite or not a number, which JSON cannot hold.
        """
        json.dump(self.to_dict(), stream, indent=2, ensure_ascii=False, allow_nan=False)
        stream.write("\n")
