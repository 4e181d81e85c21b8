from itertools import pairwise

import numpy as np
import pytest

from genefinder.dna import encode
from genefinder.errors import InputError
from genefinder.genes import Region
from genefinder.io.fasta import open_genome
from genefinder.selftraining.chunks import cut_pieces, hold_out


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
    pieces = cut_pieces(source, 10**9)
    assert {piece.contig for piece in pieces} == {"a", "b"}
    for contig in ("a", "b"):
        own = [piece for piece in pieces if piece.contig == contig]
        assert own[0].start == 0
        assert all(one.region.end == two.start for one, two in pairwise(own))
        joined = np.concatenate([piece.codes for piece in own])
        assert np.array_equal(joined, encode(letters[contig]))
    assert all(15_000 <= len(piece.codes) <= 30_000 for piece in pieces)


def test_a_sample_is_spread_evenly(genome) -> None:
    source, _ = genome
    pieces = cut_pieces(source, 60_000)
    assert len(pieces) <= 3
    assert len({piece.contig for piece in pieces}) == 2 or pieces[-1].start > 60_000


def test_excluded_regions_are_not_read(genome) -> None:
    source, _ = genome
    exclude = [Region("b"), Region("a", 50_000, 70_000)]
    pieces = cut_pieces(source, 10**9, exclude)
    assert {piece.contig for piece in pieces} == {"a"}
    assert sum(len(piece.codes) for piece in pieces) == 110_000
    for piece in pieces:
        assert not exclude[1].overlaps(piece.start, piece.start + len(piece.codes))


def test_unknown_region(genome) -> None:
    with pytest.raises(InputError, match=r"region c:1-5: .* has no contig 'c'"):
        cut_pieces(genome[0], 10**9, [Region("c", 0, 5)])


def test_nothing_left(genome) -> None:
    with pytest.raises(InputError, match="nothing to learn"):
        cut_pieces(genome[0], 10**9, [Region("a"), Region("b")])


def test_every_tenth_is_held_out(genome) -> None:
    pieces = cut_pieces(genome[0], 10**9) * 3
    learnt, held = hold_out(pieces)
    assert len(held) == len(pieces) // 10
    assert len(learnt) + len(held) == len(pieces)
    few, one = hold_out(pieces[:3])
    assert (len(few), len(one)) == (2, 1)


def test_one_piece_is_too_little(genome) -> None:
    with pytest.raises(InputError, match="too little to learn from"):
        hold_out(cut_pieces(genome[0], 10**9)[:1])
