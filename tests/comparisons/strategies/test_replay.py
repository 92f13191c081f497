import numpy as np
import pytest

from comparisons.strategies import STRATEGIES, replay
from tests.comparisons.strategies.pools import make_view

NAN = float("nan")


def test_replay_scores_the_best_of_each_subtask():
    scores = [[40.0, 0.0], [10.0, 30.0], [0.0, 60.0]]
    result = replay(STRATEGIES["first-k"], make_view(3), scores, [40.0, 60.0], budget=2)
    assert result.subtask_scores == (40.0, 30.0)
    assert (result.score, result.sd, result.bounds) == (70.0, None, None)
    assert (result.draws_needed, result.submissions, len(result.seeds)) == (2, 2.0, 1)


def test_replay_that_sends_an_unjudged_candidate_is_incomplete_with_bounds():
    scores = [[40.0, 0.0], [NAN, NAN], [0.0, 30.0]]
    result = replay(STRATEGIES["first-k"], make_view(3), scores, [40.0, 60.0], budget=3)
    assert (result.score, result.subtask_scores, result.bounds) == (None, None, (70.0, 100.0))


def test_replay_that_sends_only_judged_candidates_is_complete():
    scores = [[40.0, 0.0], [0.0, 30.0], [NAN, NAN]]
    result = replay(STRATEGIES["first-k"], make_view(3), scores, [40.0, 60.0], budget=2)
    assert (result.score, result.bounds) == (70.0, None)


def test_replay_of_a_pool_without_candidates_scores_0():
    result = replay(STRATEGIES["first-k"], make_view(0), np.empty((0, 2)), [40.0, 60.0], budget=5)
    assert (result.score, result.draws_needed) == (0.0, 0)


def test_replay_averages_over_seeds_with_their_spread():
    view, scores = make_view(2), [[40.0, 60.0], [0.0, 0.0]]
    options = {"order": "random"}
    result = replay(STRATEGIES["public-filter"], view, scores, [40.0, 60.0], budget=1, seeds=200, options=options)
    hits = sum(one.score == 100.0 for one in result.seeds)
    assert result.score == pytest.approx(hits / 2)
    assert 80 < hits < 120
    assert result.sd == pytest.approx(100 * np.sqrt(hits / 200 * (1 - hits / 200) * 200 / 199))


def test_replay_refuses_scores_of_another_shape():
    with pytest.raises(ValueError, match="2 candidates and 2 subtasks"):
        replay(STRATEGIES["first-k"], make_view(2), [[1.0]], [40.0, 60.0], budget=1)
