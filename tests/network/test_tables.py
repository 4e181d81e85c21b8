import torch

from genefinder.dna import encode
from genefinder.labels import DONOR, EXON, INTRON, START, STRAND_CHANNELS
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
    scores = tables(readings)
    assert scores.shape == (1, STRAND_CHANNELS, len(sequence))
    words = word_indices(readings, tiny.table_order + 1)[0]
    for position, word in enumerate(words):
        expected = tables.words[word]
        torch.testing.assert_close(scores[0, EXON:INTRON, position], expected[:3])
        torch.testing.assert_close(scores[0, INTRON:START, position], expected[3].expand(3))
        # Weights look from `before` bases left to `after` bases right; N and the outside say 0.
        signal = tables.bias[DONOR - START].clone()
        for column in range(tiny.weights_before + 1 + tiny.weights_after):
            source = position + column - tiny.weights_before
            if 0 <= source < len(codes) and codes[source] < 4:
                signal += tables.weights[DONOR - START, codes[source], column]
        torch.testing.assert_close(scores[0, DONOR, position], signal)


def test_say_nothing_at_first(tiny: NetworkConfig) -> None:
    assert not Tables(tiny)(torch.randint(0, 5, (2, 30))).any()
