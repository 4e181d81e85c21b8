import itertools

import pytest
import torch

from genefinder.dna import encode, reverse_complement
from genefinder.network.layers import (
    CausalConvolution,
    both_readings,
    mirror,
    recurrent_layer,
    word_indices,
)


def test_readings_are_windows_and_their_reverse_complements() -> None:
    windows = [encode("ACGTN"), encode("GGATC")]
    readings = both_readings(torch.tensor([list(window) for window in windows]))
    expected = [*windows, *map(reverse_complement, windows)]
    assert readings.tolist() == [list(reading) for reading in expected]
    assert not readings.is_floating_point()


def test_mirror_aligns_the_other_strand() -> None:
    readings = torch.arange(2 * 2 * 3 * 2).view(4, 3, 2)
    mirrored = mirror(readings)
    assert mirrored[0].tolist() == readings[2].flip(0).tolist()
    assert mirrored[3].tolist() == readings[1].flip(0).tolist()
    assert torch.equal(mirror(mirrored), readings)


@pytest.mark.parametrize("length", [1, 2, 3])
def test_word_index_reads_the_word_that_ends_at_a_base(length: int) -> None:
    sequence = "ACGTNTTGCA"
    words = ["".join(word) for word in itertools.product("ACGT", repeat=length)]
    index = word_indices(torch.tensor([encode(sequence).tolist()]), length)[0]
    for position in range(len(sequence)):
        word = sequence[max(0, position + 1 - length) : position + 1]
        expected = words.index(word) if word in words else 4**length
        assert index[position] == expected


def test_convolution_matches_its_definition() -> None:
    torch.manual_seed(1)
    layer = CausalConvolution(filters=2, kernel=3, dilation=2)
    with torch.no_grad():
        layer.bias.normal_()
    features = torch.randn(1, 9, 2)
    weight = layer.weight.view(2, 2, 3)
    out = layer(features)
    for position in range(9):
        total = layer.bias.clone()
        for tap in range(3):
            source = position - 2 * (2 - tap)
            if source >= 0:
                total = total + weight[:, :, tap] @ features[0, source]
        expected = features[0, position] + total.relu()
        torch.testing.assert_close(out[0, position], expected)


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_memory_starts_open(kind) -> None:
    layer = recurrent_layer(kind, inputs=3, hidden=4, forget_bias=6.0)
    biases = {name: value for name, value in layer.named_parameters() if "bias" in name}
    assert sum(float(bias.detach().abs().sum()) for bias in biases.values()) == 4 * 6.0
    assert biases["bias_ih_l0"][4:8].tolist() == [6.0] * 4
    # A state once reached is kept through steps that say nothing.
    state = torch.full((1, 1, 4), 0.5)
    start = (state, state) if kind == "lstm" else state
    with torch.no_grad():
        for name, value in layer.named_parameters():
            if "weight" in name:
                value.zero_()
        kept = layer(torch.zeros(1, 5, 3), start)[1]
    memory = kept[1] if kind == "lstm" else kept
    assert float(memory.min()) > 0.49


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_memories_are_spread(kind) -> None:
    """What a unit holds halves, at its rate, in steps that say nothing."""
    layer = recurrent_layer(kind, inputs=3, hidden=3, forget_bias=1.0, memory=32)
    with torch.no_grad():
        for name, value in layer.named_parameters():
            if "weight" in name:
                value.zero_()
        state = torch.full((1, 1, 3), 0.5)
        start = (state, state) if kind == "lstm" else state
        kept = layer(torch.zeros(1, 1, 3), start)[1]
    held = kept[1] if kind == "lstm" else kept
    torch.testing.assert_close(held.flatten(), 0.5 * (1 - 1 / torch.tensor([2.0, 8.0, 32.0])))
