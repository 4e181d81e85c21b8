import math

import pytest
import torch

from genefinder.dataset.raw import RawWindow
from genefinder.dna import encode
from genefinder.training.pretraining.objective import next_base_loss


def window(letters: str) -> RawWindow:
    return RawWindow(encode(letters), encode(letters))


def test_bits_of_both_readings() -> None:
    torch.manual_seed(1)
    windows = [window("ACGN"), window("NTTA")]
    chances = torch.log_softmax(torch.randn(4, 4, 4), 2)
    picked = [
        *((0, 0, 0), (0, 1, 1), (0, 2, 2)),  # ACG.
        *((1, 1, 3), (1, 2, 3), (1, 3, 0)),  # .TTA
        *((2, 1, 1), (2, 2, 2), (2, 3, 3)),  # .CGT, the reverse complement of the first
        *((3, 0, 3), (3, 1, 0), (3, 2, 0)),  # TAA.
    ]
    expected = -sum(float(chances[place]) for place in picked) / len(picked) / math.log(2)
    assert float(next_base_loss(chances, windows)) == pytest.approx(expected, rel=1e-5)


def test_knowing_nothing_costs_two_bits() -> None:
    chances = torch.full((2, 5, 4), -math.log(4))
    assert float(next_base_loss(chances, [window("ACNGT")])) == pytest.approx(2)
