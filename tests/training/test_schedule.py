import itertools
import time

import pytest

from genefinder.training.optim import Schedule
from genefinder.training.recipe import Recipe


def at(step: int, *, max_steps: int = 1_000, constant: float = 0.5) -> Schedule:
    return Schedule(max_steps=max_steps, max_seconds=None, constant=constant, step=step)


def test_rate_rises_stays_and_falls_to_nothing() -> None:
    assert [at(step).factor for step in (0, 9, 19)] == pytest.approx([0.05, 0.5, 1.0])
    assert {at(step).factor for step in range(20, 501)} == {1.0}
    assert at(750).factor == pytest.approx(0.5)
    assert at(1_000).factor == 0.0
    falling = [at(step).factor for step in range(500, 1_001)]
    assert all(one > other for one, other in itertools.pairwise(falling))


def test_rate_may_fall_from_the_start_or_never() -> None:
    assert at(250, constant=0.0).factor == pytest.approx(0.75)
    assert at(999, constant=1.0).factor == 1.0


def test_progress_is_that_of_the_budget_nearer_its_end() -> None:
    schedule = Schedule(max_steps=10, max_seconds=100.0, constant=0.5, step=2, seconds=50.0)
    assert schedule.progress == 0.5
    schedule.step = 8
    assert schedule.progress == 0.8
    schedule.seconds = 500.0
    assert schedule.progress == 1.0


def test_no_steps_are_a_budget() -> None:
    assert at(0, max_steps=0).progress == 1.0


def test_budget_without_an_end_is_refused() -> None:
    with pytest.raises(ValueError, match="budget"):
        Schedule(max_steps=None, max_seconds=None, constant=0.5)


def test_clock_counts_from_the_first_tick() -> None:
    times = iter([100.0, 103.0, 103.5])
    schedule = Schedule(None, 10.0, 0.5, clock=lambda: next(times), seconds=2.0)
    schedule.tick()
    assert schedule.seconds == 2.0
    schedule.tick()
    assert schedule.seconds == 5.0
    schedule.tick()
    assert schedule.seconds == 5.5
    assert schedule.progress == pytest.approx(0.55)


def test_the_budget_of_a_recipe() -> None:
    steps = Schedule.of(Recipe(max_steps=7, constant=0.3))
    assert (steps.max_steps, steps.max_seconds, steps.constant) == (7, None, 0.3)
    minutes = Schedule.of(Recipe(max_minutes=2.0))
    assert (minutes.max_seconds, minutes.clock) == (120.0, time.monotonic)
    cpu = Schedule.of(Recipe(max_cpu_minutes=3.0))
    assert (cpu.max_seconds, cpu.clock) == (180.0, time.process_time)


def test_a_share_of_a_budget() -> None:
    recipe = Recipe(max_steps=10, max_minutes=4.0, rate=0.5)
    half = recipe.scaled(0.25)
    assert (half.max_steps, half.max_minutes, half.max_cpu_minutes) == (3, 1.0, None)
    assert half.rate == 0.5
    assert recipe.scaled(1.0) == recipe
    # 10 * 0.7 is a little more than 7 in floating point, which is no further update.
    assert [Recipe(max_steps=10).scaled(share).max_steps for share in (0.7, 0.3)] == [7, 3]
