from dataclasses import replace

import numpy as np
import pytest

from genefinder.evaluation import evaluate
from genefinder.genes import Region
from genefinder.grammar import Grammar, viterbi
from genefinder.io.contigs import Contig
from genefinder.io.fasta import open_genome
from genefinder.network.network import adjusted
from genefinder.network.table_scorer import TableScorer
from genefinder.saved_bits import (
    GenesFound,
    Scored,
    intron_adjustment,
    shortest_coding,
    shortest_intron,
)
from genefinder.species.adjustment import Adjustment
from genefinder.species.statistics import Statistics

from .toy_genomes import TINY, count_genes, doubtful_tables

GRAMMAR = Grammar(min_intron=30, min_exon=9)


@pytest.fixture(scope="module")
def contigs(bare) -> list[Contig]:
    return list(open_genome(bare.genome))


@pytest.fixture(scope="module")
def annotated(bare, contigs) -> Statistics:
    """Statistics counted on the true genes."""
    return count_genes(contigs, bare.genes, GRAMMAR, TINY)


@pytest.fixture(scope="module")
def true(contigs, annotated) -> list[Scored]:
    """Scores that find the true genes."""
    read = TableScorer(annotated.tables, GRAMMAR)
    return [(contig.codes, read(contig.codes)) for contig in contigs]


def doubtful(
    contigs: list[Contig], statistics: Statistics, share: float, donor: float, acceptor: float
) -> list[Scored]:
    """Scores that say less of everything, but call introns more readily, or less."""
    read = TableScorer(doubtful_tables(statistics.tables, share, donor, acceptor), GRAMMAR)
    return [(contig.codes, read(contig.codes)) for contig in contigs]


def test_false_short_introns_tell_the_shortest(contigs, annotated) -> None:
    # The toy genome has few introns, from 63 bases on.
    grammar = Grammar(min_intron=10, min_exon=9)
    tables = annotated.tables
    unsure = doubtful_tables(tables, 0.3, 10, 10)
    for read, least in ((TableScorer(tables, grammar), 10), (TableScorer(unsure, grammar), 31)):
        scored = [(contig.codes, read(contig.codes)) for contig in contigs]
        shortest = shortest_intron(scored, grammar, few=5)
        assert shortest is not None
        assert least <= shortest <= 63


def test_false_short_genes_tell_the_shortest(contigs, annotated) -> None:
    # The toy genome's genes have 756 coding bases.
    tables = annotated.tables
    grammar = Grammar(min_intron=30, min_exon=9)
    eager = replace(tables, bias=tables.bias + np.array([5, 5, 0, 0], dtype=np.float32))
    calm = replace(tables, words=0.3 * tables.words, weights=0.3 * tables.weights)
    found = []
    for read in (TableScorer(calm, grammar), TableScorer(eager, grammar)):
        scored = [(contig.codes, read(contig.codes)) for contig in contigs]
        shortest = shortest_coding(scored, grammar, few=5)
        assert shortest is not None
        assert shortest <= 756
        found.append(shortest)
    assert found[0] < 12 < found[1]
    assert shortest_coding(scored, grammar, few=1_000) is None


def test_what_is_found_is_counted(bare, true) -> None:
    found = GenesFound.of(true, GRAMMAR)
    assert found.genes == pytest.approx(len(bare.genes), abs=5)
    introns = sum(len(list(gene.transcripts[0].introns())) for gene in bare.genes)
    assert found.introns == pytest.approx(introns, abs=2)
    assert found.saved_per_kb > 0
    nothing = [(codes, np.full_like(scores, -5)) for codes, scores in true]
    assert GenesFound.of(nothing, GRAMMAR) == GenesFound(0, 0, 0.0)


def test_right_scores_are_left_alone(true) -> None:
    plain = GenesFound.of(true, GRAMMAR)
    assert intron_adjustment(true, GRAMMAR, plain, few=5) == (Adjustment(), plain)


def test_few_introns_tell_nothing(contigs, annotated, true) -> None:
    ready = doubtful(contigs, annotated, 0.1, 8, 8)
    plain = GenesFound.of(ready, GRAMMAR)
    assert intron_adjustment(ready, GRAMMAR, plain, few=10_000) == (Adjustment(), plain)
    assert shortest_intron(true, GRAMMAR, few=10_000) is None


@pytest.mark.parametrize(
    ("bias", "found"),
    [
        (8, Adjustment(donor=-3.0)),
        (10, Adjustment(donor=-4.0)),
    ],
)
def test_introns_that_are_called_too_readily_become_dearer(
    bare, contigs, annotated, bias, found
) -> None:
    ready = doubtful(contigs, annotated, 0.1, bias, bias)
    plain = GenesFound.of(ready, GRAMMAR)
    adjustment, better = intron_adjustment(ready, GRAMMAR, plain, few=5)
    assert adjustment == found

    def exon_f1(scored: list[Scored]) -> float:
        genes = [
            gene
            for contig, (codes, scores) in zip(contigs, scored, strict=True)
            for gene in viterbi(codes, scores, GRAMMAR).genes(contig.name)
        ]
        regions = [Region(contig.name, 0, len(contig)) for contig in contigs]
        return evaluate(bare.genes, genes, regions).exon.f1

    after = [(codes, adjusted(scores, adjustment)) for codes, scores in ready]
    assert exon_f1(after) > exon_f1(ready)
    assert better == GenesFound.of(after, GRAMMAR)


def test_introns_become_no_cheaper(contigs, annotated) -> None:
    rare = doubtful(contigs, annotated, 0.05, -6, 0)
    plain = GenesFound.of(rare, GRAMMAR)
    assert intron_adjustment(rare, GRAMMAR, plain, few=1) == (Adjustment(), plain)
