import numpy as np
import pytest

from comparisons.strategies import Contest
from comparisons.strategies.contest import AlreadySubmitted, BudgetSpent, ContestError


def make_contest(budget: int = 2) -> Contest:
    return Contest([[10.0, 0.0], [0.0, 20.0], [5.0, 5.0]], [10.0, 20.0], budget)


def test_submit_returns_scores_and_best_so_far():
    contest = make_contest()
    contest.submit(2)
    assert contest.submit(0, aimed=1) == ((10.0, 0.0), (10.0, 5.0), 15.0)
    assert [(s.row, s.order, s.aimed, s.total_after) for s in contest.submissions] == [
        (2, 1, None, 10.0),
        (0, 2, 1, 15.0),
    ]
    assert contest.solved == frozenset({1})
    assert not contest.is_solved


def test_submit_beyond_the_budget_is_refused():
    contest = make_contest(budget=1)
    contest.submit(0)
    assert contest.remaining == 0
    with pytest.raises(BudgetSpent):
        contest.submit(1)


def test_submit_of_the_same_candidate_is_refused_and_costs_nothing():
    contest = make_contest()
    contest.submit(0)
    with pytest.raises(AlreadySubmitted):
        contest.submit(0)
    assert contest.remaining == 1


def test_submit_of_a_candidate_outside_the_pool_is_refused():
    with pytest.raises(ContestError):
        make_contest().submit(-1)


def test_contest_keeps_its_own_copy_of_the_outcomes():
    scores = np.zeros((1, 1))
    contest = Contest(scores, [1.0], 1)
    scores[0, 0] = 1.0
    assert contest.submit(0).total == 0.0


def test_contest_hides_outcomes_from_its_attributes():
    contest = make_contest()
    held = [value for value in vars(contest).values() if isinstance(value, np.ndarray)]
    assert held == []


def test_contest_refuses_unjudged_outcomes():
    with pytest.raises(ValueError, match="unjudged"):
        Contest([[float("nan")]], [1.0], 1)
