"""Holm's rule, and intervals that stand at the level of their step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparisons.metrics import Spread, cannot_reject, deciding_p, holm, rank_ranges, step_levels
from comparisons.metrics.intervals import Interval


def test_levels_step_down_until_one_is_kept() -> None:
    assert step_levels([0.04, 0.001, 0.02]) == pytest.approx([1 - 0.05, 1 - 0.05 / 3, 1 - 0.05 / 2])
    # The second of Holm's steps fails: the third stands where it failed.
    assert step_levels([0.03, 0.001, 0.04]) == pytest.approx([1 - 0.05 / 2, 1 - 0.05 / 3, 1 - 0.05 / 2])
    assert step_levels([None, 0.001]) == pytest.approx([0.95, 0.975])
    assert step_levels([]) == []


@given(st.lists(st.floats(1e-6, 1), min_size=1, max_size=8))
def test_levels_reject_what_holm_rejects(p_values: list[float]) -> None:
    by_level = [p <= 1 - level for p, level in zip(p_values, step_levels(p_values), strict=True)]
    assert by_level == [p <= 0.05 for p in holm(p_values)] or any(abs(p - 0.05) < 1e-9 for p in holm(p_values))


def test_deciding_p_is_where_the_interval_meets_zero() -> None:
    spread = Spread.of([3.0, 1.0, 4.0, 2.0, 5.0, -0.5], [0.0] * 6)
    p = deciding_p(spread.at)
    assert p is not None
    assert spread.at(1 - p * 0.999).excludes_zero is False
    assert spread.at(1 - p * 1.001).excludes_zero is True
    assert spread.p == pytest.approx(p, rel=1e-6)
    many = Spread.of(np.random.default_rng(4).exponential(1.0, 40) - 0.75, np.zeros(40))
    assert many.p == pytest.approx(deciding_p(many.at), rel=0.05)
    assert deciding_p(lambda level: Interval.absent("one problem only", level)) is None


def test_intervals_of_a_family_are_wrong_in_at_most_one_of_twenty() -> None:
    """Three true nulls of five: how often any of them is called shown, over 600 simulated comparisons."""
    rng = np.random.default_rng(2)
    wrong = 0
    for _ in range(600):
        spreads = [Spread.of(rng.normal(mean, 1.0, 8), np.zeros(8)) for mean in (0, 0, 0, 2.0, 3.0)]
        levels = step_levels([one.p for one in spreads])
        wrong += any(one.at(level).excludes_zero for one, level in zip(spreads[:3], levels[:3], strict=True))
    assert wrong / 600 <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 600)


@pytest.mark.parametrize(("problems", "family", "can"), [(5, 1, False), (6, 1, True), (6, 2, False), (9, 11, True)])
def test_few_problems_cannot_reject(problems: int, family: int, can: bool) -> None:
    assert (cannot_reject(problems, family) == "") is can


def test_rank_ranges_count_who_is_shown_better_and_worse() -> None:
    assert rank_ranges([1, 2, 3], [(1, 2), (1, 3)]) == {1: (1, 1), 2: (2, 3), 3: (2, 3)}
    assert rank_ranges([1, 2], []) == {1: (1, 2), 2: (1, 2)}
