import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from genefinder.training.cross_fit import FOLDS

from genefinder.data.counts import CountedTables, count_tables, penalize_intron_length
from genefinder.data.first_tables import first_tables
from genefinder.data.regions import RegionSequence
from genefinder.data.targets import label_transcript
from genefinder.evaluation import evaluate
from genefinder.genes import Gene, Transcript, shift_gene
from genefinder.grammar import Grammar
from genefinder.io.fasta import open_genome
from genefinder.network.config import NetworkConfig
from genefinder.selftraining.chunks import cut_chunks
from genefinder.selftraining.parses import Parse
from genefinder.selftraining.viterbi_training import (
    compare,
    count_parses,
    count_without_folds,
    learn_tables,
)

GRAMMAR = Grammar(min_intron=30, min_exon=9)


@pytest.fixture(scope="module")
def rounds(bare, tiny):
    chunks = cut_chunks(open_genome(bare.genome), 10**9)
    messages: list[str] = []
    shape = tiny.table_order, tiny.weights_before, tiny.weights_after
    first = first_tables([chunk.codes for chunk in chunks], GRAMMAR, *shape)
    return learn_tables(chunks, first, GRAMMAR, tiny, messages.append), messages


def test_finds_genes_from_nothing(bare, rounds) -> None:
    found, _ = rounds
    genes = [
        shift_gene(gene, parse.chunk.contig, parse.chunk.start)
        for parse in found.parses
        for gene in parse.genes
    ]
    score = evaluate(bare.genes, genes, [parse.chunk.region for parse in found.parses])
    assert score.base.f1 > 0.95
    assert score.exon.f1 > 0.7


def test_agreement_rises_and_is_reported(rounds) -> None:
    found, messages = rounds
    assert found.agreement[-1] > 0.9
    assert len(messages) == len(found.agreement) + 1
    assert messages[0].startswith("tables, round 0: ")
    assert f"{100 * found.agreement[0]:.1f}" in messages[1]


def test_tables_are_those_that_the_parses_were_made_with(rounds, tiny) -> None:
    found, _ = rounds
    again = count_parses(found.parses, GRAMMAR, tiny)
    # One more round changes next to nothing.
    assert np.abs(again.bias - found.tables.bias).max() < 0.3


def test_a_parse_agrees_with_itself(rounds) -> None:
    parses = rounds[0].parses
    assert compare(parses, parses).gene.f1 == 1.0
    assert compare(parses[:1], parses[1:2]).gene.f1 < 1.0


def test_long_introns_cost() -> None:
    tables = CountedTables(
        words=np.ones((17, 4), dtype=np.float32),
        weights=np.zeros((4, 4, 4), dtype=np.float32),
        bias=np.zeros(4, dtype=np.float32),
        before=2,
    )
    priced = penalize_intron_length(tables, 70.0, 1e9)
    assert np.array_equal(priced.words[:, :3], tables.words[:, :3])
    # Half of all introns go on beyond the median: seventy bases cost log 2.
    assert 70 * (1 - priced.words[0, 3]) == pytest.approx(np.log(2), rel=1e-3)
    assert priced.words[-1, 3] == 1.0


def spliced(introns: Sequence[int], seed: int = 1, gap: int = 200) -> Parse:
    """A parse of genes with one intron of each of these lengths."""
    length = sum(gap + 120 + intron for intron in introns) + gap
    codes = np.random.default_rng(seed).integers(0, 4, length).astype(np.uint8)
    labels = np.zeros(length, dtype=np.uint8)
    positions, channels, genes = [], [], []
    end = 0
    for intron in introns:
        start = end + gap
        end = start + 120 + intron
        cds = ((start, start + 60), (end - 60, end))
        transcript = Transcript("t", "a", "+", cds, cds)
        labels[start:end], sites, kinds = label_transcript(transcript)
        positions.append(sites)
        channels.append(kinds)
        genes.append(Gene("g", "a", "+", (transcript,)))
    return Parse(
        RegionSequence("a", 0, codes),
        labels,
        np.concatenate(positions),
        np.concatenate(channels),
        np.ones(length, dtype=np.float32),
        tuple(genes),
    )


def without_last_intron(parse: Parse) -> Parse:
    """The same, but that nobody is sure of the last gene's intron."""
    ((start, end),) = parse.genes[-1].transcripts[0].introns()
    label_posterior = parse.label_posterior.copy()
    label_posterior[start:end] = 0.0
    return replace(parse, label_posterior=label_posterior)


@pytest.mark.parametrize(
    ("introns", "counted"),
    [
        # Of few introns the median is taken to be 100 bases.
        ([60, 300], True),
        ([60, 301], False),
        ([60] * 60 + [180], True),
        ([60] * 60 + [181], False),
    ],
)
def test_introns_much_longer_than_the_median_are_not_counted(
    tiny: NetworkConfig, introns: Sequence[int], counted: bool
) -> None:
    parse = spliced(introns)
    tables = count_parses([parse], GRAMMAR, tiny)
    others = count_parses([without_last_intron(parse)], GRAMMAR, tiny)
    assert np.array_equal(tables.words, others.words) is not counted
    assert np.array_equal(tables.weights, others.weights) is not counted


@pytest.mark.parametrize(
    ("introns", "median", "gap"),
    [
        ([60] * 4, 100, 1000),  # too few in all: usual lengths
        ([60] * 8, 60, 200),
    ],
)
def test_counted_introns_cost_by_their_length(
    tiny: NetworkConfig, introns: Sequence[int], median: int, gap: int
) -> None:
    parses = [spliced(introns, seed) for seed in range(FOLDS)]
    penalty = math.log(2) * (1 / median - 1 / gap)

    def plain(parses: Sequence[Parse]) -> CountedTables:
        shape = (tiny.table_order, tiny.weights_before, tiny.weights_after)
        return count_tables([parse.labelled(0.5) for parse in parses], GRAMMAR, *shape)

    whole, without = count_without_folds(parses, GRAMMAR, tiny)
    assert np.array_equal(whole.words, count_parses(parses, GRAMMAR, tiny).words)
    expected = [plain(parses), *(plain(parses[:n] + parses[n + 1 :]) for n in range(FOLDS))]
    for found, free in zip((whole, *without), expected, strict=True):
        cost = free.words - found.words
        assert cost[:-1, 3] == pytest.approx(penalty, abs=1e-6)
        assert cost[:, :3] == pytest.approx(0.0, abs=1e-6)
        assert found.weights == pytest.approx(free.weights, abs=1e-5)
