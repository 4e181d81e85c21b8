from collections.abc import Callable

import pytest

from genefinder.network.config import NetworkConfig

from ..toy_genomes import TINY, ToySpecies, write_species


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> ToySpecies:
    return write_species(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="session")
def species() -> Callable[..., ToySpecies]:
    """Make another toy species."""
    return write_species


@pytest.fixture(scope="session")
def tiny() -> NetworkConfig:
    return TINY
