"""Genes without introns that overlap: every set of them, written down from the rules."""

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
import pytest

from genefinder import dna
from genefinder.errors import InputError
from genefinder.grammar import Grammar, decode_contig, forward_backward, viterbi
from genefinder.grammar.grammar import PROKARYOTIC

STOPS = ("TAA", "TAG", "TGA")
AMBIGUOUS_STOPS = {*STOPS, "TAN", "TNA"}
STARTS = ("ATG", "GTG", "TTG")
MOTIFS = (
    *("ATGA", "TAATG", "ATG", "GTG", "TTG", "TAA", "TGA", "TAG", "CAT", "TCAT", "CAC", "CAA"),
    *("TTA", "TCA", "CTA", "TTACAT", "CATTA", "GCA", "CAG", "A", "C", "G", "T", "N", "NN"),
)


@dataclass(frozen=True)
class Gene:
    """A gene, complete or cut off at the ends of the sequence."""

    begin: int
    end: int
    strand: int
    place: int  # codon position of its 5' base
    cut_low: bool
    cut_high: bool

    def label_channel(self, base):
        offset = base - self.begin if self.strand == 0 else self.end - 1 - base
        return 10 * self.strand + (self.place + offset) % 3

    def signals(self):
        low, high = (
            (self.begin, self.end - 3) if self.strand == 0 else (self.begin + 2, self.end - 1)
        )
        channels = (6, 7) if self.strand == 0 else (17, 16)
        return [
            (place, channel)
            for place, channel, cut in zip(
                (low, high), channels, (self.cut_low, self.cut_high), strict=True
            )
            if not cut
        ]


def all_genes(sequence, grammar):
    found = []
    length = len(sequence)
    mirrored = dna.decode(dna.reverse_complement(dna.encode(sequence)))
    for strand, reading in enumerate((sequence, mirrored)):
        for begin in range(length):
            starts = [(0, False)] if reading[begin : begin + 3] in grammar.starts else []
            starts += [(place, True) for place in range(3)] if begin == 0 else []
            for place, cut_left in starts:
                for end in range(begin + 1, length + 1):
                    ends = [True] if end == length else []
                    whole = (place + end - begin) % 3 == 0
                    # The stop codon of a gene cut off at its left may not be cut off itself.
                    if whole and end - begin >= 3 and reading[end - 3 : end] in STOPS:
                        ends.append(False)
                    for cut_right in ends:
                        gene = (begin, end, place, cut_left, cut_right)
                        if spellable(reading, gene, grammar):
                            low, high = (
                                (begin, end) if not strand else (length - end, length - begin)
                            )
                            cuts = (cut_left, cut_right)[:: -1 if strand else 1]
                            found.append(Gene(low, high, strand, place, *cuts))
    return found


def spellable(reading, gene, grammar):
    begin, end, place, cut_left, cut_right = gene
    coding = "." * place + reading[begin:end]
    if "NN" in coding:
        return False
    codons = [coding[i : i + 3] for i in range(0, len(coding) - 2, 3)]
    if not cut_right:
        codons.pop()
    if any(codon in AMBIGUOUS_STOPS for codon in codons):
        return False
    if not cut_left and not cut_right:
        return end - begin >= grammar.min_exon + 3
    return end - begin >= 3 * ((not cut_left) + (not cut_right))


def overlap_score(left, right, grammar):
    """Score of the overlap of two genes, or None where they may not overlap so."""
    shared = left.end - right.begin
    if left.cut_high or right.cut_low or not left.begin < right.begin or right.end < left.end:
        return None
    kind = 0 if left.strand == right.strand else 1 + left.strand
    scores = grammar.overlaps[kind]
    return scores[shared - 1] if shared <= len(scores) else None


def switch(left, right):
    if left.strand != right.strand:
        return (right.begin + left.end) // 2
    return right.begin if left.strand else left.end


def room(before, gene, after, minimum):
    """Tell whether a gene has its own bases between the genes that it overlaps."""
    low = -math.inf if gene.cut_low else gene.begin
    high = math.inf if gene.cut_high else gene.end - 3
    if before:
        low = max(low, before.end - 3)
        if gene.cut_high and gene.end < max(before.end, gene.begin + 3):
            return False
    if after:
        high = min(high, after.begin)
        if gene.cut_low and gene.begin > min(after.begin - 1, gene.end - 3):
            return False
    return low + minimum <= high


def every_path(sequence, grammar):
    """Yield every list of genes with the score of its overlaps."""
    genes = sorted(all_genes(sequence, grammar), key=lambda gene: (gene.begin, gene.end))

    def extend(path, before, score):
        """Go on after the last gene, which overlaps ``before``."""
        last = path[-1] if path else None
        if last is None or room(before, last, None, grammar.min_exon):
            yield path, score
        for gene in genes:
            if last is None or gene.begin >= last.end:
                if last is None or room(before, last, None, grammar.min_exon):
                    yield from extend([*path, gene], None, score)
            elif (added := overlap_score(last, gene, grammar)) is not None and room(
                before, last, gene, grammar.min_exon
            ):
                yield from extend([*path, gene], last, score + added)

    yield from extend([], None, 0.0)


def uses(path, length):
    """Channels that a path uses, as it labels the bases that genes share."""
    channels = []
    for number, gene in enumerate(path):
        low, high = gene.begin, gene.end
        if number and path[number - 1].end > gene.begin:
            low = switch(path[number - 1], gene)
        if number + 1 < len(path) and path[number + 1].begin < gene.end:
            high = switch(gene, path[number + 1])
        channels += [(base, gene.label_channel(base)) for base in range(low, high)]
        channels += gene.signals()
    return channels


@dataclass(frozen=True)
class Case:
    codes: dna.Codes
    sequence: str
    grammar: Grammar
    scores: np.ndarray
    paths: list[list[Gene]]
    values: list[float]


def length_score(gene, grammar):
    """Score of the whole codons of a gene that are seen."""
    codons = (gene.end - gene.begin - (-gene.place) % 3) // 3
    return [0, *grammar.lengths][min(codons, len(grammar.lengths))] if codons > 0 else 0.0


def random_case(seed):
    rng = np.random.default_rng(seed)
    sequence = "".join(rng.choice(MOTIFS) for _ in range(12))[: int(rng.integers(6, 27))]
    longest = rng.integers(0, 9, 3)
    grammar = replace(
        PROKARYOTIC,
        min_exon=int(rng.integers(3, 7)),
        partial=float(rng.choice([-4, 0, 1])),
        overlaps=tuple(tuple(np.round(rng.normal(0, 1, n) * 64) / 64) for n in longest),
        lengths=tuple(np.round(rng.normal(0, 1, int(rng.integers(0, 6))) * 64) / 64),
    )
    scores = np.round(rng.normal(0, 1, (len(sequence), 20)) * 1024) / 1024
    paths, values = [], []
    for path, score in every_path(sequence, grammar):
        score += sum(scores[place] for place in uses(path, len(sequence)))
        score += grammar.partial * sum(gene.cut_low + gene.cut_high for gene in path)
        score += sum(length_score(gene, grammar) for gene in path)
        paths.append(path)
        values.append(score)
    return Case(dna.encode(sequence), sequence, grammar, scores, paths, values)


@pytest.fixture(scope="module")
def cases():
    return [random_case(seed) for seed in range(250)]


def test_cases_hold_overlaps_of_all_kinds(cases):
    """Guard of the tests below."""
    kinds = {
        (left.strand, right.strand)
        for case in cases
        for path in case.paths
        for left, right in itertools.pairwise(path)
        if right.begin < left.end
    }
    assert kinds == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_sum_and_best_of_all_paths(cases):
    for case in cases:
        log_z, posterior = forward_backward(case.codes, case.scores, case.grammar)
        weights = np.exp(np.array(case.values) - max(case.values))
        assert log_z == pytest.approx(max(case.values) + math.log(weights.sum()), abs=1e-6), case
        expected = np.zeros((len(case.sequence), 20))
        for path, weight in zip(case.paths, weights / weights.sum(), strict=True):
            for place in uses(path, len(case.sequence)):
                expected[place] += weight
        np.testing.assert_allclose(posterior, expected, atol=1e-6)
        assert viterbi(case.codes, case.scores, case.grammar).score == pytest.approx(
            max(case.values), abs=1e-6
        )


def amino_acids(gene):
    """Number of complete codons but the stop codon."""
    ended = not (gene.cut_low if gene.strand else gene.cut_high)
    return (gene.end - gene.begin - (-gene.place) % 3) // 3 - ended


def test_genes_of_the_best_path_and_their_posteriors(cases):
    checked = 0
    for case in cases:
        best = case.paths[int(np.argmax(case.values))]
        weights = np.exp(np.array(case.values) - max(case.values))
        genes = list(decode_contig("c", [(case.codes, case.scores)], case.grammar))
        kept = sorted((gene for gene in best if amino_acids(gene) > 0), key=lambda gene: gene.begin)
        assert [(gene.start, gene.end, "+-".index(gene.strand)) for gene in genes] == [
            (gene.begin, gene.end, gene.strand) for gene in kept
        ]
        for gene, found in zip(kept, genes, strict=True):
            if not gene.cut_low | gene.cut_high:
                share = sum(w for p, w in zip(case.paths, weights, strict=True) if gene in p)
                assert found.posterior == pytest.approx(share / weights.sum(), abs=1e-5)
                checked += 1
    assert checked > 10


def test_overlapping_genes_are_written_whole():
    """The stop codon of one gene holds the start codon of the next, on either strand."""
    first, second = "ATGGCAGCAGCAGCATGA", "ATGACCACCACCTAA"
    sequence = "CCC" + first[:-4] + second + "CCC"
    grammar = replace(PROKARYOTIC, min_exon=6, overlaps=((0.0,) * 4, (), ()))
    scores = np.full((len(sequence), 20), -1.0, dtype=np.float32)
    scores[:, [0, 1, 2]] = 1.0
    scores[[3, 17], 6] = 1.0
    for codes, values, strand in (
        (dna.encode(sequence), scores, "+"),
        (
            dna.reverse_complement(dna.encode(sequence)),
            np.roll(scores[::-1], 10, axis=1),
            "-",
        ),
    ):
        path = viterbi(codes, values, grammar)
        spans = [(gene.start, gene.end) for gene in path.genes("c")]
        expected = [(3, 21), (17, 32)]
        if strand == "-":
            expected = [(35 - end, 35 - start) for start, end in reversed(expected)]
        assert spans == expected
        streamed = list(decode_contig("c", [(codes, values)], grammar))
        assert [(gene.start, gene.end, gene.strand) for gene in streamed] == [
            (*span, strand) for span in expected
        ]
        for gene in streamed:
            assert gene.posterior is not None
            assert 0 < gene.posterior < 1


def test_overlaps_in_chunks_equal_those_of_the_whole():
    rng = np.random.default_rng(3)
    codes = rng.integers(0, 4, 9_000).astype(np.uint8)
    codes[4000:4030] = dna.N
    scores = np.repeat(rng.normal(-0.1, 0.6, (450, 20)), 20, axis=0).astype(np.float32)
    lengths = tuple(np.linspace(-4, 2, 60))
    grammar = replace(PROKARYOTIC, min_exon=15, overlaps=((1.0,) * 30,) * 3, lengths=lengths)
    expected = [(g.strand, g.start, g.end) for g in viterbi(codes, scores, grammar).genes("c")]
    overlapping = sum(a[2] > b[1] for a, b in itertools.pairwise(expected))
    blocks = [(codes[i : i + 700], scores[i : i + 700]) for i in range(0, len(codes), 700)]
    whole = list(decode_contig("c", [(codes, scores)], grammar))
    genes = list(decode_contig("c", blocks, grammar, chunk=2000, lookahead=600))
    assert overlapping > 10
    assert [(g.strand, g.start, g.end) for g in genes] == expected
    np.testing.assert_allclose(
        [g.posterior or 0.0 for g in genes], [g.posterior or 0.0 for g in whole], atol=1e-3
    )


@pytest.mark.parametrize(
    "values",
    [
        {"donors": ()},
        {"overlaps": ((0.0,), (), ())},
        {"donors": (), "acceptors": (), "overlaps": ((0.0,),)},
        {"lengths": (0.0,)},
    ],
)
def test_refuses_what_does_not_go_together(values):
    with pytest.raises(InputError, match="grammar"):
        Grammar(**values)


def test_survives_json():
    grammar = replace(PROKARYOTIC, overlaps=((0.5, -1.0), (), (2.0,)), lengths=(-1.0, 0.5))
    assert Grammar.from_dict(grammar.to_dict()) == grammar
    assert not {"overlaps", "lengths"} & set(Grammar().to_dict())
