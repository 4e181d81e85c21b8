import pytest

from genefinder.network.config import NetworkConfig

from ..toy_genomes import TINY


@pytest.fixture(scope="session")
def tiny() -> NetworkConfig:
    return TINY
