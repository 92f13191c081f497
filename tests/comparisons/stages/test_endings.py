"""What is counted of answers that score 0, and of draws whose further attempts were never answered."""

from __future__ import annotations

import pytest

from comparisons.actions.drawing import extend
from comparisons.models import PoolState, User
from comparisons.queries.attempts import n_short_of_attempts
from comparisons.queries.drawing import drawing_of, sample_data
from comparisons.queries.pool_pages import pool_page
from tests.comparisons.asked import draw, finish, make_asked_model, make_set
from tests.comparisons.samplers.providers.serving import Told

pytestmark = pytest.mark.django_db
TOO_LONG = {"do": "status", "status": 400, "code": "context_length_exceeded", "message": "too long"}


def test_page_and_command_count_the_same_refusals(server: Told, user: User) -> None:
    server.tell({"do": "filter", "text": " "}, {"do": "refusal"}, {"do": "length"})
    pool = draw(user, make_set(user, problems=1), make_asked_model(user, server.address, max_concurrency=1), n=4)
    found, page = drawing_of(pool), pool_page(pool)
    assert found is not None
    assert (found.refused, found.truncated, found.without_program) == (2, 1, 3)
    assert page.counts == {"refused": 2, "truncated": 1, "without_program": 3}


def test_answers_are_counted_by_the_last_attempt_of_each_draw(server: Told, user: User) -> None:
    server.tell({"do": "length"})
    pool = draw(user, make_set(user, problems=1), make_asked_model(user, server.address), n=1, attempts=2)
    found = drawing_of(pool)
    assert found is not None
    assert list(pool.candidates.values_list("finish_reason", flat=True)) == ["length", "stop"]
    assert (found.drawn, found.truncated, found.without_program, found.incomplete) == (1, 0, 0, 0)
    assert pool_page(pool).counts == {"refused": 0, "truncated": 0, "without_program": 0}


def test_attempts_that_were_never_answered_are_said(server: Told, user: User) -> None:
    server.tell({"do": "answer"}, TOO_LONG)
    pool = draw(
        user, make_set(user, problems=1), make_asked_model(user, server.address, max_concurrency=1), n=1, attempts=2
    )
    found = drawing_of(pool)
    assert found is not None
    assert (pool.state, found.drawn, found.failed, found.incomplete) == (PoolState.DONE, 1, 0, 1)
    assert not found.is_complete
    assert sample_data(pool, found)["incomplete"] == 1
    assert n_short_of_attempts(pool, first=1) == 1
    extend(user, pool, enqueue=False)
    finish(pool)
    assert n_short_of_attempts(pool, first=1) == 0
