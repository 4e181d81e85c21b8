"""What every test may ask for."""

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import settings

from genefinder.grammar import Grammar
from genefinder.network.config import NetworkConfig
from genefinder.network.network import GeneNetwork

from .toy_genomes import (
    BareGenome,
    Planted,
    ToyContig,
    write_bare,
    write_large,
    write_planted,
    write_reader,
)

ROOT = Path(__file__).resolve().parent.parent

settings.register_profile("repeatable", derandomize=True, deadline=None, database=None)
settings.load_profile("repeatable")

# Background jobs start with the interrupt ignored, those under nohup with the hang-up, and so would
# the commands under test.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def example() -> Path:
    """The small real genome and its genes."""
    return ROOT / "data" / "example"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The large annotated genomes beside the checkout, which are no part of the project."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the annotated genomes in ../shared/data")
    return folder


@pytest.fixture(params=["cpu", "cuda"])
def device(request: pytest.FixtureRequest) -> str:
    """Every kind of device that PyTorch can compute on here."""
    name: str = request.param
    if name == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    return name


_TINY = NetworkConfig(
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


@pytest.fixture(scope="session")
def toy_contig() -> type[ToyContig]:
    """Make contigs for planting genes one by one."""
    return ToyContig


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """A genome with planted genes: eight in three windows, then one cut off at either end."""
    return write_planted(tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="session")
def planted_species(planted: Planted, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that reads statistics; see :func:`~.toy_genomes.write_reader`."""
    return write_reader(planted, tmp_path_factory.mktemp("planted") / "reader")


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Install models, and no others, under the names of their directories; returns the folder."""

    def install_models(*models: Path) -> Path:
        folder = tmp_path / "installed"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for model in models:
            (folder / model.name).symlink_to(model)
        monkeypatch.setenv("GENEFINDER_MODELS", str(folder))
        return folder

    return install_models


@pytest.fixture(scope="session")
def bare(tmp_path_factory: pytest.TempPathFactory) -> BareGenome:
    """Sixty genes on two contigs, without annotation."""
    return write_bare(tmp_path_factory.mktemp("bare"))


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> BareGenome:
    """A genome that is large enough to be learnt; see :func:`~.toy_genomes.write_large`."""
    return write_large(tmp_path_factory.mktemp("large"))


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    """Threads that wait for each other are slow where the processor is shared."""
    torch.set_num_threads(1)


@pytest.fixture
def tiny() -> NetworkConfig:
    """A network of all parts that computes in no time."""
    return _TINY


@pytest.fixture
def lively():
    """A network in which every weight has a say, those that start at zero too."""

    def lively_network(config: NetworkConfig, grammar: Grammar | None = None) -> GeneNetwork:
        torch.manual_seed(7)
        network = GeneNetwork(config, grammar or Grammar())
        with torch.no_grad():
            for parameter in network.parameters():
                if not parameter.any():
                    parameter.normal_(std=0.5)
        return network.eval()

    return lively_network
