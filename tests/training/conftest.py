from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genefinder.network.config import NetworkConfig
from genefinder.training.recipe import Recipe
from genefinder.training.settings import LabelledGenome, TrainSettings

TINY = NetworkConfig(
    word=3,
    filters=8,
    convolutions=((3, 1),),
    hidden=8,
    head=8,
    site_hidden=4,
    site_reach=6,
    table_order=3,
)
CODONS = ("GCC", "CTG", "GAG", "AAG", "GGC", "ACC", "GTG", "CAG", "CGC", "TCC", "GAC", "CCG")
COMPLEMENT = str.maketrans("ACGT", "TGCA")


@dataclass(frozen=True)
class ToySpecies:
    """A small genome with genes that are easy to tell: GC-rich exons in AT-rich surroundings.

    Contig "long" has 40 genes, contig "short" 12; every third has an intron, every other one is on
    the reverse strand.
    """

    genome: Path
    annotation: Path
    lengths: dict[str, int]

    @property
    def labelled(self) -> LabelledGenome:
        return LabelledGenome(self.genome, self.annotation)

    def settings(self, output: Path, **recipe: object) -> TrainSettings:
        values: dict[str, Any] = {"window": 297, "batch": 2, "validations": 2, **recipe}
        return TrainSettings(
            genomes=(self.labelled,),
            output=output,
            network=TINY,
            recipe=Recipe(**values),
            device="cpu",
            next_base=0.0,
        )


def write_species(
    folder: Path, seed: int = 1, introns: tuple[int, int] = (40, 60), genes: int = 40
) -> ToySpecies:
    random = np.random.default_rng(seed)
    fasta, rows, lengths = [], ["##gff-version 3"], {}

    def letters(count: int, alphabet: str = "AAATTTCG") -> str:
        return "".join(random.choice(list(alphabet), count))

    for contig, count in (("long", genes), ("short", 12)):
        sequence = letters(300)
        for number in range(count):
            parts = ["ATG" + "".join(random.choice(CODONS, 40)), ""]
            if number % 3 == 0:
                size = int(random.integers(*introns))
                parts[1] = "GTAAGT" + letters(size - 9, "TTTTA") + "CAG"
                parts.append("".join(random.choice(CODONS, 30)) + "TAA")
            else:
                parts[0] += "TAA"
            text = "".join(parts)
            ends = np.cumsum([0, *map(len, parts)])
            exons = [(ends[0], ends[1]), *([(ends[2], ends[3])] if len(parts) == 3 else [])]
            strand = "+-"[number % 2]
            if strand == "-":
                text = text[::-1].translate(COMPLEMENT)
                exons = [(len(text) - end, len(text) - start) for start, end in exons]
            offset, name = len(sequence), f"{contig}{number}"
            where = f"{contig}\ttoy\t{{}}\t{{}}\t{{}}\t.\t{strand}\t{{}}\t{{}}"
            span = (offset + 1, offset + len(text))
            rows.append(where.format("gene", *span, ".", f"ID={name}"))
            rows.append(where.format("mRNA", *span, ".", f"ID={name}.t;Parent={name}"))
            done = 0
            for start, end in exons:
                phase = -done % 3
                done += end - start
                rows.append(
                    where.format(
                        "CDS",
                        offset + start + 1,
                        offset + end,
                        phase,
                        f"ID={name}.c;Parent={name}.t",
                    )
                )
            sequence += text + letters(300)
        fasta.append(f">{contig}\n{sequence}\n")
        lengths[contig] = len(sequence)
    folder.mkdir(parents=True, exist_ok=True)
    species = ToySpecies(folder / "toy.fa", folder / "toy.gff3", lengths)
    species.genome.write_text("".join(fasta))
    species.annotation.write_text("\n".join(rows) + "\n")
    return species


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> ToySpecies:
    return write_species(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="session")
def species():
    """Make another toy species."""
    return write_species


@pytest.fixture(scope="session")
def tiny() -> NetworkConfig:
    return TINY
