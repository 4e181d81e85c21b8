import pytest

from genefinder.genes import Gene, Transcript


def gene_of(*transcripts: Transcript, name: str = "") -> Gene:
    first = transcripts[0]
    return Gene(name or f"gene-{first.id}", first.contig, first.strand, transcripts)


@pytest.fixture
def toy(toy_contig):
    return toy_contig(400)


@pytest.fixture(name="gene_of")
def _gene_of():
    return gene_of
