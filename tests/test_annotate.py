from collections.abc import Iterator

import numpy as np
import pytest
import torch

from genefinder.annotate import (
    MARGIN,
    WINDOW,
    AnnotatedContig,
    EvidenceReader,
    annotate,
    choose_device,
)
from genefinder.decoding import Grammar
from genefinder.dna import N
from genefinder.errors import DeviceError
from genefinder.io.fasta import Contig, open_genome
from genefinder.labels import N_CHANNELS
from genefinder.network.config import NetworkConfig
from genefinder.network.model import GeneNetwork
from genefinder.network.store import Model, load_model

CPU = torch.device("cpu")
STEP = WINDOW - 2 * MARGIN


@pytest.fixture(scope="module")
def model(planted) -> Model:
    return load_model(planted.model)


@pytest.fixture(scope="module")
def network() -> GeneNetwork:
    """A small network in which every weight has a say and every base sees its neighbours."""
    torch.manual_seed(3)
    config = NetworkConfig(memory=0, word=2, filters=4, convolutions=((3, 1),), hidden=4, head=4)
    network = GeneNetwork(config)
    with torch.no_grad():
        for parameter in network.parameters():
            if not parameter.any():
                parameter.normal_()
    return network.eval()


def bases(length: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, length).astype(np.uint8)


def found(contigs, reader, model, **settings) -> list[AnnotatedContig]:
    grammar = Grammar.from_dict(model.grammar)
    return list(annotate(contigs, reader, grammar, model.min_posterior, **settings))


def structures(annotated) -> list[tuple[str, str, tuple[tuple[int, int], ...]]]:
    return [
        (gene.contig, gene.strand, gene.transcripts[0].cds)
        for one in annotated
        for gene in one.genes
    ]


@pytest.mark.parametrize(("threads", "batch_size"), [(1, 1), (1, 8), (2, 1), (3, 2)])
def test_finds_what_was_planted(planted, model, device, threads, batch_size):
    with EvidenceReader(model.network, torch.device(device), threads, batch_size) as reader:
        annotated = found(open_genome(planted.genome), reader, model)
    model.network.to(CPU)
    assert structures(annotated) == list(planted.genes)
    assert [one.contig.name for one in annotated] == ["one", "two", "none"]
    assert all((gene.posterior or 0) > 0.99 for one in annotated for gene in one.genes)


def test_open_ends_of_planted_genes(planted, model):
    contig = [contig for contig in open_genome(planted.genome) if contig.name == "two"]
    with EvidenceReader(model.network, CPU) as reader:
        ((head,), (tail,)) = [gene.transcripts for gene in found(contig, reader, model)[0].genes]
    assert (head.open_low, head.open_high, head.phase) == (True, False, 1)
    assert (tail.open_low, tail.open_high, tail.phase) == (False, True, 1)


@pytest.mark.parametrize("length", [1, 8, 9, 10, 500, WINDOW - 1, WINDOW, WINDOW + 1, 3 * STEP])
def test_blocks_cover_a_contig(network, length):
    codes = bases(length)
    with EvidenceReader(network, CPU) as reader:
        blocks = list(reader.read(codes))
    np.testing.assert_array_equal(np.concatenate([piece for piece, _ in blocks]), codes)
    assert all(evidence.shape == (len(piece), N_CHANNELS) for piece, evidence in blocks)


@pytest.mark.parametrize(("threads", "batch_size"), [(1, 8), (2, 1), (2, 8)])
def test_evidence_is_the_same_to_the_last_bit(network, threads, batch_size):
    codes = bases(5 * STEP + 77)

    def evidence(*settings: int) -> np.ndarray:
        with EvidenceReader(network, CPU, *settings) as reader:
            return np.concatenate([values for _, values in reader.read(codes)])

    np.testing.assert_array_equal(evidence(threads, batch_size), evidence(1, 1))


@pytest.mark.parametrize(("threads", "batch_size"), [(1, 1), (2, 8)])
def test_a_processor_computes_two_windows_a_call(network, threads, batch_size):
    """Sums over several windows may differ in their last digits, by how many there are."""
    rows = []
    hook = network.register_forward_pre_hook(lambda _, inputs: rows.append(len(inputs[0])))
    with EvidenceReader(network, CPU, threads, batch_size) as reader:
        list(reader.read(bases(5 * STEP)))
    hook.remove()
    assert sorted(rows) == [1, 2, 2]


def test_windows_agree_with_one_pass_over_the_contig(network, monkeypatch):
    codes = bases(4 * WINDOW)
    with EvidenceReader(network, CPU) as reader:
        pieces = np.concatenate([values for _, values in reader.read(codes)])
        monkeypatch.setattr("genefinder.annotate.WINDOW", len(codes))
        ((_, whole),) = reader.read(codes)
    # At its ends a cut contig has N beside it, so only what lies further in is compared.
    np.testing.assert_allclose(pieces[MARGIN:-MARGIN], whole[MARGIN:-MARGIN], atol=1e-4)


def test_a_gap_is_not_read(network):
    codes = np.concatenate([bases(STEP), np.full(3 * WINDOW, N, dtype=np.uint8), bases(STEP)])
    with EvidenceReader(network, CPU) as reader:
        evidence = np.concatenate([values for _, values in reader.read(codes)])
    unknown = slice(STEP + WINDOW, STEP + 2 * WINDOW)
    assert not evidence[unknown].any()
    assert evidence[:STEP].any(axis=1).all()
    assert evidence[-STEP:].any(axis=1).all()


@pytest.mark.parametrize(("threads", "batch_size"), [(1, 1), (1, 8), (2, 4)])
def test_reads_only_some_windows_ahead(network, threads, batch_size):
    codes = bases(40 * STEP)
    with EvidenceReader(network, CPU, threads, batch_size) as reader:
        next(reader.read(codes))
    assert len(reader.seconds) <= threads * batch_size + 1


def test_short_contigs_have_few_shapes(network):
    shapes = set()
    hook = network.register_forward_pre_hook(lambda _, inputs: shapes.add(inputs[0].shape[1]))
    with EvidenceReader(network, CPU) as reader:
        for length in range(1, 2000, 7):
            list(reader.read(bases(length)))
            assert length <= max(shapes) < length * 17 / 16 + 9
    hook.remove()
    assert len(shapes) < 110


def test_why_contigs_are_skipped(model):
    contigs = [
        Contig("empty", np.empty(0, dtype=np.uint8)),
        Contig("short", bases(49)),
        Contig("unknown", np.full(99, N, dtype=np.uint8)),
        Contig("read", bases(50)),
    ]
    with EvidenceReader(model.network, CPU) as reader:
        annotated = found(contigs, reader, model, min_contig=50)
    assert [one.skipped for one in annotated] == [
        "empty record",
        "shorter than --min-contig 50",
        "only N",
        None,
    ]
    assert len(reader.seconds) == 1


def test_min_posterior_leaves_genes_out(planted, model):
    grammar = Grammar.from_dict(model.grammar)
    with EvidenceReader(model.network, CPU) as reader:
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

    with EvidenceReader(model.network, CPU, threads=8) as reader:
        grammar = Grammar.from_dict(model.grammar)
        first = next(annotate(contigs(), reader, grammar, 0.0))
    assert first.contig.name == "0"
    assert taken <= min(9, 1 + -(-1_000_000 // size))


@pytest.mark.parametrize("name", ["cpu", "auto"])
def test_devices_that_are_always_there(name):
    assert choose_device(name).type in ("cpu", "cuda")


@pytest.mark.parametrize("name", ["", "gpu", "meta", "mps", "cuda:x", "cuda:-1", "cpu:0:1"])
def test_unknown_devices(name):
    with pytest.raises(DeviceError, match="choose auto, cpu, cuda or cuda:N"):
        choose_device(name)


@pytest.mark.parametrize("name", ["cuda:99", *(() if torch.cuda.is_available() else ("cuda",))])
def test_absent_devices(name):
    with pytest.raises(DeviceError, match=f"{name} was asked for"):
        choose_device(name)
