"""The benchmarks are no part of the package: they are found beside it."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from genefinder.genes import Gene, Interval, Strand, Transcript

sys.path.append(str(Path(__file__).resolve().parents[2]))


def coding_gene(
    name: str, *chains: tuple[Interval, ...], strand: Strand = "+", posterior: float | None = None
) -> Gene:
    transcripts = tuple(
        Transcript(f"{name}.{number}", "c", strand, cds, cds, posterior=posterior)
        for number, cds in enumerate(chains)
    )
    return Gene(name, "c", strand, transcripts)


@pytest.fixture(scope="session")
def gene() -> Callable[..., Gene]:
    """Make a gene of its isoforms' coding chains."""
    return coding_gene
