from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from genefinder.data.repeats import find_repeats
from genefinder.dna import Codes, N
from genefinder.errors import InputError
from genefinder.grammar.stream import LONG_GAP
from genefinder.io.contigs import Contig
from genefinder.io.fasta import open_genome
from genefinder.network.scorer import MARGIN, PER_CALL, WINDOW
from genefinder.shards import INDEX, Shards, check_shards_folder, cut, long_gaps, write_shards

STEP = PER_CALL * (WINDOW - 2 * MARGIN)


def with_gaps(length: int, *gaps: tuple[int, int]) -> Codes:
    codes = np.zeros(length, dtype=np.uint8)
    for start, end in gaps:
        codes[start:end] = N
    return codes


@pytest.mark.parametrize("start", [0, 1, LONG_GAP - 1, LONG_GAP, 3 * LONG_GAP + 7])
@pytest.mark.parametrize("length", [LONG_GAP, LONG_GAP + 1, 5 * LONG_GAP])
def test_long_gaps_are_found_wherever_they_are(start: int, length: int) -> None:
    codes = with_gaps(start + length + 1, (start, start + length))
    assert list(long_gaps(codes)) == [(start, start + length)]
    assert list(long_gaps(codes[:-1])) == [(start, start + length)]


def test_short_gaps_are_none() -> None:
    assert list(long_gaps(with_gaps(90_000, (5, LONG_GAP + 4), (40_000, 49_999)))) == []


def test_a_piece_has_as_many_bases_as_it_may() -> None:
    gaps = [(start, start + LONG_GAP) for start in range(100_000, 1_000_000, 100_000)]
    codes = with_gaps(1_000_000, *gaps)
    pieces = cut("big", codes, 300_000)
    assert [(piece.own_start, piece.own_end) for piece in pieces] == [
        (0, 300_000),
        (310_000, 600_000),
        (610_000, 900_000),
        (910_000, 1_000_000),
    ]
    assert all(piece.is_part and piece.length == 1_000_000 for piece in pieces)


@pytest.mark.parametrize("gaps", [[], [(0, 50_000)], [(150_000, 200_000)], [(90_000, 99_999)]])
def test_a_contig_without_inner_long_gaps_is_whole(gaps: list[tuple[int, int]]) -> None:
    (piece,) = cut("big", with_gaps(200_000, *gaps), 60_000)
    assert not piece.is_part
    assert (piece.start, piece.end, piece.own_start, piece.own_end) == (0, 200_000, 0, 200_000)


@pytest.mark.parametrize("seed", range(20))
def test_a_part_has_what_its_windows_read(seed: int) -> None:
    rng = np.random.default_rng(seed)
    starts = np.cumsum(rng.integers(LONG_GAP + 1, 120_000, 12))
    gaps = [(int(start), int(start) + LONG_GAP) for start in starts[:-1]]
    length = int(starts[-1]) + 60_000
    for piece in cut("big", with_gaps(length, *gaps), 50_000):
        assert piece.start % STEP == 0
        if piece.start:
            # The first call, whose margin is cut, answers for nothing that counts.
            assert piece.start + STEP <= piece.own_start
        if piece.end < length:
            calls_end = -(-piece.own_end // STEP) * STEP
            assert piece.end >= calls_end + MARGIN
            assert piece.end >= piece.own_end + LONG_GAP


def test_frequent_words_are_in_lower_case(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    repeat = rng.integers(0, 4, 400).astype(np.uint8)
    parts = [
        part for _ in range(30) for part in (repeat, rng.integers(0, 4, 3000).astype(np.uint8))
    ]
    parts[31:31] = [np.full(LONG_GAP, N, dtype=np.uint8)]
    codes = np.concatenate(parts)
    (tmp_path / "genome.fa").write_text(
        ">c\n" + "".join("ACGTN"[code] for code in codes) + "\n>empty\n\n"
    )
    genome = open_genome(tmp_path / "genome.fa", soft_masks=True)
    repeats = find_repeats(genome)
    assert repeats.counts is not None
    masked = repeats.mask(Contig("c", codes))
    assert 10_000 < masked.sum() < 20_000
    shards = write_shards(genome, repeats, tmp_path / "shards", 60_000)
    assert [len(shard.pieces) for shard in shards.shards] == [1, 2]
    marked = replace(repeats, counts=None, found_by="frequent words")
    assert marked.describe() == repeats.describe()
    for shard in shards.shards:
        found = open_genome(tmp_path / "shards" / shard.file, soft_masks=True)
        for piece, contig in zip(shard.pieces, found, strict=True):
            if piece.contig == "c":
                assert (contig.codes == codes[piece.start : piece.end]).all()
                assert (marked.mask(contig) == masked[piece.start : piece.end]).all()
        assert found.sha256 == shard.sha256
    assert Shards.load(tmp_path / "shards") == shards


def test_empty_records_are_no_shard_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "genome.fa").write_text(">a\n\n>b\nACGT\n>c\nAC\n>d\n\n")
    shards = write_shards(open_genome(tmp_path / "genome.fa"), None, tmp_path / "shards", 1)
    assert [[piece.contig for piece in shard.pieces] for shard in shards.shards] == [
        ["a", "b"],
        ["c", "d"],
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [(None, "folder that genefinder shard wrote"), ("{}", "damaged"), ('{"format": 1}', "format")],
)
def test_an_index_that_cannot_be_used(tmp_path: Path, text: str | None, complaint: str) -> None:
    if text is not None:
        (tmp_path / INDEX).write_text(text)
    with pytest.raises(InputError, match=complaint):
        Shards.load(tmp_path)


def test_a_folder_that_holds_something(tmp_path: Path) -> None:
    check_shards_folder(tmp_path / "new" / "folder")
    (tmp_path / "0001.fa").touch()
    with pytest.raises(InputError, match="not empty"):
        check_shards_folder(tmp_path)
    with pytest.raises(InputError, match="is a file"):
        check_shards_folder(tmp_path / "0001.fa" / "shards")
