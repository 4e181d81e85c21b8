from dataclasses import replace

import numpy as np

from genefinder.data.gene_lengths import length_scores
from genefinder.dna import encode
from genefinder.grammar import viterbi
from genefinder.grammar.grammar import PROKARYOTIC
from genefinder.grammar.labels import N_CHANNELS, START


def test_longer_genes_score_more_up_to_a_length():
    scores = length_scores()
    assert list(scores) == sorted(scores)
    assert scores[19] < 0 < scores[-1]


def test_of_two_genes_with_the_same_scores_the_longer_one_is_called():
    grammar = replace(PROKARYOTIC, lengths=length_scores())
    short, long = ("ATG" + "GCA" * inner + "TAA" for inner in (22, 150))
    codes = encode("C" * 30 + short + "C" * 30 + long + "C" * 30)
    scores = np.zeros((len(codes), N_CHANNELS), dtype=np.float32)
    scores[:, START] = 1.0  # of every start codon
    genes = viterbi(codes, scores, grammar).genes("c")
    assert [gene.end - gene.start for gene in genes] == [len(long)]
    without = viterbi(codes, scores, replace(grammar, lengths=())).genes("c")
    assert [gene.end - gene.start for gene in without] == [len(short), len(long)]
