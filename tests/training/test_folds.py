from dataclasses import replace

import numpy as np
import torch

from genefinder.data.sampling import Sampler
from genefinder.network.layers import both_readings
from genefinder.network.statistics import StatisticsScorer
from genefinder.species.statistics import Statistics
from genefinder.training.corpus import load_corpus
from genefinder.training.folds import FOLDS, count_parts
from genefinder.training.genome_statistics import OwnStatistics, count_statistics

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
    own = OwnStatistics(count_statistics([toy.labelled], corpus, TINY), 0.0, CPU)
    region = corpus.groups[0][0]
    fold = 3
    assert region.borders is not None
    low, high = (int(region.borders[number]) for number in (fold - 1, fold))
    # What counting gives where that fold is cut out of the contig.
    before = replace(region, codes=region.codes[: low - region.start])
    after = replace(region, start=high, codes=region.codes[high - region.start :])
    rest = (before, after, *corpus.groups[0][1:])
    without = Statistics("rest", count_parts(rest, corpus.grammar, TINY)[0].tables())
    whole = Statistics("all", count_parts(corpus.groups[0], corpus.grammar, TINY)[0].tables())

    inside, beyond = region.cut(low + 20, 99), region.cut(high + 20, 99)
    assert inside is not None
    assert beyond is not None
    outside = replace(beyond, fold=None)
    windows = [outside, inside]
    assert inside.fold == fold
    codes = torch.from_numpy(np.stack([window.codes for window in windows]))
    found = own(codes, windows)
    readings = both_readings(codes)
    scored = [StatisticsScorer([statistics])(readings) for statistics in (whole, without)]
    for scores, all_genes, expected in zip(found[:2], scored[0][:2], scored[1][:2], strict=True):
        torch.testing.assert_close(scores[[0, 2]], all_genes[[0, 2]])
        error = (scores - expected)[[1, 3]].abs()
        # The few words and sites across the cuts are counted with one part or the other.
        assert error.mean() < 0.1 * (all_genes - expected)[[1, 3]].abs().mean()


def test_drawn_windows_know_their_fold(toy) -> None:
    corpus = load_corpus([toy.labelled], [], [])
    sampler = Sampler(corpus.groups, corpus.weights, 99, 1)
    assert {sampler.draw().fold for _ in range(300)} == set(range(FOLDS))
