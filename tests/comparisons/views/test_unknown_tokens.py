"""Tokens that a part of a pool's candidates or calls does not tell: a sum that is at least so much, never exact."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from comparisons.models import Candidate, Pool, Request, User
from comparisons.queries.drawing import drawing_of, sample_data
from comparisons.queries.token_sums import token_sums
from tests.factories import make_pool, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client: Client) -> User:
    found = make_user("ada", is_superuser=True)
    client.force_login(found)
    return found


def shown(pool: Pool) -> dict[str, str]:
    return {name: str(found) for name, found in token_sums(pool.candidates.all()).items()}


def test_sum_with_an_unknown_part_is_a_lower_bound_and_one_of_nothing_known_is_unknown(
    client: Client, user: User
) -> None:
    pool = make_pool(n=4)
    assert shown(pool) == {"input": "400", "output": "200", "reasoning": "unknown"}
    Candidate.objects.filter(index=0).update(input_tokens=None)
    Candidate.objects.filter(index=1).update(reasoning_tokens=7)
    assert shown(pool) == {"input": "≥\xa0300", "output": "200", "reasoning": "≥\xa07"}
    page = client.get(f"/pools/{pool.pk}/").content.decode()
    assert "<dt>Input</dt><dd>≥\xa0300</dd><dt>Output</dt><dd>200</dd>" in page


def test_output_of_no_token_holds_no_reasoning(user: User) -> None:
    pool = make_pool(n=2)
    Candidate.objects.filter(index=0).update(reasoning_tokens=7)
    Candidate.objects.filter(index=1).update(output_tokens=0)
    assert shown(pool) == {"input": "200", "output": "50", "reasoning": "7"}


def call(pool: Pool, **changes: Any) -> None:
    problem = pool.problem_set.problems.get()
    values = {"outcome": "answered", "input_tokens": 10, "output_tokens": 5, "charged_nano_usd": 0, **changes}
    Request.objects.create(pool=pool, problem=problem, index=0, attempt=1, n_draws=1, **values)


def test_calls_that_do_not_tell_make_a_lower_bound_and_free_ones_do_not(client: Client, user: User) -> None:
    pool = make_pool(n=2)
    Pool.objects.update(n_asked=2, recipe={"units": [], "n": 2})
    pool.refresh_from_db()
    call(pool)
    call(pool, outcome="failed", input_tokens=None, output_tokens=None, is_charge_known=True)
    drawing = drawing_of(pool)
    assert drawing is not None
    assert (str(drawing.tokens["input"]), "tokens_are_lower_bound" in sample_data(pool, drawing)) == ("10", False)
    call(pool, outcome="lost", input_tokens=None, output_tokens=None, is_charge_known=False)
    drawing = drawing_of(pool)
    assert drawing is not None
    data = sample_data(pool, drawing)
    assert (data["input_tokens"], data["output_tokens"], data["tokens_are_lower_bound"]) == (10, 5, True)
    assert "≥\xa010 in, ≥\xa05 out" in client.get(f"/pools/{pool.pk}/").content.decode()
