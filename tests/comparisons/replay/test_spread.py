"""What a run keeps of its deviations over draws, and that its page says why it has no interval."""

from __future__ import annotations

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse

from comparisons.actions.runs import run_inline, start_run
from comparisons.models import Candidate, Run
from comparisons.stages.replaying import deviations
from tests.comparisons.replay.judged import make_pool, make_set, make_user

pytestmark = pytest.mark.django_db

SCORES = [(0, 0), (30, 0), (10, 35), (0, 70), (20, 0)] * 4
PASSED = [0, 1, 1, 0, 0] * 4


@pytest.fixture
def longest() -> Run:
    """The longest thought of one problem's 20 draws: one draw decides, and in halves the next ones."""
    pool = make_pool(make_set({"nile": (30, 70)}), {"nile": SCORES})
    Candidate.objects.update(reasoning_tokens=10 * F("index") + 10)
    return run_inline(start_run(make_user(), pool=pool, strategy="longest-thought", budget=1, is_inline=True))


def test_an_interval_that_three_draws_decide_is_nearly_all_there_is(longest: Run) -> None:
    assert (longest.score, longest.over_draws_lo) == (20.0, 0.0)
    assert longest.over_draws_hi is not None and longest.over_draws_hi > 70


def test_an_interval_that_one_draw_would_decide_is_refused_and_the_page_says_so() -> None:
    scores = [(30, 70), *[(0, 0), (1, 0)] * 10]
    pool = make_pool(make_set({"nile": (30, 70)}), {"nile": scores})
    run = run_inline(start_run(make_user(), pool=pool, strategy="random-k", budget=1, is_inline=True))
    reason = "one or two draws decide the result: too few to measure a spread"
    assert (run.over_draws_lo, run.over_draws_reason) == (None, reason)
    client = Client()
    client.force_login(run.created_by)
    page = client.get(reverse("podium:run-detail", args=[run.pk])).content.decode()
    assert f"no interval over draws: {reason}" in page


def test_deviations_come_back_as_they_were_stored(longest: Run) -> None:
    found = deviations(longest)
    assert found.values.shape == (200, 1) and found.problems == ("nile",)
    assert found.freedom is not None and 1.5 < found.freedom[0] < 2.8
    assert found.skewness is not None and found.skewness.shape == (1,)
    assert found.unseen is not None and found.unseen.tolist() == [0.0]


@pytest.mark.parametrize(("budget", "unseen"), [(9, 35.0), (8, 0.0)])
def test_points_are_unseen_where_submissions_are_left_over(budget: int, unseen: float) -> None:
    pool = make_pool(make_set({"nile": (30, 70)}), {"nile": SCORES}, public={"nile": PASSED})
    run = run_inline(start_run(make_user(), pool=pool, strategy="public-filter", budget=budget, is_inline=True))
    found = deviations(run)
    assert found.unseen is not None and found.unseen.tolist() == [unseen]


@pytest.mark.parametrize("strategy", ["random-k", "public-filter"])
def test_points_no_draw_has_are_unseen_as_far_as_random_choice_meets_one_of_three_better_draws(strategy: str) -> None:
    scores = [(0, 0), (30, 0), (10, 35), (0, 35), (20, 0)] * 4
    pool = make_pool(make_set({"nile": (30, 70)}), {"nile": scores}, public={"nile": [1] * 20})
    run = run_inline(start_run(make_user(), pool=pool, strategy=strategy, budget=5, is_inline=True))
    left = 70 - 35 if strategy == "public-filter" else 70 - run.trials.get().subtask_scores[1][2]
    found = deviations(run)
    assert found.unseen is not None
    assert found.unseen[0] == pytest.approx(left * (1 - 0.75**3), abs=1e-4)
