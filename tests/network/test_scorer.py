import numpy as np
import pytest
import torch

from genefinder.dna import N
from genefinder.grammar import Grammar
from genefinder.grammar.labels import N_CHANNELS
from genefinder.network.config import NetworkConfig
from genefinder.network.network import GeneNetwork
from genefinder.network.scorer import MARGIN, WINDOW, WindowScorer

CPU = torch.device("cpu")
STEP = WINDOW - 2 * MARGIN


@pytest.fixture(scope="module")
def network() -> GeneNetwork:
    """A small network in which every weight has a say and every base sees its neighbours."""
    torch.manual_seed(3)
    config = NetworkConfig(memory=0, word=2, filters=4, convolutions=((3, 1),), hidden=4, head=4)
    network = GeneNetwork(config, Grammar())
    with torch.no_grad():
        for parameter in network.parameters():
            if not parameter.any():
                parameter.normal_()
    return network.eval()


def bases(length: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, length).astype(np.uint8)


@pytest.mark.parametrize("length", [1, 8, 9, 10, 500, WINDOW - 1, WINDOW, WINDOW + 1, 3 * STEP])
def test_blocks_cover_a_contig(network, length):
    codes = bases(length)
    with WindowScorer(network, CPU) as reader:
        blocks = list(reader.read(codes))
    np.testing.assert_array_equal(np.concatenate([piece for piece, _ in blocks]), codes)
    assert all(scores.shape == (len(piece), N_CHANNELS) for piece, scores in blocks)


@pytest.mark.parametrize(("threads", "batch_size"), [(1, 8), (2, 1), (2, 8)])
def test_scores_is_the_same_to_the_last_bit(network, threads, batch_size):
    codes = bases(5 * STEP + 77)

    def scores(*settings: int) -> np.ndarray:
        with WindowScorer(network, CPU, *settings) as reader:
            return np.concatenate([values for _, values in reader.read(codes)])

    np.testing.assert_array_equal(scores(threads, batch_size), scores(1, 1))


@pytest.mark.parametrize(("threads", "batch_size"), [(1, 1), (2, 8)])
def test_a_processor_computes_two_windows_a_call(network, threads, batch_size):
    """Sums over several windows may differ in their last digits, by how many there are."""
    rows = []
    hook = network.register_forward_pre_hook(lambda _, inputs: rows.append(len(inputs[0])))
    with WindowScorer(network, CPU, threads, batch_size) as reader:
        list(reader.read(bases(5 * STEP)))
    hook.remove()
    assert sorted(rows) == [1, 2, 2]


def test_windows_agree_with_one_pass_over_the_contig(network):
    codes = bases(4 * WINDOW)
    with WindowScorer(network, CPU) as reader:
        pieces = np.concatenate([values for _, values in reader.read(codes)])
    with WindowScorer(network, CPU, window=len(codes)) as reader:
        ((_, whole),) = reader.read(codes)
    # At its ends a cut contig has N beside it, so only what lies further in is compared.
    np.testing.assert_allclose(pieces[MARGIN:-MARGIN], whole[MARGIN:-MARGIN], atol=1e-4)


def test_a_gap_is_not_read(network):
    codes = np.concatenate([bases(STEP), np.full(3 * WINDOW, N, dtype=np.uint8), bases(STEP)])
    with WindowScorer(network, CPU) as reader:
        scores = np.concatenate([values for _, values in reader.read(codes)])
    unknown = slice(STEP + WINDOW, STEP + 2 * WINDOW)
    assert not scores[unknown].any()
    assert scores[:STEP].any(axis=1).all()
    assert scores[-STEP:].any(axis=1).all()


@pytest.mark.parametrize(("threads", "batch_size"), [(1, 1), (1, 8), (2, 4)])
def test_reads_only_some_windows_ahead(network, threads, batch_size):
    codes = bases(40 * STEP)
    with WindowScorer(network, CPU, threads, batch_size) as reader:
        next(reader.read(codes))
    assert len(reader.seconds) <= threads * batch_size + 1


def test_short_contigs_have_few_shapes(network):
    shapes = set()
    hook = network.register_forward_pre_hook(lambda _, inputs: shapes.add(inputs[0].shape[1]))
    with WindowScorer(network, CPU) as reader:
        for length in range(1, 2000, 7):
            list(reader.read(bases(length)))
            assert length <= max(shapes) < length * 17 / 16 + 9
    hook.remove()
    assert len(shapes) < 110


@pytest.mark.parametrize("threads", [1, 2])
def test_short_contigs_share_calls(network, threads):
    """Each is scored as if it were alone, whichever others are there."""
    calls = []
    hook = network.register_forward_pre_hook(lambda _, inputs: calls.append(inputs[0].shape))
    lengths = [300, 301, 2 * STEP, 302, 0, 900, 300, 899, 1, WINDOW]
    contigs = [bases(length, seed) for seed, length in enumerate(lengths)]
    with WindowScorer(network, CPU, threads) as reader:
        together = [list(blocks) for blocks in reader.read_all(contigs)]
        shared = len(calls)
        alone = [list(reader.read(codes)) for codes in contigs]
    hook.remove()
    assert shared < len(calls) - shared
    assert max(rows * span for rows, span in calls) <= 2 * WINDOW
    for codes, ours, single in zip(contigs, together, alone, strict=True):
        np.testing.assert_array_equal(np.concatenate([piece for piece, _ in ours]), codes)
        found, expected = (
            np.concatenate([values for _, values in blocks]) for blocks in (ours, single)
        )
        np.testing.assert_allclose(found, expected, atol=1e-5)
