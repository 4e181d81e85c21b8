"""What to compute with."""

from dataclasses import dataclass

import torch

from genefinder.models.model import Model
from genefinder.network.device import choose_device
from genefinder.predictor import Predictor


@dataclass(frozen=True, slots=True)
class Compute:
    """What to compute with, which changes no result.

    Attributes
    ----------
    threads, batch_size
        Windows at the same time on the CPU, and windows in flight for each.
    device
        ``auto``, ``cpu``, ``cuda``, ``cuda:N``, or a device of PyTorch.
    """

    threads: int = 1
    batch_size: int = 8
    device: str | torch.device = "auto"

    @property
    def where(self) -> torch.device:
        """The device of PyTorch."""
        return choose_device(self.device)

    def predictor(self, model: Model) -> Predictor:
        """Return a predictor that computes with it."""
        return Predictor(model, threads=self.threads, batch_size=self.batch_size, device=self.where)
