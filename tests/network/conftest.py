import pytest
import torch

from genefinder.network.config import NetworkConfig
from genefinder.network.model import GeneNetwork

TINY = NetworkConfig(
    word=3,
    filters=8,
    convolutions=((3, 1), (2, 3)),
    hidden=8,
    head=8,
    site_hidden=4,
    site_reach=7,
    table_order=2,
    weights_before=4,
    weights_after=3,
)


def lively_network(config: NetworkConfig) -> GeneNetwork:
    """A network in which every weight has a say, those that start at zero too."""
    torch.manual_seed(7)
    network = GeneNetwork(config)
    with torch.no_grad():
        for parameter in network.parameters():
            if not parameter.any():
                parameter.normal_(std=0.5)
    return network.eval()


@pytest.fixture
def tiny() -> NetworkConfig:
    return TINY


@pytest.fixture
def lively():
    return lively_network


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    """Threads that wait for each other are slow where the processor is shared."""
    torch.set_num_threads(1)
