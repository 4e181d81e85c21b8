import numpy as np
import pytest

from genefinder.data.counts import CountedTables
from genefinder.evaluation import evaluate
from genefinder.grammar import Grammar
from genefinder.io.fasta import open_genome
from genefinder.selftraining.chunks import cut_chunks
from genefinder.selftraining.selftrain import first_tables
from genefinder.selftraining.viterbi_training import (
    compare,
    count_parses,
    learn_tables,
    penalize_intron_length,
)
from genefinder.training.validation import shift_gene

GRAMMAR = Grammar(min_intron=30, min_exon=9)


@pytest.fixture(scope="module")
def rounds(bare, tiny):
    chunks = cut_chunks(open_genome(bare.genome), 10**9)
    messages: list[str] = []
    first = first_tables(chunks, GRAMMAR, tiny)
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
    )
    priced = penalize_intron_length(tables, 70.0, 1e9)
    assert np.array_equal(priced.words[:, :3], tables.words[:, :3])
    # Half of all introns go on beyond the median: seventy bases cost log 2.
    assert 70 * (1 - priced.words[0, 3]) == pytest.approx(np.log(2), rel=1e-3)
    assert priced.words[-1, 3] == 1.0
