from typing import Any

import numpy as np
import pytest

from genefinder.data.windows import TrainingRegion
from genefinder.evaluation import Evaluation, evaluate
from genefinder.genes import Gene, Transcript, shift_gene
from genefinder.training.corpus import load_corpus
from genefinder.training.validation import (
    choose_threshold,
    least_as_good,
    predict_held_out,
    score,
    validate,
)


class Oracle:
    """Reads what the annotation says, more or less clearly."""

    def __init__(self, corpus, strength: float, noise: float) -> None:
        self.strength = strength
        self.noise = noise
        (held_out,) = corpus.held_out
        learnt = next(s for s in corpus.groups[0] if s.contig == held_out.contig)
        held = TrainingRegion(
            held_out.contig, held_out.start, held_out.codes, targets=learnt.targets
        )
        window = held.cut(held.start, len(held))
        assert window is not None
        self.path = window.path

    def read(self, codes):
        noise = self.noise * np.random.default_rng(1).standard_normal(self.path.shape)
        scores = ((self.path * 2 - 1) * self.strength + noise).astype(np.float32)
        yield codes, scores[: len(codes)]


def oracle(corpus, strength: float = 8.0, noise: float = 0.0) -> Any:
    return Oracle(corpus, strength, noise)


@pytest.fixture(scope="module")
def corpus(toy):
    return load_corpus([toy.labelled], [], [])


def test_shift_moves_everything() -> None:
    transcript = Transcript("t", "a", "-", ((3, 20),), ((5, 8), (10, 16)), posterior=0.5)
    gene = Gene("g", "a", "-", (transcript,), 2, 21)
    moved = shift_gene(gene, "b", 100)
    assert moved.contig == moved.transcripts[0].contig == "b"
    assert moved.transcripts[0].exons == ((103, 120),)
    assert moved.transcripts[0].cds == ((105, 108), (110, 116))
    assert (moved.start, moved.end) == (103, 120)
    assert moved.posterior == 0.5


def test_the_annotation_itself_is_right(corpus) -> None:
    found = validate(corpus.held_out, oracle(corpus), corpus.grammar, None)
    assert found.gene.n_reference == len(corpus.held_out[0].genes)
    assert score(found) == found.base.f1 == 1.0


def test_only_so_many_bases(corpus) -> None:
    grammar, size = corpus.grammar, 800
    part = validate(corpus.held_out, oracle(corpus), grammar, size)
    start = corpus.held_out[0].region.start
    inside = [gene for gene in corpus.held_out[0].genes if gene.end <= start + size]
    assert 0 < part.gene.n_reference == len(inside) < len(corpus.held_out[0].genes)
    assert part.gene.found == len(inside)
    assert part.regions[0].end == start + size


def test_several_regions_share_the_bases(corpus) -> None:
    held_out = (*corpus.held_out, *corpus.held_out)
    size = len(corpus.held_out[0].codes)
    grammar = corpus.grammar
    assert len(validate(held_out, oracle(corpus), grammar, size).regions) == 1
    assert len(validate(held_out, oracle(corpus), grammar, size + 9).regions) == 2


def test_threshold_is_the_lowest_of_good_ones(corpus) -> None:
    grammar = corpus.grammar
    threshold, found = choose_threshold(
        *predict_held_out(corpus.held_out, oracle(corpus), grammar, None)
    )
    assert (threshold, found.gene.f1) == (0.0, 1.0)
    # With noise, genes of low posterior are better left out.
    noisy = oracle(corpus, strength=1.0, noise=4.0)
    everything = validate(corpus.held_out, noisy, grammar, None)
    threshold, found = choose_threshold(*predict_held_out(corpus.held_out, noisy, grammar, None))
    assert 0 < threshold <= 0.5
    assert found.gene.n_predicted < everything.gene.n_predicted
    assert balance(found) > balance(everything)


@pytest.mark.parametrize(
    ("balances", "place"),
    [
        ((0.5, 0.6, 0.7, 0.6, 0.5), 2),
        ((0.7, 0.7, 0.7), 0),
        ((0.1, 0.2, 0.3), 2),
        ((0.599, 0.596, 0.6, 0.7, 0.6951), 3),
        ((0.5951, 0.6, 0.59, 0.5), 0),
        ((0.5949, 0.6, 0.59, 0.5), 1),
    ],
)
def test_the_first_as_good_as_the_best(balances: tuple[float, ...], place: int) -> None:
    assert least_as_good(balances) == place


def test_threshold_needs_more_than_chance(corpus) -> None:
    grammar = corpus.grammar
    predicted = predict_held_out(
        corpus.held_out, oracle(corpus, strength=1.0, noise=4.0), grammar, None
    )
    cautious, _ = choose_threshold(*predicted)
    assert choose_threshold(*predicted, chance=1.0)[0] == 0.0
    best, found = choose_threshold(*predicted, chance=0.0)
    assert best >= cautious > 0
    reference, genes, regions = predicted
    for step in range(11):
        kept = [gene for gene in genes if (gene.posterior or 0.0) >= step / 20]
        assert balance(evaluate(reference, kept, regions)) <= balance(found)


def balance(found: Evaluation) -> float:
    return found.base.f1 + found.exon.f1 + found.gene.f1
