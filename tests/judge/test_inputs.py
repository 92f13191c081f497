"""Which inputs become probes, and what brute-force programs agree on: the counting, without programs."""

from __future__ import annotations

from pathlib import Path

from judge.inputs import MadeInput, Rule, best, chosen, majority


def made(*accepts: int) -> list[MadeInput]:
    """Inputs named by their place, with so many votes each."""
    return [MadeInput(str(place), Path("/"), 1, 0, n) for place, n in enumerate(accepts)]


def names(found: list[MadeInput]) -> str:
    return "".join(one.digest for one in found)


def test_chosen_counts_after_or_before_validation() -> None:
    inputs = made(4, 1, 3, 4, 2, 3)
    assert names(chosen(inputs, Rule(3, 3))) == "023"
    assert names(chosen(inputs, Rule(3, 3, counts_made=True))) == "02"


def test_best_takes_most_votes_first_and_never_below_half() -> None:
    inputs = made(1, 2, 4, 2, 3)
    assert names(best(inputs, Rule(9, 4), n_validators=4, wanted=3)) == "124"
    assert names(best(inputs, Rule(9, 4), n_validators=4, wanted=9)) == "1234"
    assert best(inputs, Rule(9, 1), n_validators=0, wanted=9) == []


def test_majority_is_more_than_half_of_all_programs() -> None:
    a, b, c = b"a", b"b", b"c"
    found = majority([[a, a, a, None], [a, b, None, None], [b, c, None, None]])
    assert found == [(a, 2 / 3), (None, 1 / 3), (None, 1 / 3), (None, 0.0)]
    assert majority([[a], [b]]) == [(None, 0.5)]
    assert majority([]) == []
