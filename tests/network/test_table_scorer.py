import numpy as np
import pytest
import torch

from genefinder.data.counts import CountedTables
from genefinder.dna import decode
from genefinder.grammar import Grammar
from genefinder.grammar.labels import START, STRAND_CHANNELS
from genefinder.network.config import NetworkConfig
from genefinder.network.network import GeneNetwork
from genefinder.network.table_scorer import TableScorer
from genefinder.species.statistics import Statistics

GRAMMAR = Grammar()


def counted(config: NetworkConfig) -> CountedTables:
    random = np.random.default_rng(3)
    shape = config.table_shape
    words = random.normal(0, 3, (4**shape.word + 1, 4))
    words[-1] = 0
    return CountedTables(
        words=words.astype(np.float32),
        weights=random.normal(0, 2, (4, 4, 4, shape.columns)).astype(np.float32),
        bias=random.normal(0, 2, 4).astype(np.float32),
        before=shape.before,
    )


def test_says_what_a_network_of_tables_alone_says(tiny: NetworkConfig) -> None:
    tables = counted(tiny)
    # What the network itself says begins at zero.
    network = GeneNetwork(tiny, GRAMMAR).eval().reading(Statistics("made up", tables))
    codes = np.random.default_rng(4).integers(0, 4, 900).astype(np.uint8)
    codes[[5, 300, 301, 640]] = 4
    with torch.inference_mode():
        wanted = network(torch.from_numpy(codes)[None])[0].numpy()
    found = TableScorer(tables, GRAMMAR)(codes)
    assert found.shape == (900, 20)
    for strand in (0, STRAND_CHANNELS):
        labels = slice(strand, strand + START)
        np.testing.assert_allclose(found[:, labels], wanted[:, labels], atol=1e-5)
        sites = slice(strand + START, strand + STRAND_CHANNELS)
        scored = found[:, sites] != 0
        np.testing.assert_allclose(found[:, sites][scored], wanted[:, sites][scored], atol=1e-4)


@pytest.mark.parametrize("grammar", [GRAMMAR, Grammar(starts=("ATG", "GTG"), genetic_code=6)])
def test_signals_stand_where_the_grammar_allows(tiny: NetworkConfig, grammar: Grammar) -> None:
    codes = np.random.default_rng(5).integers(0, 4, 600).astype(np.uint8)
    found = TableScorer(counted(tiny), grammar)(codes)
    letters = decode(codes)
    words = (grammar.starts, grammar.stops, grammar.donors, grammar.acceptors)
    for signal, allowed in enumerate(words):
        first = 1 if signal == 3 else 0  # an acceptor stands on its last base
        wanted = [
            place
            for place in range(600)
            if letters[max(0, place - first) : max(0, place - first) + len(allowed[0])] in allowed
            and place >= first
        ]
        assert np.flatnonzero(found[:, START + signal]).tolist() == wanted


def test_short_sequences(tiny: NetworkConfig) -> None:
    read = TableScorer(counted(tiny), GRAMMAR)
    for length in range(4):
        assert read(np.zeros(length, dtype=np.uint8)).shape == (length, 20)
