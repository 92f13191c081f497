"""Calls that brought nothing and may have been paid for: a run over the pool costs at least what it says."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from comparisons.actions.runs import run_inline, start_run
from comparisons.models import Candidate, Pool, Request, Run
from comparisons.stages.unanswered_calls import unanswered_of
from tests.comparisons.replay.judged import make_pool, make_set, make_user

pytestmark = pytest.mark.django_db

#: Four draws of 1,000 tokens in and 500 out, at 1 and 2 USD per million.
DRAW_USD = Decimal("0.002")


@pytest.fixture
def pool() -> Pool:
    found = make_pool(make_set({"nile": (100,)}), {"nile": [[100], [0], [0], [0]]}, n_asked=5)
    for index in range(4):
        called(found, index=index, outcome="answered", input_tokens=1000, output_tokens=500, is_charge_known=True)
    return found


def called(pool: Pool, **how: Any) -> Request:
    """A call of the pool's first problem, sent before its candidates were frozen."""
    frozen = pool.newest_revision.created_at
    return Request.objects.create(
        **{"pool": pool, "problem": pool.candidates.all()[0].problem, "sent_at": frozen - timedelta(minutes=1), **how}
    )


def reviewed(pool: Pool, index: int) -> None:
    draw = Candidate.objects.get(pool=pool, index=index)
    draw.pk, draw.attempt = None, 2
    draw.save()


def first(pool: Pool, k: int, **how: Any) -> Run:
    return run_inline(start_run(make_user(), pool=pool, strategy="first-k", budget=k, is_inline=True, **how))


@pytest.mark.parametrize("outcome", ["failed", "lost", "sent"])
def test_run_that_needs_a_draw_costs_at_least_the_calls_that_were_broken_off(pool: Pool, outcome: str) -> None:
    called(pool, index=2, outcome=outcome)
    before, after = first(pool, 2), first(pool, 3)
    assert (before.cost_usd, before.cost_is_lower_bound) == (2 * DRAW_USD, False)
    assert (after.cost_usd, after.cost_is_lower_bound) == (3 * DRAW_USD, True)
    assert after.details["cost_missing"] == ["the token counts of 1 of 4 calls"]
    assert after.details["tokens"]["output"] == {"sum": 2000.0, "is_lower_bound": True}


def test_calls_that_certainly_cost_nothing_change_nothing(pool: Pool) -> None:
    called(pool, index=0, outcome="failed", error_kind="rate-limit", is_charge_known=True)
    run = first(pool, 4)
    assert (run.cost_usd, run.cost_is_lower_bound) == (4 * DRAW_USD, False)


def test_calls_for_a_draw_that_was_never_answered_go_to_the_next_or_the_last(pool: Pool) -> None:
    Candidate.objects.filter(pool=pool, index=3).update(index=4)
    called(pool, index=3, outcome="failed")
    assert [first(pool, k).cost_is_lower_bound for k in (3, 4)] == [False, True]
    other = make_pool(pool.problem_set, {"nile": [[100], [0]]}, n_asked=3)
    called(other, index=2, outcome="failed")
    assert [first(other, k).cost_is_lower_bound for k in (1, 2)] == [False, True]


def test_call_for_several_draws_stands_with_each(pool: Pool) -> None:
    called(pool, index=1, n_draws=3, outcome="failed")
    assert [first(pool, k).cost_is_lower_bound for k in (1, 2, 4)] == [False, True, True]


def test_what_was_sent_after_the_revision_was_frozen_is_not_in_its_runs(pool: Pool) -> None:
    called(pool, index=0, outcome="failed", sent_at=timezone.now() + timedelta(minutes=1))
    assert not first(pool, 4).cost_is_lower_bound


def test_review_that_was_broken_off_counts_where_reviews_do(pool: Pool) -> None:
    called(pool, index=0, attempt=2, outcome="answered", answer="Run it on 3.", output_tokens=9, is_charge_known=True)
    called(pool, index=1, attempt=2, outcome="failed")
    reviewed(pool, 3)
    assert first(pool, 1).details["cost_missing"] == ["the token counts of 1 of 2 calls"]
    assert first(pool, 2).details["cost_missing"] == ["the token counts of 2 of 4 calls"]
    assert not first(pool, 2, attempt=1).cost_is_lower_bound


def test_turn_of_an_attempt_that_came_is_in_its_tokens(pool: Pool) -> None:
    called(pool, index=0, attempt=2, outcome="answered", answer="Run it on 3.", output_tokens=9, is_charge_known=True)
    assert sum(map(len, unanswered_of(pool.newest_revision).values())) == 1
    reviewed(pool, 0)
    assert unanswered_of(pool.newest_revision) == {}
