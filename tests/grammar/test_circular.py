import numpy as np
import pytest

from genefinder.dna import decode, encode
from genefinder.genes import Gene, Transcript
from genefinder.grammar.circular import tap_turn, unwind, wind


def gene(start: int, end: int, strand="+") -> Gene:
    chain = ((start, end),)
    return Gene("", "c", strand, (Transcript("", "c", strand, chain, chain),))


def spans(genes: list[Gene]) -> list[tuple[int, int]]:
    return [(gene.start, gene.end) for gene in genes]


def test_runs_on_beyond_both_ends():
    assert decode(wind(encode("ACGTT"))) == "ACGTT" * 5
    codes = np.random.default_rng(1).integers(0, 4, 50_000).astype(np.uint8)
    line = wind(codes)
    assert len(line) == 90_000
    np.testing.assert_array_equal(line[20_000:70_000], codes)
    np.testing.assert_array_equal(line[:20_000], codes[-20_000:])
    np.testing.assert_array_equal(line[70_000:], codes[:20_000])


@pytest.mark.parametrize("size", [7, 100, 5_000])
def test_one_turn_is_seen_on_its_way(size):
    codes = np.arange(1_000) % 4
    line = wind(codes.astype(np.uint8))
    scores = np.arange(len(line), dtype=np.float32)[:, None]
    cuts = range(0, len(line), size)
    seen = []

    def tap(blocks):
        for block in blocks:
            seen.append(block)
            yield block

    passed = list(tap_turn([(line[i : i + size], scores[i : i + size]) for i in cuts], 1_000, tap))
    np.testing.assert_array_equal(np.concatenate([block[0] for block in passed]), line)
    np.testing.assert_array_equal(np.concatenate([block[1] for block in passed]), scores)
    np.testing.assert_array_equal(np.concatenate([block[0] for block in seen]), codes)
    assert seen[0][1][0, 0] == 2_000.0


def test_genes_of_one_turn():
    """A circle of 1,000 bases: one gene over its origin, one inside, others cut off by the line."""
    line = [gene(0, 120)]
    line += [
        gene(start + turn, end + turn)
        for turn in (0, 1_000, 2_000)
        for start, end in ((500, 700), (900, 1_120))
    ]
    line += [gene(4_500, 5_000)]
    found = unwind(sorted(line, key=lambda gene: gene.start), 1_000)
    assert spans(found) == [(500, 700), (900, 1_120)]


@pytest.mark.parametrize("first", [1_950, 2_050])
def test_a_gene_that_is_alone_is_found_once(first):
    line = [gene(first + turn, first + turn + 300, "-") for turn in (-1_000, 0, 1_000)]
    found = unwind(line, 1_000)
    assert spans(found) == [(first % 1_000, first % 1_000 + 300)]
    assert found[0].transcripts[0].cds == ((first % 1_000, first % 1_000 + 300),)


def test_what_is_longer_than_the_circle_is_no_gene():
    assert unwind([gene(100, 4_900)], 1_000) == []


def test_without_copies_the_middle_counts():
    line = [gene(300, 400), gene(2_100, 2_200), gene(3_500, 3_600)]
    assert spans(unwind(line, 1_000)) == [(100, 200)]
