"""A small genome with every kind of gene, for the writers of every format."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from genefinder.dna import decode
from genefinder.genes import Gene, Interval, Strand, Transcript
from genefinder.io.gene_writer import GeneWriter
from genefinder.io.identifiers import Identifiers

from ..toy_genomes import ToyContig


@dataclass(frozen=True)
class Annotated:
    """Contigs with their letters and genes."""

    letters: dict[str, str]
    genes: dict[str, list[Gene]]

    def records(self):
        """Name and letters of every contig."""
        return ((name, bytearray(text, "ascii")) for name, text in self.letters.items())

    def write(self, writer: GeneWriter) -> None:
        """Write everything."""
        with writer:
            for name, letters in self.letters.items():
                writer.write(name, len(letters), self.genes.get(name, []))
            writer.finish([("tool", "genefinder"), ("settings", "a=1 b=2")])

    def fasta(self) -> str:
        """The contigs that have bases as FASTA."""
        contigs = self.letters.items()
        return "".join(f">{name}\n{letters}\n" for name, letters in contigs if letters)


@pytest.fixture
def annotated() -> Annotated:
    """Untranslated regions, a gene in an intron, open ends at gaps and at the contig's end."""
    toy = ToyContig(700)

    def gene(strand: Strand, cds: tuple[Interval, ...], **further: object) -> Gene:
        transcript = Transcript("t", "toy", strand, cds, cds, posterior=0.75)
        return Gene("g", "toy", strand, (replace(transcript, **further),))  # type: ignore[arg-type]

    spliced = toy.plant("t", ((30, 93), (300, 366)))
    nested = toy.plant("t", ((120, 180), (220, 250)), "-")
    toy.write(405, "ATG")
    toy.write(590, "ATG", "-")
    genes = [
        gene("+", spliced.cds, exons=((10, 93), (300, 400))),
        gene("-", nested.cds),
        gene("+", ((405, 430),), partial_high=True),
        gene("-", ((530, 590),), partial_low=True),
        gene("+", ((662, 700),), phase=1, partial_low=True, partial_high=True),
    ]
    letters = decode(toy.codes)
    letters = letters[:430] + "N" * 100 + letters[530:640] + "R" + letters[641:]
    letters = letters[:650] + "N" * 12 + letters[662:]
    return Annotated(
        {"toy": letters, "empty": "", "a_contig_of_a_long_name|1": "ACGTTGCAAY" * 13},
        {"toy": list(Identifiers("g", "ABC").assign(genes))},
    )


@pytest.fixture
def ask() -> Callable[[str, str, Path], Any]:
    """Ask a library what it reads, in a process of its own: its warnings are not ours."""

    def ask(library: str, expression: str, path: Path) -> Any:
        if find_spec(library) is None:
            pytest.skip(f"needs {library}")
        script = f"import json, sys, {library}\npath = sys.argv[1]\n{expression}"
        words = [sys.executable, "-W", "ignore", "-c", script, str(path)]
        answer = subprocess.run(words, check=True, capture_output=True, text=True)
        return json.loads(answer.stdout)

    return ask
