from dataclasses import replace

import numpy as np
import pytest

from genefinder import dna
from genefinder.grammar import Grammar, decode_contig, forward_backward, viterbi
from genefinder.grammar.stream import LONG_GAP

GRAMMAR = Grammar(min_intron=20, min_exon=6)


def contig(seed=1, length=12_000):
    """Scores in plateaus of 20 bases, so that there are many genes, long and short."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, length).astype(np.uint8)
    codes[3000:3030] = codes[5000] = codes[7990:8003] = dna.N
    scores = np.repeat(rng.normal(-0.3, 0.6, (length // 20, 20)), 20, axis=0)
    return codes, scores.astype(np.float32)


def decoded(codes, scores, size, **options):
    pieces = ((codes[i : i + size], scores[i : i + size]) for i in range(0, len(codes), size))
    return list(decode_contig("c", pieces, GRAMMAR, nested=None, **options))


def structure(gene, offset=0):
    (t,) = gene.transcripts
    cds = tuple((start + offset, end + offset) for start, end in t.cds)
    return gene.strand, cds, t.phase, t.partial_low, t.partial_high


@pytest.mark.parametrize("size", [1, 777, 5000, 12_000])
@pytest.mark.parametrize(("chunk", "lookahead"), [(1500, 300), (4000, 1000), (10**6, 20_000)])
def test_equals_the_best_path_of_the_whole(size, chunk, lookahead):
    codes, scores = contig()
    expected = [structure(gene) for gene in viterbi(codes, scores, GRAMMAR).genes("c")]
    genes = decoded(codes, scores, size, chunk=chunk, lookahead=lookahead)
    assert len(expected) > 15
    assert [structure(gene) for gene in genes] == expected


def test_posteriors_do_not_depend_on_chunks():
    codes, scores = contig()
    whole = [gene.posterior for gene in decoded(codes, scores, 5000)]
    cut = [gene.posterior for gene in decoded(codes, scores, 700, chunk=3000, lookahead=1500)]
    assert min(whole) < 0.5 < 0.9 < max(whole)
    np.testing.assert_allclose(cut, whole, atol=1e-4)


def test_posteriors_equal_whatever_the_blocks():
    codes, scores = contig()
    genes = decoded(codes, scores, 12_000, chunk=3000, lookahead=500)
    assert decoded(codes, scores, 311, chunk=3000, lookahead=500) == genes


def test_posterior_of_the_only_gene():
    """One place for a gene and no open ends: its posterior is its start signal's."""
    sequence = "CC" * 10 + "ATGGCAGCAGCATAA" + "CC" * 10
    codes = dna.encode(sequence)
    scores = np.full((len(codes), 20), -3.0, dtype=np.float32)
    scores[20:35, :3] = 0.1
    scores[20, 6] = scores[32, 7] = 0.0
    _, posterior = forward_backward(codes, scores, GRAMMAR)
    (gene,) = decode_contig("c", [(codes, scores)], GRAMMAR)
    assert 0.01 < posterior[20, 6] < 0.99
    assert gene.posterior == pytest.approx(posterior[20, 6], abs=1e-5)


def test_every_posterior_equals_enumeration(cases):
    tested = 0
    for case in cases:
        genes = list(decode_contig("c", [(case.codes, case.scores)], case.grammar))
        for gene in genes:
            (t,) = gene.transcripts
            coding = {i for start, end in t.cds for i in range(start, end)}
            same = [
                mass
                for s, mass in zip(case.structures, case.totals.each, strict=True)
                if {i for i, c in s.uses if c % 10 < 3} == coding
                and {c // 10 for _, c in s.uses} == {"+-".index(gene.strand)}
            ]
            assert any(gene.posterior == pytest.approx(mass, abs=1e-5) for mass in same)
            tested += 1
    assert tested > 100


def exons_of(structure):
    """Exons of an enumerated structure: begin, end, and the channel of the first base."""
    coding = sorted((i, c) for i, c in structure.uses if c % 10 < 3)
    bases = {i for i, _ in coding}
    begins = [(i, c) for i, c in coding if i - 1 not in bases]
    ends = [i + 1 for i, _ in coding if i + 1 not in bases]
    return {(begin, end, c) for (begin, c), end in zip(begins, ends, strict=True)}


def test_support_of_parts_equals_enumeration(cases):
    """An exon counts wherever a structure has it, a site wherever a path uses it."""
    unsure = sites = 0
    for case in cases:
        shares: dict[tuple[int, int, int], float] = {}
        for found, mass in zip(case.structures, case.totals.each, strict=True):
            for exon in exons_of(found):
                shares[exon] = shares.get(exon, 0.0) + mass
        for gene in decode_contig("c", [(case.codes, case.scores)], case.grammar):
            (t,) = gene.transcripts
            assert t.part_posteriors is not None
            first = 0 if t.strand == "+" else 10
            for (start, end), share in zip(t.cds, t.part_posteriors.exons, strict=True):
                same = [shares.get((start, end, first + place), 0.0) for place in range(3)]
                padded = f"N{case.sequence}N"
                if "N" in padded[start] + padded[end + 1]:  # where genes may be cut off
                    assert share <= max(same) + 1e-5
                    continue
                assert any(share == pytest.approx(expected, abs=1e-5) for expected in same)
                unsure += 0.05 < share < 0.95
            channels = {"start": 6, "stop": 7, "donor": 8, "acceptor": 9}
            for (start, end), names, ends in zip(
                t.cds, t.sites(), t.part_posteriors.ends, strict=True
            ):
                whole, back = (0, 3) if t.strand == "+" else (2, 1)
                low = start + whole if names[0] in ("start", "stop") else start - 1
                high = end - back if names[1] in ("start", "stop") else end
                for name, place, value in zip(names, (low, high), ends, strict=True):
                    if value is not None:
                        expected = case.totals.posterior[place, first + channels[name]]
                        assert value == pytest.approx(expected, abs=1e-5)
                        sites += 1
    assert unsure > 5
    assert sites > 80


def test_support_does_not_depend_on_chunks():
    codes, scores = contig()
    whole = [gene.transcripts[0].part_posteriors for gene in decoded(codes, scores, 5000)]
    options = {"chunk": 3000, "lookahead": 1500}
    cut = [gene.transcripts[0].part_posteriors for gene in decoded(codes, scores, 700, **options)]
    for uncut, other in zip(whole, cut, strict=True):
        np.testing.assert_allclose(other.exons, uncut.exons, atol=1e-4)
        for ends, same in zip(other.ends, uncut.ends, strict=True):
            assert [e is None for e in ends] == [e is None for e in same]
            for a, b in zip(ends, same, strict=True):
                assert a is None or a == pytest.approx(b, abs=1e-4)


def test_short_genes_are_passed_over():
    codes, scores = contig()
    every = list(viterbi(codes, scores, GRAMMAR).genes("c"))
    lengths = sorted(gene.transcripts[0].cds_length for gene in every)
    assert lengths[0] < lengths[2]
    grammar = replace(GRAMMAR, min_coding=lengths[2])
    kept = [structure(gene) for gene in every if gene.transcripts[0].cds_length >= lengths[2]]
    found = decode_contig("c", [(codes, scores)], grammar, nested=None, chunk=3000)
    assert [structure(gene) for gene in found] == kept
    path = viterbi(codes, scores, grammar)
    assert [structure(gene) for gene in path.genes("c", lengths[2])] == kept


def test_low_posteriors_are_left_out():
    codes, scores = contig()
    genes = decoded(codes, scores, 5000)
    kept = decoded(codes, scores, 5000, min_posterior=0.5)
    assert kept == [gene for gene in genes if gene.posterior >= 0.5]
    assert len(kept) < len(genes)


@pytest.mark.parametrize("size", [500, 4096, 50_000])
def test_long_gap_divides_a_contig(size):
    codes, scores = contig()
    gap = np.full(LONG_GAP, dna.N, np.uint8), np.full((LONG_GAP, 20), 1.0, np.float32)
    joined = np.concatenate([gap[0], codes, gap[0], codes, gap[0]])
    joined_scores = np.concatenate([gap[1], scores, gap[1], scores, gap[1]])
    alone = decoded(codes, scores, 5000)
    offsets = (LONG_GAP, 2 * LONG_GAP + len(codes))
    expected = [structure(gene, offset) for offset in offsets for gene in alone]
    assert [structure(gene) for gene in decoded(joined, joined_scores, size)] == expected


def test_shorter_gap_does_not():
    codes = dna.encode("ATGGCAGT" + "C" * 30 + "N" * 500 + "C" * 30 + "AGGCATAA")
    labels = [0, 1, 2, 0, 1, 2] + [3] * (len(codes) - 12) + [0, 1, 2, 0, 1, 2]
    scores = np.full((len(codes), 20), -1.0, dtype=np.float32)
    scores[np.arange(len(codes)), labels] = 1.0
    (gene,) = decode_contig("c", [(codes, scores)], GRAMMAR)
    assert gene.transcripts[0].cds == ((0, 6), (len(codes) - 6, len(codes)))


@pytest.mark.parametrize("sequence", ["", "A", "N", "N" * 40, "N" * (LONG_GAP + 5)])
def test_contigs_without_genes(sequence):
    codes = dna.encode(sequence)
    scores = np.zeros((len(codes), 20), dtype=np.float32)
    assert decoded(codes, scores, 100) == []


def test_buffer_stays_small():
    """Peak memory of the decoder must not grow with the contig."""
    import tracemalloc

    codes, scores = contig(2, 20_000)
    decoded(codes, scores, 1000, chunk=4000, lookahead=500)

    def peak(repeats):
        def blocks():
            for _ in range(repeats):
                yield codes, scores

        tracemalloc.start()
        count = sum(1 for _ in decode_contig("c", blocks(), GRAMMAR, chunk=4000, lookahead=500))
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size, count

    (small, few), (large, many) = peak(2), peak(10)
    assert many > 4 * few
    assert large < 1.2 * small
