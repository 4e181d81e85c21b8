from dataclasses import replace

import numpy as np
import torch

from genefinder.data.sampling import Sampler
from genefinder.grammar import Grammar
from genefinder.network.layers import both_readings
from genefinder.network.network import GeneNetwork
from genefinder.training.corpus import load_corpus
from genefinder.training.cross_fit import FOLDS, CrossFit, count_folds
from genefinder.training.start import fill_tables

from ..toy_genomes import TINY

CPU = torch.device("cpu")


def test_folds_have_as_many_bases_each(toy) -> None:
    corpus = load_corpus([toy.labelled], [], [])
    sizes = np.zeros(FOLDS, dtype=int)
    for region in corpus.groups[0]:
        for base in range(region.start, region.end):
            sizes[region.fold(base)] += 1
    assert sizes.max() - sizes.min() <= 1


def test_a_window_is_scored_without_its_own_fold(toy) -> None:
    corpus = load_corpus([toy.labelled], [], [])
    network = GeneNetwork(TINY, Grammar())
    whole, folds = count_folds(corpus.groups[0], corpus.grammar, TINY)
    fill_tables(network, whole)
    cross_fit = CrossFit(whole, folds, TINY, CPU)
    region = corpus.groups[0][0]
    fold = 3
    assert region.borders is not None
    low, high = (int(region.borders[number]) for number in (fold - 1, fold))
    # What counting gives where that fold is cut out of the contig.
    before = replace(region, codes=region.codes[: low - region.start])
    after = replace(region, start=high, codes=region.codes[high - region.start :])
    rest = (before, after, *corpus.groups[0][1:])
    other = GeneNetwork(TINY, Grammar())
    fill_tables(other, count_folds(rest, corpus.grammar, TINY)[0])

    inside, beyond = region.cut(low + 20, 99), region.cut(high + 20, 99)
    assert inside is not None
    assert beyond is not None
    outside = replace(beyond, fold=None)
    windows = [outside, inside]
    assert inside.fold == fold
    codes = torch.from_numpy(np.stack([window.codes for window in windows]))
    states, signals = cross_fit(codes, windows)
    assert not states[[0, 2]].any()
    assert not signals[[0, 2]].any()
    reading = both_readings(codes[1:])
    assert network.tables is not None
    assert other.tables is not None
    pairs = zip(network.tables(reading), (states, signals), other.tables(reading), strict=True)
    for all_genes, added, expected in pairs:
        error = (all_genes + added[[1, 3]] - expected).abs()
        # The few words and sites across the cuts are counted with one part or the other.
        assert error.mean() < 0.1 * (all_genes - expected).abs().mean()


def test_drawn_windows_know_their_fold(toy) -> None:
    corpus = load_corpus([toy.labelled], [], [])
    sampler = Sampler(corpus.groups, corpus.weights, 99, 1)
    assert {sampler.draw().fold for _ in range(300)} == set(range(FOLDS))
