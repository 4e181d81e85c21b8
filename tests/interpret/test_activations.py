from typing import Any

import numpy as np
import torch

from genefinder.interpret.activations import Tracer
from genefinder.network.layers import both_readings


def codes_of(length: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, length).astype(np.uint8)


def test_a_trace_is_what_the_encoder_says(gene_tracer: Tracer) -> None:
    codes = codes_of(300)
    (window, activations) = next(iter(gene_tracer.trace(codes)))
    network: Any = gene_tracer.network
    with torch.inference_mode():
        encoding = network.encoder(both_readings(torch.from_numpy(window.read(codes))[None]))
        output = network(torch.from_numpy(window.read(codes))[None])
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
