"""Recipes: what a person may say, and what a pool keeps."""

from __future__ import annotations

from typing import Any

import pytest

from comparisons.samplers.providers import SamplingParameters
from comparisons.samplers.recipes import Recipe, RecipeError


def test_recipe_of_a_person_goes_before_the_models_defaults() -> None:
    defaults = {"temperature": 1.0, "max_tokens": 100, "top_k": 40}
    recipe = Recipe.of({"n": 3, "temperature": 0.5, "language": "C++17", "effort": None}, defaults)
    assert (recipe.temperature, recipe.max_tokens, recipe.language, recipe.effort) == (0.5, 100, "cpp", "")
    assert recipe.extra == {"top_k": 40}
    assert Recipe.from_data(recipe.to_data()) == recipe


def test_seed_moves_with_the_draw() -> None:
    recipe = Recipe(n=2, seed=7, temperature=0.2)
    assert [recipe.parameters(index) for index in (0, 5)] == [
        SamplingParameters(temperature=0.2, seed=7),
        SamplingParameters(temperature=0.2, seed=12),
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"n": 0}, "n is 0, not a whole number from 1 to 1,000,000"),
        ({"n": 1, "attempts": 11}, "attempts is 11, not a whole number from 1 to 10"),
        ({"n": 1, "max_tokens": True}, "max_tokens is True, not a whole number from 1 to 100,000,000"),
        ({"n": 1, "temperature": float("nan")}, "temperature is nan, not a number from 0 to 10"),
        ({"n": 1, "top_p": 1.5}, "top_p is 1.5, not a number from 0 to 1"),
        ({"n": 1, "formulation": "test"}, "formulation is 'test', not one of problem, subtask"),
        ({"n": 1, "template": "mine-v1"}, "there is no prompt 'mine-v1'; there are contest-v1"),
    ],
)
def test_recipe_that_cannot_be_drawn_by_names_what_is_wrong(given: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError) as refused:
        Recipe.of(given, {})
    assert str(refused.value) == said
