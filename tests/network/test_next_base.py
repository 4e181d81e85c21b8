from dataclasses import replace

import pytest
import torch
from torch import Tensor

from genefinder.network.config import NetworkConfig
from genefinder.network.layers import both_readings
from genefinder.network.next_base import NextBase

SPAN = 72


def random_codes(rows: int, letters: int = 5) -> Tensor:
    generator = torch.Generator().manual_seed(11)
    return torch.randint(0, letters, (rows, SPAN), generator=generator, dtype=torch.uint8)


def network_of(config: NetworkConfig) -> NextBase:
    """A network in which every weight has a say."""
    torch.manual_seed(5)
    network = NextBase(config)
    with torch.no_grad():
        for parameter in network.parameters():
            if not parameter.any():
                parameter.normal_(std=0.5)
    return network.double().eval()


@pytest.mark.parametrize(
    "variant", [{}, {"recurrent": "gru"}, {"stride": 3}, {"convolutions": ()}], ids=str
)
def test_no_prediction_sees_the_base_itself(variant, tiny: NetworkConfig) -> None:
    network = network_of(replace(tiny, **variant))
    codes = random_codes(1, letters=4)
    rows = codes.repeat(SPAN, 1)
    for place in range(SPAN):
        rows[place, place] = (rows[place, place] + 1) % 4
    with torch.inference_mode():
        changed = network(torch.cat([codes, rows]))
    forward, reverse = changed.chunk(2)
    for reading, places in ((forward, range(SPAN)), (reverse, range(SPAN - 1, -1, -1))):
        differs = ((reading - reading[:1]).abs().amax(2) > 1e-12)[1:]
        for row, place in enumerate(places):
            assert not differs[row, : place + 1].any()
            # The next base's prediction sees it, once there is a whole word.
            assert place == SPAN - 1 or differs[row, place + 1 :].any() or place < tiny.word


def test_predictions_see_far_to_their_left(tiny: NetworkConfig) -> None:
    network = network_of(tiny)
    codes = random_codes(1, letters=4)
    changed = codes.clone()
    changed[0, 0] = (changed[0, 0] + 1) % 4
    with torch.inference_mode():
        differs = (network(codes) != network(changed)).any(dim=2)[0]
    # Through the convolutions at once, through the recurrent layer from the second block on.
    assert bool(differs[tiny.stride :].all())


def test_probabilities(tiny: NetworkConfig, device: str) -> None:
    network = network_of(tiny).float().to(device)
    with torch.inference_mode():
        chances = network(random_codes(3).to(device)).exp()
    assert chances.shape == (6, SPAN, 4)
    torch.testing.assert_close(chances.sum(2), torch.ones(6, SPAN, device=device))
    # The first place is predicted from nothing, and so alike everywhere.
    torch.testing.assert_close(chances[:, 0], chances[:1, 0].expand(6, -1))
    assert float(chances[:, 1:].std(dim=1).min()) > 0.01


def test_strands_are_read_alike(tiny: NetworkConfig) -> None:
    network = network_of(tiny)
    codes = random_codes(3)
    with torch.inference_mode():
        forward, reverse = network(codes).chunk(2)
        swapped = network(both_readings(codes)[3:]).chunk(2)
    torch.testing.assert_close(swapped[0], reverse)
    torch.testing.assert_close(swapped[1], forward)


def test_a_new_network_predicts_every_base_alike(tiny: NetworkConfig) -> None:
    with torch.inference_mode():
        chances = NextBase(tiny).eval()(random_codes(1)).exp()
    torch.testing.assert_close(chances, torch.full_like(chances, 0.25))
