"""Random choice as a rule: frames, and pools that were asked subtask by subtask."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from comparisons.metrics.random_choice import draw_scores, random_choice
from comparisons.stages.floors import floor_choices, floor_means, floor_needs, floor_of_halves, floor_sd, frame_of
from comparisons.stages.rules import rule_of
from comparisons.strategies import StrategyError, SubtaskView
from tests.comparisons.strategies.pools import make_view

SCORES = np.array([[40.0, 0.0], [0.0, 60.0], [0.0, 0.0], [40.0, 0.0], [0.0, 0.0]])


class Pool(SimpleNamespace):
    def __len__(self) -> int:
        return len(self.view)


def test_frames_say_who_may_be_drawn() -> None:
    view = make_view(
        5, has_program=[True, True, False, True, True], compiled=[True, False, False, True, True],
        program_id=[7, 8, -1, 7, -1],
    )  # fmt: skip
    pool: Any = Pool(view=view, scores=SCORES)
    frames = {
        name: frame_of(pool, {"frame": name}).tolist() for name in ("answered", "program", "compiled", "distinct")
    }
    assert frames == {
        "answered": [0, 1, 2, 3, 4], "program": [0, 1, 3, 4], "compiled": [0, 3, 4], "distinct": [0, 1, 4],
    }  # fmt: skip
    # One of three different programs: 40 or 60 or nothing.
    assert floor_means(pool, SCORES, frame_of(pool, {"frame": "distinct"}), 1) == pytest.approx([40 / 3, 20])
    assert floor_means(pool, SCORES, np.empty(0, dtype=np.int64), 1).tolist() == [0.0, 0.0]


def test_random_k_has_a_frame_and_no_other_option() -> None:
    assert rule_of("random-k", budget=2, options={"frame": "answered"}).options == {}
    assert rule_of("random-k", budget=2, options={"frame": "compiled"}).options == {"frame": "compiled"}
    with pytest.raises(StrategyError, match="random-k has no option 'colour'; it has frame"):
        rule_of("random-k", budget=2, options={"colour": "red"})
    with pytest.raises(StrategyError, match="option frame takes answered, program, compiled, distinct"):
        rule_of("random-k", budget=2, options={"frame": "all"})


def test_pool_asked_by_subtask_gives_each_an_equal_share_and_the_remainder_to_the_one_that_contains_others() -> None:
    subtasks = (SubtaskView(1, 40.0, (2,)), SubtaskView(2, 60.0))
    view = replace(make_view(5, aimed=[1, 2, 2, 1, 1]), subtasks=subtasks)
    pool: Any = Pool(view=view, scores=SCORES)
    rows = np.arange(5)
    # Subtask 1's pool gets two of three submissions, subtask 2's one.
    assert floor_means(pool, SCORES, rows, 3) == pytest.approx([40.0, 30.0])
    assert random_choice(SCORES, view.aimed, k=3, hardest=(1, 2)).by_subtask == pytest.approx((40.0, 30.0))
    assert floor_sd(pool, SCORES, rows, 3) == pytest.approx(30.0)
    drawn = draw_scores(SCORES, view.aimed, k=3, hardest=(1, 2), draws=500, seed=2)
    assert drawn.mean() == pytest.approx(70.0, abs=4 * 30 / np.sqrt(500))
    halves = np.array([[0, 1], [2, 4]])
    assert floor_of_halves(pool, halves, 2, {}).tolist() == [100.0, 0.0]


def test_spread_of_a_choice_is_exact_with_any_number_of_score_levels() -> None:
    """Every candidate has a score of its own on subtask 1; seeded draws agree."""
    rng = np.random.default_rng(1)
    scores = np.stack([rng.permutation(1000) / 10, rng.integers(0, 3, 1000) * 20.0], axis=1)
    pool: Any = Pool(view=make_view(1000), scores=scores)
    found = floor_sd(pool, scores, np.arange(1000), 5)
    drawn = draw_scores(scores, np.zeros(1000, dtype=np.int64), k=5, draws=20_000, seed=2).std()
    assert found == pytest.approx(drawn, rel=0.03)


def test_spread_of_a_choice_from_several_pools_is_exact_with_any_number_of_score_levels() -> None:
    """Asked subtask by subtask, every candidate with a score of its own on both; pairs take several blocks."""
    rng = np.random.default_rng(1)
    scores = np.stack([rng.permutation(3000) / 50, rng.permutation(3000) / 75], axis=1)
    scores[:, 1] += scores[:, 0] / 2
    aimed = rng.integers(1, 3, 3000)
    pool: Any = Pool(view=make_view(3000, aimed=aimed.tolist()), scores=scores)
    found = floor_sd(pool, scores, np.arange(3000), 5)
    drawn = draw_scores(scores, aimed, k=5, hardest=(2, 1), draws=6000, seed=2).std()
    assert found == pytest.approx(drawn, rel=0.05)
    levels = np.stack([rng.permutation(9000) / 50] * 2, axis=1)
    assert floor_sd(Pool(view=make_view(9000), scores=levels), levels, np.arange(9000), 5) is None


@pytest.mark.parametrize("frame", ["answered", "compiled"])
def test_draws_that_random_choice_needs_are_those_of_all_orders_of_drawing(frame: str) -> None:
    """By every order in which a pool may be drawn: until as many as are wanted may be taken, subtask by subtask."""
    compiled = np.array([True, False, True, True, True, False, True])
    aimed = [1, 1, 1, 1, 2, 2, 2]
    pool: Any = Pool(view=make_view(7, aimed=aimed, compiled=compiled), scores=np.zeros((7, 2)))
    inside = compiled if frame == "compiled" else np.ones(7, dtype=bool)
    # Of three submissions the harder subtask gets the remainder.
    shares = {2: 2, 1: 1}
    expected = np.zeros(7)
    for unit, share in shares.items():
        rows = np.flatnonzero(np.array(aimed) == unit).tolist()
        if share == sum(inside[rows]):
            expected[rows] = 1.0
            continue
        orders = list(permutations(rows))
        for order in orders:
            taken = 0
            for row in order:
                if taken == share:
                    break
                expected[row] += 1 / len(orders)
                taken += inside[row]
    options = {} if frame == "answered" else {"frame": frame}
    assert floor_needs(pool, options, 3) == pytest.approx(expected)
    choices = floor_choices(pool, options, 3)
    seen = np.mean([np.isin(np.arange(7), rows) for rows in choices], axis=0)
    assert len(choices) == 20 and seen == pytest.approx(expected, abs=0.35)
    assert all(inside[rows].sum() == 3 for rows in choices)


def test_each_different_program_once_and_more_than_there_are_need_every_draw() -> None:
    view = make_view(4, has_program=[True, True, False, True], program_id=[0, 0, -1, 1])
    pool: Any = Pool(view=view, scores=np.zeros((4, 2)))
    for frame, budget in (("distinct", 1), ("program", 3), ("answered", 9)):
        assert floor_needs(pool, {"frame": frame}, budget).tolist() == [1.0] * 4
        assert [rows.tolist() for rows in floor_choices(pool, {"frame": frame}, budget)] == [[0, 1, 2, 3]]
    assert floor_needs(pool, {"frame": "program"}, 1).tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 4, 1 / 3])
