import pytest

from genefinder.network.config import NetworkConfig

TINY = NetworkConfig(
    word=3,
    filters=8,
    convolutions=((3, 1),),
    hidden=8,
    head=8,
    site_hidden=4,
    site_reach=6,
    table_order=3,
)


@pytest.fixture(scope="session")
def tiny() -> NetworkConfig:
    return TINY
