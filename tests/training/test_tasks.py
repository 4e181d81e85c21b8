from typing import Any, cast

import pytest
import torch
from torch import Tensor

from genefinder.data.windows import Window
from genefinder.network.network import GeneNetwork
from genefinder.network.statistics import SpeciesScores
from genefinder.training.tasks import GeneTask


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_words_of_a_share_of_the_windows_are_hidden(share: float) -> None:
    def network(codes: Tensor, statistics: object, hidden: Tensor | None) -> Tensor:
        return torch.zeros(len(codes)) if hidden is None else hidden.float()

    def statistics(codes: Tensor, windows: object) -> SpeciesScores:
        return SpeciesScores(codes, codes)

    torch.manual_seed(3)
    task = GeneTask(cast(Any, None), cast(Any, None), statistics, share)
    windows = [cast(Window, None)] * 2000
    hidden = task.forward(cast(GeneNetwork, network), torch.zeros(2000, 9), windows)
    assert float(hidden.mean()) == pytest.approx(share, abs=0.04 * (0 < share < 1))
