"""How far a run is in its budget of steps or minutes, and the learning rate there."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from genefinder.training.recipe import Recipe

_WARMUP = 20
"""Steps over which the learning rate rises from zero."""


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
