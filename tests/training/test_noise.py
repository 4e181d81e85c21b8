import torch

from genefinder.dna import N
from genefinder.training.optim import replace_bases


def test_replaces_a_share_of_the_bases() -> None:
    torch.manual_seed(1)
    codes = torch.randint(0, 4, (3, 20_000), dtype=torch.uint8)
    noisy = replace_bases(codes, 0.2)
    changed = (noisy != codes).float().mean(1)
    assert ((changed - 0.15).abs() < 0.01).all()
    assert noisy.dtype == codes.dtype
    assert int(noisy.max()) < N
    assert torch.equal(codes, codes.clone())


def test_unknown_bases_stay_unknown() -> None:
    codes = torch.full((1, 50), N, dtype=torch.uint8)
    assert torch.equal(replace_bases(codes, 1.0), codes)


def test_no_noise_draws_nothing() -> None:
    torch.manual_seed(1)
    state = torch.get_rng_state()
    codes = torch.randint(0, 4, (10,))
    torch.set_rng_state(state)
    assert replace_bases(codes, 0.0) is codes
    assert torch.equal(torch.get_rng_state(), state)
