import itertools
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from genefinder.data.overlaps import LONGEST, OverlapCounts, spellable_overlaps
from genefinder.data.targets import label_contig
from genefinder.data.windows import TrainingRegion
from genefinder.dna import encode, reverse_complement
from genefinder.genes import Gene, Transcript
from genefinder.grammar import forward_backward, viterbi
from genefinder.grammar.grammar import PROKARYOTIC

from ..toy_genomes import make_operons

GRAMMAR = replace(PROKARYOTIC, overlaps=((0.5,) * 8, (-0.5,) * 8, (0.25,) * 8))


@pytest.fixture(scope="module")
def operons():
    letters, genes = make_operons(20_000)
    return encode(letters), genes


def transcript(name, start, end, strand="+"):
    return Transcript(name, "toy", strand, ((start, end),), ((start, end),))


def test_operons_are_learnt_whole(operons):
    codes, genes = operons
    targets = label_contig(codes, genes, GRAMMAR)
    overlapping = sum(right.start < left.end for left, right in itertools.pairwise(genes))
    assert overlapping > 5
    assert len(targets.overlaps) == overlapping
    assert len(targets.masked) == 0
    assert Counter(targets.signal_channels.tolist())[6] == sum(g.strand == "+" for g in genes)


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_path_of_a_window_is_one_of_the_grammar(operons, mirrored):
    """With scores that speak for the annotated path it is the best, and has its score."""
    codes, genes = operons
    if mirrored:
        size = len(codes)
        codes = reverse_complement(codes)
        genes = [
            Gene(g.id, "toy", strand, (transcript(g.id, size - g.end, size - g.start, strand),))
            for g in reversed(genes)
            for strand in ("-" if g.strand == "+" else "+",)
        ]
    region = TrainingRegion("toy", 0, codes, 0, targets=label_contig(codes, genes, GRAMMAR))
    window = region.cut(0, len(codes))
    assert window is not None
    scores = np.where(window.path > 0, 1.0, -1.0).astype(np.float32)
    best = viterbi(codes, scores, GRAMMAR, free_ends=True)
    assert best.labels().tolist() == region.targets.labels.tolist()
    path_score = float((window.path * scores).sum()) + window.own_score
    assert window.own_score != 0
    assert best.score == pytest.approx(path_score)
    log_z, posterior = forward_backward(codes, scores, GRAMMAR, free_ends=True)
    assert 0 <= log_z - path_score < 1
    assert (posterior * window.path).sum() > 0.99 * window.path.sum()


def test_what_the_grammar_does_not_spell_is_masked(operons):
    codes, genes = operons
    alone = replace(GRAMMAR, overlaps=())
    masked = label_contig(codes, genes, alone)
    spelled = label_contig(codes, genes, GRAMMAR)
    assert masked.overlaps == ()
    assert len(masked.masked) == len(spelled.overlaps)
    for overlap, (start, end) in zip(spelled.overlaps, masked.masked.tolist(), strict=True):
        assert start <= overlap.begin < overlap.end <= end


def test_three_genes_at_one_place_are_not_spelled():
    genes = [transcript("a", 0, 300), transcript("b", 296, 356), transcript("c", 352, 700)]
    found = spellable_overlaps(genes, GRAMMAR)
    assert found == []
    longer = [transcript("a", 0, 300), transcript("b", 296, 371), transcript("c", 367, 700)]
    assert len(spellable_overlaps(longer, GRAMMAR)) == 2


def test_genes_inside_others_are_not_spelled():
    genes = [transcript("a", 0, 300), transcript("b", 100, 200, "-")]
    assert spellable_overlaps(genes, GRAMMAR) == []


def test_usual_overlaps_score_more_than_unusual_ones(operons):
    codes, genes = operons
    counts = OverlapCounts(PROKARYOTIC)
    counts.add(codes, [gene.transcripts[0] for gene in genes])
    scores = counts.scores()
    assert tuple(map(len, scores)) == LONGEST
    same = scores[0]
    assert same[3] > 0 > min(same[7:])
    assert same[3] > max(same[7:])
    assert replace(PROKARYOTIC, overlaps=scores).tables.overlap.shape == (3, 91)
