"""Noise on the sequence, so that a network cannot learn its data by heart."""

import torch
from torch import Tensor

from genefinder.dna import N


def replace_bases(codes: Tensor, share: float) -> Tensor:
    """Replace bases by others drawn at random, as point mutations would.

    Parameters
    ----------
    codes
        Integer codes (see :mod:`genefinder.dna`), any shape; N stays N.
    share
        Share of the bases that are drawn anew, a quarter of which come out as they were.
    """
    if not share:
        return codes
    drawn = (torch.rand(codes.shape) < share) & (codes != N)
    return torch.where(drawn, torch.randint_like(codes, N), codes)
