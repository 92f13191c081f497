import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comparisons.metrics import bounds, expected_best, no_limit, oracle_k, random_k
from tests.environment import examples


def test_oracle_k_with_as_many_submissions_as_subtasks_is_no_limit():
    scores = [[10.0, 0.0], [0.0, 20.0], [5.0, 5.0]]
    assert oracle_k(scores, k=2) == (30.0, True)
    assert no_limit(scores) == 30.0


def test_oracle_k_with_one_submission_is_the_best_candidate():
    assert oracle_k([[10.0, 0.0], [0.0, 20.0], [15.0, 15.0]], k=1) == (30.0, True)


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(1, 8), st.integers(1, 5), st.integers(1, 4), st.integers(0, 10**6))
def test_oracle_k_equals_trying_all_choices(n, subtasks, k, lots):
    scores = np.random.default_rng(lots).integers(0, 4, size=(n, subtasks)) * 1.0
    every = [scores[list(rows)].max(axis=0).sum() for rows in itertools.combinations(range(n), min(k, n))]
    assert oracle_k(scores, k=k).score == pytest.approx(max(every))


@settings(max_examples=examples(20), deadline=None)
@given(st.integers(1, 3), st.integers(0, 10**6))
def test_oracle_k_of_many_subtasks_is_a_flagged_bound(k, lots):
    scores = np.random.default_rng(lots).random((9, 14))
    best = max(scores[list(rows)].max(axis=0).sum() for rows in itertools.combinations(range(9), k))
    ceiling = oracle_k(scores, k=k)
    assert not ceiling.is_exact
    assert best - 1e-9 <= ceiling.score <= no_limit(scores) + 1e-9


def test_random_k_beyond_the_pool_sends_all_of_it():
    scores = [[10.0, 0.0], [0.0, 20.0]]
    assert random_k(scores, k=50) == (30.0, 0.0)
    assert random_k(scores, k=1) == expected_best(scores, k=1)


def test_random_k_without_candidates_is_refused():
    with pytest.raises(ValueError, match="without candidates"):
        random_k(np.empty((0, 2)), k=1)


def test_ceilings_without_candidates_are_0():
    assert no_limit(np.empty((0, 2))) == 0.0
    assert oracle_k(np.empty((0, 2)), k=3) == (0.0, True)


def test_bounds_replace_unjudged_outcomes_by_0_and_full_score():
    scores = [[10.0, float("nan")], [0.0, 5.0]]
    assert bounds(no_limit, scores, [10.0, 20.0]) == (15.0, 30.0)
    with pytest.raises(ValueError, match="unjudged"):
        no_limit(scores)
