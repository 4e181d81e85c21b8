from itertools import pairwise

import numpy as np
import pytest

from genefinder.dna import encode
from genefinder.errors import InputError
from genefinder.genes import Region
from genefinder.io.fasta import open_genome
from genefinder.selftraining.chunks import cut_chunks, hold_out


@pytest.fixture
def genome(tmp_path):
    random = np.random.default_rng(1)
    contigs = {"a": 130_000, "b": 45_000, "tiny": 500, "unknown": 30_000}
    text = ""
    letters = {}
    for name, length in contigs.items():
        letters[name] = "".join(random.choice([*"ACGT"], length))
        if name == "unknown":
            letters[name] = "N" * length
        text += f">{name}\n{letters[name]}\n"
    path = tmp_path / "genome.fa"
    path.write_text(text)
    return open_genome(path), letters


def test_pieces_cover_what_is_known(genome) -> None:
    source, letters = genome
    chunks = cut_chunks(source, 10**9)
    assert {chunk.contig for chunk in chunks} == {"a", "b"}
    for contig in ("a", "b"):
        own = [chunk for chunk in chunks if chunk.contig == contig]
        assert own[0].start == 0
        assert all(chunk.region.end == following.start for chunk, following in pairwise(own))
        joined = np.concatenate([chunk.codes for chunk in own])
        assert np.array_equal(joined, encode(letters[contig]))
    assert all(15_000 <= len(chunk.codes) <= 30_000 for chunk in chunks)


def test_a_sample_is_spread_evenly(genome) -> None:
    source, _ = genome
    chunks = cut_chunks(source, 60_000)
    assert len(chunks) <= 3
    assert len({chunk.contig for chunk in chunks}) == 2 or chunks[-1].start > 60_000


def test_excluded_regions_are_not_read(genome) -> None:
    source, _ = genome
    exclude = [Region("b"), Region("a", 50_000, 70_000)]
    chunks = cut_chunks(source, 10**9, exclude)
    assert {chunk.contig for chunk in chunks} == {"a"}
    assert sum(len(chunk.codes) for chunk in chunks) == 110_000
    for chunk in chunks:
        assert not exclude[1].overlaps(chunk.start, chunk.start + len(chunk.codes))


def test_unknown_region(genome) -> None:
    with pytest.raises(InputError, match=r"region c:1-5: .* has no contig 'c'"):
        cut_chunks(genome[0], 10**9, [Region("c", 0, 5)])


def test_nothing_left(genome) -> None:
    with pytest.raises(InputError, match="nothing to learn"):
        cut_chunks(genome[0], 10**9, [Region("a"), Region("b")])


def test_every_tenth_is_held_out(genome) -> None:
    chunks = cut_chunks(genome[0], 10**9) * 3
    learnt, held = hold_out(chunks)
    assert len(held) == len(chunks) // 10
    assert len(learnt) + len(held) == len(chunks)
    few, one = hold_out(chunks[:3])
    assert (len(few), len(one)) == (2, 1)


def test_one_piece_is_too_little(genome) -> None:
    with pytest.raises(InputError, match="too little to learn from"):
        hold_out(cut_chunks(genome[0], 10**9)[:1])
