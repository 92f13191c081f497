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


def test_an_interval_that_three_draws_would_decide_is_refused_and_the_page_says_so(longest: Run) -> None:
    assert (longest.score, longest.over_draws_lo) == (20.0, None)
    assert longest.over_draws_reason.startswith("too few draws decide the result: about 3")
    client = Client()
    client.force_login(longest.created_by)
    page = client.get(reverse("podium:run-detail", args=[longest.pk])).content.decode()
    assert f"no interval over draws: {longest.over_draws_reason}" in page


def test_deviations_come_back_as_they_were_stored(longest: Run) -> None:
    found = deviations(longest)
    assert found.values.shape == (200, 1) and found.problems == ("nile",)
    assert found.deciding is not None and 2.5 < found.deciding[0] < 3.5
    assert found.unseen is not None and found.unseen.tolist() == [0.0]


@pytest.mark.parametrize(("budget", "unseen"), [(9, 35.0), (8, 0.0)])
def test_points_are_unseen_where_submissions_are_left_over(budget: int, unseen: float) -> None:
    pool = make_pool(make_set({"nile": (30, 70)}), {"nile": SCORES}, public={"nile": PASSED})
    run = run_inline(start_run(make_user(), pool=pool, strategy="public-filter", budget=budget, is_inline=True))
    found = deviations(run)
    assert found.unseen is not None and found.unseen.tolist() == [unseen]
