"""How a model is asked for probes: defaults, the 75 % rule, and prompts by role."""

from __future__ import annotations

import pytest

from comparisons.samplers.probe_prompts import PROBES, probe_prompt
from comparisons.samplers.probe_recipes import ProbeRecipe, Role
from comparisons.samplers.prompts import Aim, Task


@pytest.mark.parametrize(("validators", "needed"), [(1, 1), (2, 2), (4, 3), (5, 4), (8, 6), (0, 1)])
def test_three_quarters_of_the_validators_must_accept(validators: int, needed: int) -> None:
    assert ProbeRecipe().needed(validators) == needed


def test_roles_have_draws_of_their_own_and_survive_the_row() -> None:
    recipe = ProbeRecipe.of({"brute_force": 3, "generators": 2}, {"max_tokens": 9, "seed": 1, "stop": "x"})
    assert recipe.ranges() == {
        Role.GENERATOR: (0, 2),
        Role.VALIDATOR: (100, 108),
        Role.BRUTE_FORCE: (200, 203),
    }
    assert (recipe.max_tokens, recipe.extra) == (9, {"stop": "x"})
    assert ProbeRecipe.from_data(recipe.to_data()) == recipe


@pytest.mark.parametrize("role", list(Role))
def test_prompt_says_problem_subtask_language_and_what_is_asked(role: Role) -> None:
    task = Task("Sums", "Add {a} and {b}.", "batch", "python3", samples=[("1 2", "3")], aim=Aim(2, "", 60, False))
    system, user = probe_prompt(PROBES, role, task).messages
    assert system.text == PROBES.system
    for said in ("Add {a} and {b}.", "Sample input 1", "subtask 2", "Python 3", "The statement says what it promises."):
        assert said in user.text
    assert ("seed" in user.text, "exit code 0" in user.text) == (role == Role.GENERATOR, role == Role.VALIDATOR)
