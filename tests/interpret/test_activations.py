from typing import Any

import numpy as np
import pytest
import torch

from genefinder.dna import N
from genefinder.interpret.activations import Tracer, cut_windows
from genefinder.network.layers import both_readings


def codes_of(length: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, length).astype(np.uint8)


@pytest.mark.parametrize("length", [1, 8, 9, 100, 8_991, 9_001, 20_000])
def test_windows_cover_everything_once(length: int) -> None:
    codes = codes_of(length)
    found = list(cut_windows(codes, 9))
    assert [window.start for window in found[1:]] == [window.end for window in found[:-1]]
    assert (found[0].start, found[-1].end) == (0, length)
    np.testing.assert_array_equal(
        np.concatenate([window.codes[window.core] for window in found]), codes
    )
    for window in found:
        assert len(window.codes) % 9 == 0
        assert window.first % 9 == 0
        inside = np.arange(window.first, window.first + len(window.codes))
        outside = (inside < 0) | (inside >= length)
        assert (window.codes[outside] == N).all()


def test_a_trace_is_what_the_encoder_says(gene_tracer: Tracer) -> None:
    (window, activations) = next(iter(gene_tracer.trace(codes_of(300))))
    network: Any = gene_tracer.network
    with torch.inference_mode():
        encoding = network.encoder(both_readings(torch.from_numpy(window.codes)[None]))
        output = network(torch.from_numpy(window.codes)[None])
    assert torch.equal(activations.bases, encoding.bases)
    assert torch.equal(activations.recurrences[0].states, encoding.blocks)
    assert torch.equal(activations.output, output)
    assert [recurrence.layer for recurrence in activations.recurrences] == [
        network.encoder.recurrent,
        *network.joint,
    ]
    assert activations.motifs is not None
    assert (activations.motifs >= -1e-6).all()


def test_no_hook_stays(gene_tracer: Tracer) -> None:
    list(gene_tracer.trace(codes_of(30)))
    assert not any(module._forward_hooks for module in gene_tracer.network.modules())


def test_upstream_knows_nothing_of_what_follows(gene_tracer: Tracer) -> None:
    tracer = Tracer(gene_tracer.network, gene_tracer.device, margin=0)
    codes = codes_of(90)
    base = 44  # the last of a block
    other = codes.copy()
    other[base + 1 :] = codes_of(90, 2)[base + 1 :]
    before, after = (next(iter(tracer.trace(read)))[1].features(3) for read in (codes, other))
    entry = (base + 1) // 3 - 1
    assert torch.equal(before[0][0, : entry + 1], after[0][0, : entry + 1])
    assert not torch.equal(before[0][0, entry + 1], after[0][0, entry + 1])
    other = codes.copy()
    other[:base] = codes_of(90, 3)[:base]
    before, after = (next(iter(tracer.trace(read)))[1].features(3) for read in (codes, other))
    assert torch.equal(before[1][0, entry:], after[1][0, entry:])
    assert not torch.equal(before[1][0, entry - 1], after[1][0, entry - 1])
