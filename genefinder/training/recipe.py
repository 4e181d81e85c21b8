"""How a network is trained, whatever it learns."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from genefinder.errors import InputError

# What a recipe may hold: the least of each whole number, the ends of each other number.
_LEAST_WHOLE = {
    "window": 1,
    "batch": 1,
    "max_steps": 0,
    "validations": 1,
    "patience": 0,
    "validation_bases": 1,
    "seed": 0,
}
_TINY = 1e-12
_BETWEEN = {
    "rate": (_TINY, 1.0),
    "weight_decay": (0.0, 1.0),
    "noise": (0.0, 1.0),
    "averaging": (0.0, 1.0),
    "constant": (0.0, 1.0),
    "max_minutes": (_TINY, math.inf),
    "max_cpu_minutes": (_TINY, math.inf),
    "clip": (_TINY, math.inf),
}
_OPTIONAL = ("max_steps", "max_minutes", "max_cpu_minutes")

_USUAL_MINUTES = 60.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train: everything that shapes the resulting weights, besides the data.

    Attributes
    ----------
    window
        Bases a window; a multiple of the network's stride.
    batch
        Windows an update (of each process).
    rate
        Peak learning rate.
    weight_decay
        Decay of the weight matrices.
    noise
        Share of the bases that the network, but not the loss, sees replaced at random.
    averaging
        Decay of the running average of the weights that is evaluated and saved.
    constant
        Share of the budget at the full learning rate.
    max_steps, max_minutes
        Budget in updates and in minutes of training and validation; whichever ends first.
    max_cpu_minutes
        Budget in minutes of processor time; never beside ``max_minutes``.
    validations
        Validations over the budget.
    patience
        Validations in a row without improvement that are put up with; one more ends the run early.
    validation_bases
        Bases of the validation regions decoded during training, at most; all of them at the end.
    clip
        Largest gradient norm.
    seed
        Seed of weights and windows.
    """

    window: int = 4_995
    batch: int = 4
    rate: float = 2e-3
    weight_decay: float = 0.1
    noise: float = 0.03
    averaging: float = 0.998
    constant: float = 0.2
    max_steps: int | None = None
    max_minutes: float | None = None
    max_cpu_minutes: float | None = None
    validations: int = 10
    patience: int = 6
    validation_bases: int = 2_000_000
    clip: float = 100.0
    seed: int = 1

    @property
    def endless(self) -> bool:
        """No budget is given."""
        return not (self.max_minutes or self.max_cpu_minutes) and self.max_steps is None

    def scaled(self, share: float) -> Self:
        """Return a recipe with a share of the budget; updates are rounded up."""

        def minutes(value: float | None) -> float | None:
            return None if value is None else value * share

        # What a product of floats is too large by would otherwise be rounded up to an update.
        steps = None if self.max_steps is None else math.ceil(self.max_steps * share - 1e-9)
        return replace(
            self,
            max_steps=steps,
            max_minutes=minutes(self.max_minutes),
            max_cpu_minutes=minutes(self.max_cpu_minutes),
        )

    def __post_init__(self) -> None:
        """Reject values that nothing can be trained with.

        Raises
        ------
        InputError
            If a value is of the wrong type or out of range, or there are minutes of both kinds.
        """
        for name, least in _LEAST_WHOLE.items():
            value = getattr(self, name)
            if value is None and name in _OPTIONAL:
                continue
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise InputError(
                    f"{name} must be a whole number of at least {least}, not {value!r}"
                )
        for name, (low, high) in _BETWEEN.items():
            value = getattr(self, name)
            if value is None and name in _OPTIONAL:
                continue
            if not isinstance(value, int | float) or not low <= value <= high:
                raise InputError(f"{name} must be a number from {low:g} to {high:g}, not {value!r}")
        if self.max_minutes is not None and self.max_cpu_minutes is not None:
            raise InputError(
                "max_minutes and max_cpu_minutes are both given; keep the one that ends the run"
            )


def reject_unknown(values: Mapping[str, Any], known: Sequence[str], place: str) -> None:
    """Refuse misspelt names, which would otherwise change a run silently.

    Raises
    ------
    InputError
        If there are any.
    """
    if unknown := sorted(str(name) for name in values if name not in known):
        raise InputError(
            f"{place}: unknown setting {', '.join(unknown)}; known are {', '.join(known)}"
        )


def update_recipe(recipe: Recipe, values: Mapping[str, Any], place: str) -> Recipe:
    """Return a recipe with some values replaced.

    Raises
    ------
    InputError
        If a name is unknown, or a value of the wrong type or out of range.
    """
    reject_unknown(values, [field.name for field in fields(Recipe)], f"{place}: recipe")
    try:
        return replace(recipe, **values)
    except InputError as error:
        dotless = any(isinstance(value, str) and "e" in value.lower() for value in values.values())
        hint = "; YAML reads 1.0e-3 as a number, but not 1e-3" if dotless else ""
        raise InputError(f"{place}: recipe: {error}{hint}") from error


def budgeted(
    recipe: Recipe,
    max_minutes: float | None,
    max_steps: int | None,
    seed: int | None,
) -> Recipe:
    """Return a recipe with what a command line says, and a budget in any case: an hour by default.

    Parameters
    ----------
    recipe
        From a file, or the usual one.
    max_minutes, max_steps, seed
        ``None`` where the command line says nothing. Minutes replace those of processor time.

    Raises
    ------
    InputError
        If a value is out of range.
    """
    given: dict[str, object] = {"max_steps": max_steps, "seed": seed}
    changes = {name: value for name, value in given.items() if value is not None}
    if max_minutes is not None:
        changes |= {"max_minutes": max_minutes, "max_cpu_minutes": None}
    recipe = update_recipe(recipe, changes, "command line")
    return replace(recipe, max_minutes=_USUAL_MINUTES) if recipe.endless else recipe
