from dataclasses import replace

import numpy as np
import pytest
import torch

from genefinder.data.counts import CountedTables
from genefinder.grammar import Grammar
from genefinder.interpret.activations import Tracer
from genefinder.interpret.sequence import AnnotatedSequence, read_sequences
from genefinder.network.config import NetworkConfig
from genefinder.network.network import GeneNetwork
from genefinder.network.next_base import NextBase
from genefinder.species.statistics import Statistics

TINY = NetworkConfig(
    word=3,
    filters=6,
    convolutions=((3, 1), (2, 3)),
    stride=3,
    hidden=5,
    head=6,
    site_hidden=3,
    site_reach=7,
    table_order=2,
    weights_before=4,
    weights_after=3,
)


@pytest.fixture
def config() -> NetworkConfig:
    return TINY


@pytest.fixture
def gene_tracer() -> Tracer:
    torch.manual_seed(5)
    network = GeneNetwork(replace(TINY, statistics=False), Grammar())
    with torch.no_grad():
        for parameter in network.parameters():
            if not parameter.any():
                parameter.normal_(std=0.5)
    return Tracer(network, torch.device("cpu"))


@pytest.fixture
def reading_tracer() -> Tracer:
    """A network whose every part reads the statistics of a species."""
    torch.manual_seed(7)
    random = np.random.default_rng(7)
    network = GeneNetwork(TINY, Grammar())
    with torch.no_grad():
        for parameter in network.parameters():
            if not parameter.any():
                parameter.normal_(std=0.5)
    tables = CountedTables(
        words=random.normal(size=(65, 4)).astype(np.float32),
        weights=random.normal(size=(4, 4, 4, 8)).astype(np.float32),
        bias=np.zeros(4, dtype=np.float32),
        before=4,
    )
    return Tracer(network.reading(Statistics("toy", tables)), torch.device("cpu"))


@pytest.fixture
def base_tracer() -> Tracer:
    torch.manual_seed(6)
    network = NextBase(TINY)
    with torch.no_grad():
        network.score.weight.normal_()
    return Tracer(network, torch.device("cpu"))


@pytest.fixture(scope="session")
def sequences(planted) -> list[AnnotatedSequence]:
    return read_sequences(planted.genome, planted.annotation)[0]
