"""How the weights move: optimizers, schedule, running average, and noise on the bases."""

import copy
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar

import torch
from torch import Tensor, nn

from genefinder.dna import N
from genefinder.training.recipe import Recipe

_WARMUP = 20
"""Steps over which the learning rate rises from zero."""

Network = TypeVar("Network", bound=nn.Module)


class Muon(torch.optim.Muon):
    """Muon that orthogonalises in single precision.

    That of torch does so in bfloat16, which processors without instructions for it emulate: on one
    with AVX2 alone an update of a usual network took 228 ms, 40 % of a training step, and takes
    19 ms in single precision.
    """

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update every matrix that has a gradient."""
        for group in self.param_groups:
            rate, decay = group["lr"], group["momentum"]
            for matrix in group["params"]:
                if matrix.grad is None:
                    continue
                state = self.state[matrix]
                if not state:
                    state["momentum_buffer"] = torch.zeros_like(matrix)
                momentum = state["momentum_buffer"].lerp_(matrix.grad, 1 - decay)
                update = orthogonalise(
                    matrix.grad.lerp(momentum, decay),
                    group["ns_coefficients"],
                    group["ns_steps"],
                    group["eps"],
                )
                matrix.mul_(1 - rate * group["weight_decay"])
                # The root mean square is to be that of AdamW's updates.
                matrix.add_(update, alpha=-0.2 * rate * math.sqrt(max(matrix.shape)))


def orthogonalise(
    matrix: Tensor, coefficients: tuple[float, float, float], steps: int, least: float
) -> Tensor:
    """Bring all singular values of a matrix near 1, by Newton-Schulz iteration.

    Parameters
    ----------
    matrix
        ``(n, m)``.
    coefficients
        Of the odd polynomial that is applied to the singular values.
    steps
        How often.
    least
        Norms below this count as so large.
    """
    linear, cubic, quintic = coefficients
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    wide = wide / wide.norm().clamp(min=least)
    for _ in range(steps):
        gram = wide @ wide.T
        gram = torch.addmm(gram, gram, gram, beta=cubic, alpha=quintic)
        wide = torch.addmm(wide, gram, wide, beta=linear)
    return wide if matrix.shape[0] <= matrix.shape[1] else wide.T


class Optimizers:
    """Two optimizers that step together.

    Muon (Jordan et al. 2024) orthogonalises the update of each matrix, embeddings and word tables
    among them: with AdamW (Loshchilov and Hutter 2019) instead, these learn rare words too fast,
    and held-out loss after 5 Mb of A. thaliana was 1.57 nats a kilobase rather than 1.45.

    Parameters
    ----------
    network
        The network to train.
    rate
        Peak learning rate; Muon's updates are scaled to AdamW's root mean square.
    weight_decay
        Decay of the matrices.

    Attributes
    ----------
    parts
        Muon and AdamW.
    """

    def __init__(self, network: nn.Module, rate: float, weight_decay: float) -> None:
        """Sort the parameters."""
        matrices = [parameter for parameter in network.parameters() if parameter.ndim == 2]
        rest = [parameter for parameter in network.parameters() if parameter.ndim != 2]
        muon = Muon if matrices[0].device.type == "cpu" else torch.optim.Muon
        self.parts: list[torch.optim.Optimizer] = [
            muon(matrices, lr=rate, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(rest, lr=rate, weight_decay=0.0),
        ]
        self._rate = rate

    def step(self, factor: float) -> None:
        """Update with the peak learning rate times a factor, and forget the gradients."""
        for optimizer in self.parts:
            for group in optimizer.param_groups:
                group["lr"] = self._rate * factor
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    def state_dict(self) -> list[dict[str, Any]]:
        """Return the state of both."""
        return [optimizer.state_dict() for optimizer in self.parts]

    def load_state_dict(self, states: Iterable[dict[str, Any]]) -> None:
        """Restore the state of both."""
        for optimizer, state in zip(self.parts, states, strict=True):
            optimizer.load_state_dict(state)


@dataclass(slots=True)
class Schedule:
    """A budget: whichever of steps and seconds runs out first ends the run.

    Attributes
    ----------
    max_steps
        Updates, or ``None``.
    max_seconds
        Seconds of training and validation, or ``None``.
    constant
        Share of the budget at the full rate; it then falls linearly to zero.
    clock
        Tells the time in seconds: the wall clock, or the processor time of this process.
    step
        Updates done.
    seconds
        Seconds used up.
    """

    max_steps: int | None
    max_seconds: float | None
    constant: float
    clock: Callable[[], float] = time.monotonic
    step: int = 0
    seconds: float = 0.0
    _since: float | None = None

    def __post_init__(self) -> None:
        """Refuse a budget without an end."""
        if self.max_steps is None and self.max_seconds is None:
            raise ValueError("a budget needs steps or seconds")

    @classmethod
    def of(cls, recipe: Recipe) -> Self:
        """Return the schedule of a recipe's whole budget.

        Raises
        ------
        ValueError
            If the recipe has none.
        """
        by_cpu = recipe.max_cpu_minutes is not None
        minutes = recipe.max_cpu_minutes if by_cpu else recipe.max_minutes
        return cls(
            max_steps=recipe.max_steps,
            max_seconds=None if minutes is None else 60 * minutes,
            constant=recipe.constant,
            clock=time.process_time if by_cpu else time.monotonic,
        )

    def tick(self) -> None:
        """Bring ``seconds`` up to now; the first call starts the clock."""
        now = self.clock()
        self.seconds += now - (now if self._since is None else self._since)
        self._since = now

    @property
    def progress(self) -> float:
        """Share of the budget that is used up, 0 to 1."""
        shares = [0.0]
        if self.max_steps is not None:
            shares.append(self.step / self.max_steps if self.max_steps else 1.0)
        if self.max_seconds is not None:
            shares.append(self.seconds / max(1e-9, self.max_seconds))
        return min(1.0, max(shares))

    @property
    def factor(self) -> float:
        """Learning rate here, as a share of the full one."""
        falling = min(1.0, (1.0 - self.progress) / max(1e-9, 1.0 - self.constant))
        return min(falling, (self.step + 1) / _WARMUP)


class AveragedWeights(Generic[Network]):
    """Exponential moving average of a network's weights (Polyak and Juditsky 1992).

    Parameters
    ----------
    network
        The network that is trained.
    decay
        Weight of the past; smaller during the first updates.

    Attributes
    ----------
    network
        A copy with the averaged weights, in evaluation mode.
    """

    def __init__(self, network: Network, decay: float) -> None:
        """Start at the present weights."""
        self._decay = decay
        self.network = copy.deepcopy(network).eval()
        self.network.requires_grad_(False)

    def update(self, network: Network, step: int) -> None:
        """Take in the weights after an update."""
        decay = min(self._decay, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(
                list(self.network.parameters()), list(network.parameters()), 1 - decay
            )

    def state_dict(self) -> dict[str, Tensor]:
        """Return the averaged weights."""
        return self.network.state_dict()

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore averaged weights."""
        self.network.load_state_dict(state)


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
