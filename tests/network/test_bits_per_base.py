import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from genefinder.dna import Codes, N, reverse_complement
from genefinder.network.config import NetworkConfig
from genefinder.network.next_base import NextBase, bits_per_base

CPU = torch.device("cpu")


@pytest.fixture
def network(tiny: NetworkConfig) -> NextBase:
    torch.manual_seed(5)
    network = NextBase(replace(tiny, memory=0))  # such as a margin of a few hundred bases serves
    torch.nn.init.normal_(network.score.weight)
    return network.eval()


def random_codes(length: int, letters: int = 4) -> Codes:
    return np.random.default_rng(7).integers(0, letters, length).astype(np.uint8)


def test_bits_are_those_of_the_network(network: NextBase) -> None:
    codes = random_codes(99, letters=5)
    found = bits_per_base(network, codes, CPU)
    assert found.shape == (2, 99)
    with torch.inference_mode():
        forward, reverse = (-network(torch.from_numpy(codes)[None]) / math.log(2)).numpy()
    complement = reverse_complement(codes)
    for place, base in enumerate(codes):
        if base == N:
            assert np.isnan(found[:, place]).all()
        else:
            mirrored = 98 - place
            assert found[0, place] == pytest.approx(forward[place, base], abs=1e-5)
            expected = reverse[mirrored, complement[mirrored]]
            assert found[1, place] == pytest.approx(expected, abs=1e-5)


def test_a_length_that_is_no_multiple_of_the_stride(network: NextBase) -> None:
    codes = random_codes(100)
    longer = np.concatenate([codes, np.full(8, N, dtype=np.uint8)])
    found = bits_per_base(network, codes, CPU)
    assert np.array_equal(found, bits_per_base(network, longer, CPU)[:, :100])
    assert np.isfinite(found).all()


def test_windows_agree_with_the_whole(network: NextBase, device: str) -> None:
    network = network.to(device)
    codes = random_codes(3000)
    whole = bits_per_base(network, codes, torch.device(device))
    parts = bits_per_base(network, codes, torch.device(device), most=900, margin=270)
    assert np.isfinite(parts).all()
    # Only at the ends it matters whether N stand before the first base, or nothing at all.
    np.testing.assert_allclose(parts[:, 270:-270], whole[:, 270:-270], atol=0.02)
    assert np.abs(parts[0] - parts[1]).mean() > 0.1


def test_opposite_strands_swap_directions(network: NextBase) -> None:
    codes = random_codes(90)
    found, other = (
        bits_per_base(network, codes, CPU),
        bits_per_base(network, reverse_complement(codes), CPU),
    )
    np.testing.assert_allclose(other, found[::-1, ::-1], atol=1e-5)


def test_nothing_to_read(network: NextBase) -> None:
    assert bits_per_base(network, random_codes(0), CPU).shape == (2, 0)
