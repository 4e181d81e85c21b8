from dataclasses import replace

import numpy as np
import torch

from genefinder.data.windows import WindowSampler, cut_window
from genefinder.grammar import Grammar
from genefinder.network.layers import both_readings
from genefinder.network.network import GeneNetwork
from genefinder.training.corpus import FOLDS, count_corpus, count_folds, load_corpus
from genefinder.training.cross_fit import CrossFit
from genefinder.training.start import fill_tables

from .conftest import TINY

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
    fill_tables(network, count_corpus(corpus, TINY))
    cross_fit = CrossFit(*count_folds(corpus, TINY), TINY, CPU)
    region = corpus.groups[0][0]
    fold = 3
    assert region.borders is not None
    low, high = (int(region.borders[number]) for number in (fold - 1, fold))
    # What counting gives where that fold is cut out of the contig.
    rest = (replace(region, end=low), replace(region, start=high), *corpus.groups[0][1:])
    other = GeneNetwork(TINY, Grammar())
    fill_tables(other, count_corpus(replace(corpus, groups=(rest,)), TINY))

    inside = cut_window(region, low + 20, 99)
    outside = replace(cut_window(region, high + 20, 99), fold=None)
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
    sampler = WindowSampler(corpus.groups, corpus.weights, 99, 1)
    assert {sampler.draw().fold for _ in range(300)} == set(range(FOLDS))
