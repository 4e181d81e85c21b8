from dataclasses import replace

import pytest

from genefinder.errors import InputError
from genefinder.training.recipe import Recipe, update_recipe


def test_a_share_of_a_budget() -> None:
    recipe = Recipe(max_steps=10, max_minutes=4.0, rate=0.5)
    half = recipe.scaled(0.25)
    assert (half.max_steps, half.max_minutes, half.max_cpu_minutes) == (3, 1.0, None)
    assert half.rate == 0.5
    assert recipe.scaled(1.0) == recipe
    # 10 * 0.7 is a little more than 7 in floating point, which is no further update.
    assert [Recipe(max_steps=10).scaled(share).max_steps for share in (0.7, 0.3)] == [7, 3]


def test_update_recipe_keeps_the_rest() -> None:
    recipe = Recipe(batch=7)
    assert update_recipe(recipe, {"seed": 3}, "here") == replace(recipe, seed=3)
    with pytest.raises(InputError, match="here: recipe: seed must be"):
        update_recipe(recipe, {"seed": -1}, "here")


def test_minutes_of_one_kind() -> None:
    with pytest.raises(InputError, match="max_minutes and max_cpu_minutes are both given"):
        Recipe(max_minutes=1, max_cpu_minutes=2)
