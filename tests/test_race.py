"""Races of models on a sample."""

from collections.abc import Sequence

import numpy as np
import pytest

from genefinder.compute import Compute
from genefinder.data.genome_sample import GenomeSample
from genefinder.io.contigs import Contig
from genefinder.models.profile import SpeciesProfile
from genefinder.race import BEHIND, Contender, race

CHUNK = 50_000


class Known(Contender):
    """A contender whose score is known, and which notes what it has read."""

    def __init__(self, scores: list[float], genes: float = 100.0) -> None:
        self.scores = scores
        self.genes = genes
        self.has_read: list[int] = []
        self.profile = SpeciesProfile.from_genes([])

    @property
    def score(self) -> float:
        return self.scores[len(self.has_read) - 1]

    @property
    def finds_genes(self) -> bool:
        return self.genes > 0

    def read(self, chunks: Sequence[Contig]) -> None:
        self.has_read.append(sum(map(len, chunks)) // 1000)


@pytest.fixture
def sample() -> GenomeSample:
    """Twelve chunks."""
    codes = np.random.default_rng(1).integers(0, 4, 12 * CHUNK).astype(np.uint8)
    return GenomeSample([Contig("one", codes)])


def test_who_is_far_behind_reads_no_more(sample) -> None:
    ahead, close, far = Known([9.0, 9.0]), Known([9.0 - BEHIND, 2.0]), Known([8.9 - BEHIND])
    progress: list[float] = []
    bases = race([far, close, ahead], sample, progress=progress.append)
    assert (far.has_read, close.has_read, ahead.has_read) == ([100], [100, 200], [100, 200])
    assert bases == 180_000
    assert progress == [pytest.approx(share) for share in (1 / 3, 2 / 3, 1)]


def test_close_ones_read_all(sample) -> None:
    first, second = Known([5.0] * 9), Known([5.5] * 9)
    assert race([first, second], sample) == 600_000
    assert first.has_read == second.has_read == [100, 200, 400, 600]
    first, second = Known([5.0] * 9), Known([5.5] * 9)
    assert race([first, second], sample, first=300_000, most=400_000) == 400_000
    assert first.has_read == [300, 400]


def test_one_alone_reads_the_beginning(sample) -> None:
    alone = Known([1.0])
    assert race([alone], sample) == 90_000


def test_who_finds_no_genes_rules_nobody_out(sample) -> None:
    """It saves exactly nothing, more than those whose genes cost more than they save."""
    nothing, poor = Known([0.0] * 9, genes=0.0), Known([-9.0] * 9)
    race([nothing, poor], sample)
    assert poor.has_read[-1] == 600


def test_what_was_read_is_not_read_again(planted, sample, monkeypatch) -> None:
    from genefinder import race as module
    from genefinder.models.model import Model

    found: list[str] = []

    def nothing(chunks, *_):
        found.extend(chunk.name for chunk in chunks)
        return [(chunk, ()) for chunk in chunks]

    monkeypatch.setattr(module, "find", nothing)
    contender = Contender(Model.load(planted.model), Compute(device="cpu"))
    for bases in (100_000, 200_000, 200_000):
        contender.read(sample.short(bases))
        assert contender.profile.bases == bases
    assert len(found) == len(set(found)) == 4
    assert not contender.finds_genes
