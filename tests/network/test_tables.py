import torch

from genefinder.dna import encode
from genefinder.network.config import NetworkConfig
from genefinder.network.layers import word_indices
from genefinder.network.tables import Tables


def test_scores_are_looked_up(tiny: NetworkConfig) -> None:
    torch.manual_seed(4)
    tables = Tables(tiny)
    with torch.no_grad():
        tables.words[:-1].normal_()
        tables.weights.normal_()
        tables.bias.normal_()
    sequence = "ACGTTNGCATTAGC"
    codes = encode(sequence)
    readings = torch.tensor([codes.tolist()])
    states, signals = tables(readings)
    assert states.shape == signals.shape == (1, len(sequence), 4)
    words = word_indices(readings, tiny.table_order + 1)[0]
    for position, word in enumerate(words):
        torch.testing.assert_close(states[0, position], tables.words[word])
        # Weights look from `before` bases left to `after` bases right; N and the outside say 0.
        for signal in range(4):
            expected = tables.bias[signal].clone()
            for column in range(tiny.weights_before + 1 + tiny.weights_after):
                source = position + column - tiny.weights_before
                if 0 <= source < len(codes) and codes[source] < 4:
                    expected += tables.weights[signal, codes[source], column]
            torch.testing.assert_close(signals[0, position, signal], expected)


def test_say_nothing_at_first(tiny: NetworkConfig) -> None:
    states, signals = Tables(tiny)(torch.randint(0, 5, (2, 30)))
    assert not states.any()
    assert not signals.any()
