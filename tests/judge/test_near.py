"""What an unknown name may have been meant to be."""

from __future__ import annotations

import pytest

from judge.near import near_names, nearest_or_all

TASKS = [f"humaneval-{n}" for n in range(82)]


@pytest.mark.parametrize(
    ("word", "names", "near"),
    [
        ("HumanEval/7", TASKS, ["humaneval-7"]),
        ("HumanEval/100", TASKS, []),
        ("humaneval", TASKS, []),
        ("humanevla-7", TASKS, ["humaneval-7"]),
        ("nlie", ["nile", "mosaic", "line"], ["line", "nile"]),
        ("nile", ["ioi2024-nile", "mosaic"], ["ioi2024-nile"]),
        ("ad", ["add", "subtract"], ["add"]),
        ("a", ["abc301-a", "abc302-a"], []),
        ("gpt-5", ["gpt-4", "openai/gpt-5", "gpt-5.1"], ["openai/gpt-5", "gpt-5.1"]),
        ("prime", ["add", "subtract"], []),
        ("", ["add"], []),
        ("…", ["add", "…"], []),
    ],
)
def test_only_names_that_could_have_been_meant_are_near(word: str, names: list[str], near: list[str]) -> None:
    assert near_names(word, names) == near


def test_a_refusal_names_the_near_ones_or_all() -> None:
    assert nearest_or_all("atempts", ["attempts", "members"], there="it has") == "nearest: attempts"
    assert nearest_or_all("colour", ["attempts", "members"], there="it has") == "it has attempts, members"
    assert nearest_or_all("colour", [], there="it has") == "it has none"
