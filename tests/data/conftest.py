from collections.abc import Iterable

import pytest

from genefinder.dna import Codes, encode, reverse_complement
from genefinder.genes import Gene, Interval, Strand, Transcript


class ToyContig:
    """A contig of C, into which well-formed genes can be planted on either strand."""

    def __init__(self, length: int) -> None:
        self.codes: Codes = encode("C" * length)

    def write(self, position: int, letters: str, strand: Strand = "+") -> None:
        """Write letters from a position; on strand "-" to the left of it, reverse complement."""
        codes = encode(letters)
        if strand == "+":
            self.codes[position : position + len(codes)] = codes
        else:
            self.codes[position - len(codes) : position] = reverse_complement(codes)

    def plant(self, name: str, cds: Iterable[Interval], strand: Strand = "+") -> Transcript:
        """Write start, stop and splice sites of a coding chain, and return its transcript."""
        chain = tuple(cds)
        transcript = Transcript(name, "toy", strand, chain, chain)
        for start, end in transcript.introns():
            five, three = (start, end - 2) if strand == "+" else (end, start + 2)
            self.write(five, "GT", strand)
            self.write(three, "AG", strand)
        first, last = (
            (chain[0][0], chain[-1][1] - 3)
            if strand == "+"
            else (
                chain[-1][1],
                chain[0][0] + 3,
            )
        )
        self.write(first, "ATG", strand)
        self.write(last, "TAA", strand)
        return transcript


def gene_of(*transcripts: Transcript, name: str = "") -> Gene:
    first = transcripts[0]
    return Gene(name or f"gene-{first.id}", first.contig, first.strand, transcripts)


@pytest.fixture
def toy() -> ToyContig:
    return ToyContig(400)


@pytest.fixture(name="gene_of")
def _gene_of():
    return gene_of


@pytest.fixture(name="toy_contig", scope="session")
def _toy_contig() -> type[ToyContig]:
    return ToyContig
