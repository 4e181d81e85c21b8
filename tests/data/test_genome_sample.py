"""Chunks that are drawn from a genome."""

import io
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import numpy as np

from genefinder.data.genome_sample import GenomeSample
from genefinder.dna import N
from genefinder.io.fasta import Contig, open_genome


def contigs(*kilobases: float) -> Iterator[Contig]:
    """Yield contigs once."""
    random = np.random.default_rng(1)
    for number, length in enumerate(kilobases):
        yield Contig(f"c{number}", random.integers(0, 4, round(1000 * length), dtype=np.uint8))


def names(chunks: list[Contig]) -> list[str]:
    return [chunk.name for chunk in chunks]


def test_a_small_genome_is_sampled_whole() -> None:
    sample = GenomeSample(contigs(75, 49, 0, 150))
    chunks = sample.short()
    assert [len(chunk) for chunk in chunks] == [37_500, 37_500, 49_000, 50_000, 50_000, 50_000]
    assert names(chunks)[:3] == ["c0:1-37500", "c0:37501-75000", "c1:1-49000"]
    assert [len(chunk) for chunk in sample.long()] == [75_000, 49_000, 150_000]


def test_a_large_genome_is_sampled_evenly() -> None:
    sample = GenomeSample(contigs(*[200] * 50))
    for chunks, bases in ((sample.short(), 600_000), (sample.long(), 2_000_000)):
        assert sum(map(len, chunks)) == bases
        numbers = [int(chunk.name[1:].split(":")[0]) for chunk in chunks]
        assert numbers == sorted(numbers)
        assert min(numbers) < 20
        assert max(numbers) > 30


def test_the_sample_is_about_as_long_as_asked_for() -> None:
    for lengths in ([3.5] * 200, [65] * 20, [45, 500] * 5):
        assert 600_000 <= sum(map(len, GenomeSample(contigs(*lengths)).short())) < 650_000


def test_the_sample_holds_the_bases_of_its_places() -> None:
    whole = {contig.name: contig.codes for contig in contigs(*[77] * 20)}
    sample = GenomeSample(contigs(*[77] * 20))
    for chunk in [*sample.short(), *sample.long()]:
        name, _, span = chunk.name.partition(":")
        start, end = map(int, span.split("-"))
        np.testing.assert_array_equal(chunk.codes, whole[name][start - 1 : end])


def test_fewer_bases_are_part_of_more() -> None:
    sample = GenomeSample(contigs(*[130] * 40))
    most, fewer, few = (names(sample.short(bases)) for bases in (600_000, 200_000, 1))
    assert len(most) > len(fewer) > len(few) == 1
    assert set(few) < set(fewer) < set(most)
    assert fewer == [name for name in most if name in fewer]
    assert 200_000 <= sum(map(len, sample.short(200_000))) < 250_000


def test_unknown_bases_are_not_sampled() -> None:
    unknown = Contig("n", np.full(90_000, N, dtype=np.uint8))
    assert {name[0] for name in names(GenomeSample([unknown, *contigs(40)]).short())} == {"c"}
    assert GenomeSample([unknown]).long() == []


def test_a_pipe_can_be_read_after_it(monkeypatch) -> None:
    text = b">one\n" + b"ACGT" * 1000 + b"\n"
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text)))
    genome = open_genome("-")
    sample = GenomeSample(genome)
    assert names(sample.short()) == names(sample.long()) == ["one:1-4000"]
    assert [len(contig) for contig in genome] == [4000]


def test_what_a_genome_is_called(planted) -> None:
    assert GenomeSample(open_genome(planted.genome)).name == "genome.fa"
    assert GenomeSample([]).name == GenomeSample(open_genome("-")).name == "the genome"
