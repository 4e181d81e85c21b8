import math

import numpy as np
import pytest

from genefinder import dna
from genefinder.grammar import Grammar, decode_contig, forward_backward, viterbi
from genefinder.grammar.nested import Nesting

GRAMMAR = Grammar(min_intron=20, min_exon=6)
FIRST, INNER, LAST = "ATGGCAGCAGCA", "TTATGCTGCCAT", "GCAGCAGCATAA"
SPACER, FLANK = "C" * 60, "C" * 40
SEQUENCE = f"{SPACER}{FIRST}GT{FLANK}{INNER}{FLANK}AG{LAST}{SPACER}"
OUTER_CDS = ((60, 72), (168, 180))
INNER_CDS = ((114, 126),)


def scores(outer, inner=20.0):
    """A gene of this score around one of that score; introns score nothing but on the inner one."""
    values = np.full((len(SEQUENCE), 20), -2.0, dtype=np.float32)
    values[:, 3:6] = 0.0
    for start, end in OUTER_CDS:
        for place in range(start, end):
            values[place, (place - start) % 3] = outer / 24
    values[114:126] = -10.0
    for place in range(114, 126):
        values[place, 10 + (125 - place) % 3] = inner / 12
    for place, channel in ((60, 6), (177, 7), (72, 8), (167, 9), (125, 16), (116, 17)):
        values[place, channel] = 0.0
    return values


def mirrored(codes, values):
    return dna.reverse_complement(codes), np.roll(values[::-1], 10, axis=1).copy()


def decode(codes, values, size=10**6, grammar=GRAMMAR, **options):
    blocks = ((codes[i : i + size], values[i : i + size]) for i in range(0, len(codes), size))
    return list(decode_contig("c", blocks, grammar, **options))


def chains(genes):
    return [(gene.strand, gene.transcripts[0].cds) for gene in genes]


def test_both_genes_are_found():
    codes, values = dna.encode(SEQUENCE), scores(20.0)
    genes = decode(codes, values)
    outer = genes[0]
    assert chains(genes) == [("+", OUTER_CDS), ("-", INNER_CDS)]
    assert outer.posterior > 0.9
    assert all(part > 0.9 for part in outer.transcripts[0].part_posteriors.exons)
    assert len(decode(codes, values, nested=None)) == 1


def test_strands_are_treated_alike():
    codes, values = dna.encode(SEQUENCE), scores(20.0)
    there = decode(codes, values)
    back = decode(*mirrored(codes, values))
    size = len(codes)
    assert chains(back) == [
        ("-", tuple((size - end, size - start) for start, end in reversed(OUTER_CDS))),
        ("+", tuple((size - end, size - start) for start, end in reversed(INNER_CDS))),
    ]
    assert [gene.posterior for gene in back] == pytest.approx([gene.posterior for gene in there])


@pytest.mark.parametrize("outer", [1.0, 4.0, 5.5])
def test_a_low_confidence_one_is_left_out(outer):
    codes, values = dna.encode(SEQUENCE), scores(outer)
    assert chains(decode(codes, values)) == [("-", INNER_CDS)]


def test_gene_on_the_same_strand_is_left_alone():
    """Two genes read as one around a third on their strand are mostly wrong."""
    codes, values = dna.encode(SEQUENCE), scores(20.0)
    codes[114:126] = dna.encode("ATGGCAGCATAA")
    values[114:126] = -10.0
    values[np.arange(114, 126), np.arange(12) % 3] = 2.0
    values[114, 6] = values[123, 7] = 0.0
    assert len(decode(codes, values)) == 1


def test_two_genes_in_one_intron():
    sequence = SEQUENCE.replace(INNER, INNER + FLANK + INNER)
    codes, one = dna.encode(sequence), scores(30.0)
    values = np.concatenate([one[:126], one[74:]])
    found = chains(decode(codes, values))
    assert found == [
        ("+", (OUTER_CDS[0], (220, 232))),
        ("-", INNER_CDS),
        ("-", ((166, 178),)),
    ]


def test_posterior_is_that_of_all_paths_around_the_inner_gene():
    codes, values = dna.encode(SEQUENCE), scores(7.0)
    log_z, _ = forward_backward(codes, values, GRAMMAR)
    inner = viterbi(codes, values, GRAMMAR).score
    around = values.copy()
    around[114:126] = -1000.0
    around[114:126, 3:6] = 0.0
    around[114, 3:6] = 1000.0
    log_z_around, share = forward_backward(codes, around, GRAMMAR)
    odds = log_z_around - 1000.0 + inner - log_z - Nesting().against
    outer, _ = decode(codes, values)
    expected = share[72, 8] / (1.0 + math.exp(-odds))
    assert 0.5 < expected < 0.9
    assert outer.posterior == pytest.approx(expected, abs=1e-3)


def contig(seed):
    """Scores in plateaus of 20 bases, so that there are many genes, and gaps."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, 20_000).astype(np.uint8)
    codes[3000:3030] = codes[5000] = codes[7990:8003] = dna.N
    values = np.repeat(rng.normal(-0.3, 0.6, (1000, 20)), 20, axis=0).astype(np.float32)
    return codes, values


EAGER = Nesting(against=-12.0, reach=600)
"""Genes around others are called although they are improbable."""


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_genes_share_no_coding_bases_and_nested_ones_lie_in_an_intron(seed):
    genes = decode(*contig(seed), chunk=5000, lookahead=1000, nested=EAGER)
    starts = [gene.start for gene in genes]
    assert starts == sorted(starts)
    held = 0
    for place, one in enumerate(genes):
        for other in genes[place + 1 :]:
            if other.start >= one.end:
                continue
            held += 1
            assert one.strand != other.strand
            introns = one.transcripts[0].introns()
            assert any(low <= other.start and other.end <= high for low, high in introns)
    assert held > 3


def test_blocks_do_not_matter():
    codes, values = contig(1)
    genes = decode(codes, values, chunk=5000, lookahead=1000, nested=EAGER)
    for size in (311, 4096):
        assert decode(codes, values, size, chunk=5000, lookahead=1000, nested=EAGER) == genes


@pytest.mark.parametrize("chunk", [1500, 3000, 7000])
def test_chunks_do_not_matter(chunk):
    """Genes that are nested are settled together, wherever a chunk would have ended."""
    codes, values = contig(1)
    whole = decode(codes, values, chunk=10**6, nested=EAGER)
    cut = decode(codes, values, chunk=chunk, lookahead=1200, nested=EAGER)
    assert chains(cut) == chains(whole)
    posteriors = [gene.posterior for gene in whole]
    assert [gene.posterior for gene in cut] == pytest.approx(posteriors, abs=0.05)
