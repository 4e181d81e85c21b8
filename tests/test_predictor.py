from collections.abc import Iterator

import numpy as np
import pytest
import torch

from genefinder.dna import N
from genefinder.io.fasta import Contig, open_genome
from genefinder.models.model import Model
from genefinder.network.scorer import MARGIN, WINDOW, WindowScorer
from genefinder.predictor import AnnotatedContig, annotate

CPU = torch.device("cpu")
STEP = WINDOW - 2 * MARGIN


@pytest.fixture(scope="module")
def model(planted) -> Model:
    return Model.load(planted.model)


def bases(length: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, length).astype(np.uint8)


def found(contigs, reader, model, **settings) -> list[AnnotatedContig]:
    grammar = model.grammar
    return list(annotate(contigs, reader, grammar, model.min_posterior, **settings))


def structures(annotated) -> list[tuple[str, str, tuple[tuple[int, int], ...]]]:
    return [
        (gene.contig, gene.strand, gene.transcripts[0].cds)
        for contig in annotated
        for gene in contig.genes
    ]


@pytest.mark.parametrize(("threads", "batch_size"), [(1, 1), (1, 8), (2, 1), (3, 2)])
def test_finds_what_was_planted(planted, model, device, threads, batch_size):
    with WindowScorer(model.network, torch.device(device), threads, batch_size) as reader:
        annotated = found(open_genome(planted.genome), reader, model)
    model.network.to(CPU)
    assert structures(annotated) == list(planted.genes)
    assert [contig.contig.name for contig in annotated] == ["one", "two", "none"]
    assert all((gene.posterior or 0) > 0.99 for contig in annotated for gene in contig.genes)


def test_open_ends_of_planted_genes(planted, model):
    contig = [contig for contig in open_genome(planted.genome) if contig.name == "two"]
    with WindowScorer(model.network, CPU) as reader:
        ((head,), (tail,)) = [gene.transcripts for gene in found(contig, reader, model)[0].genes]
    assert (head.partial_low, head.partial_high, head.phase) == (True, False, 1)
    assert (tail.partial_low, tail.partial_high, tail.phase) == (False, True, 1)


def test_why_contigs_are_skipped(model):
    contigs = [
        Contig("empty", np.empty(0, dtype=np.uint8)),
        Contig("short", bases(49)),
        Contig("unknown", np.full(99, N, dtype=np.uint8)),
        Contig("read", bases(50)),
    ]
    with WindowScorer(model.network, CPU) as reader:
        annotated = found(contigs, reader, model, min_contig=50)
    assert [contig.skipped for contig in annotated] == [
        "empty record",
        "shorter than --min-contig 50",
        "only N",
        None,
    ]
    assert len(reader.seconds) == 1


def test_min_posterior_leaves_genes_out(planted, model):
    grammar = model.grammar
    with WindowScorer(model.network, CPU) as reader:
        annotated = list(annotate(open_genome(planted.genome), reader, grammar, 1.1))
    assert not structures(annotated)


@pytest.mark.parametrize("size", [100, 400_000, 3_000_000])
def test_contigs_are_not_hoarded(model, size):
    taken = 0

    def contigs() -> Iterator[Contig]:
        nonlocal taken
        for number in range(40):
            taken += 1
            yield Contig(str(number), np.full(size, N, dtype=np.uint8))

    with WindowScorer(model.network, CPU, threads=8) as reader:
        grammar = model.grammar
        first = next(annotate(contigs(), reader, grammar, 0.0))
    assert first.contig.name == "0"
    assert taken <= min(9, 1 + -(-1_000_000 // size))
