"""Pages of a pool whose scores came with it: nothing was compiled or run here, and nothing of that is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import Client

from comparisons.actions.pools import import_pool
from comparisons.models import Pool, ProblemVersion, User
from comparisons.queries.candidates import candidate_rows
from tests.comparisons.views import seed
from tests.factories import make_pool, make_problem, make_problem_set, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(client: Client) -> User:
    found = make_user("ada", is_superuser=True)
    client.force_login(found)
    return found


@pytest.fixture
def pool(user: User, tmp_path: Path) -> Pool:
    """Two draws with scores and no program: 40 and 0 points of 100."""
    problem_set = make_problem_set()
    make_problem(problem_set, "add")
    lines = [{"problem": "add", "scores": {"1": first, "2": 0}} for first in (40, 0)]
    path = tmp_path / "scores.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return import_pool(user, path, problem_set=problem_set, model_slug="m").pool


def test_pool_says_nothing_of_compiling_and_public_tests(client: Client, pool: Pool) -> None:
    page = client.get(f"/pools/{pool.pk}/").content.decode()
    assert ("<dt>With scores</dt>" in page, "Compiled" in page, "Pass public" in page) == (True, False, False)


def test_public_tests_passed_are_unknown(client: Client, pool: Pool) -> None:
    rows = candidate_rows(pool, pool.problem_set.problems.get())
    assert [(row.score, row.public_passed) for row in rows] == [(40.0, None), (0.0, None)]
    assert "−1" not in client.get(f"/pools/{pool.pk}/problems/add/").content.decode()


def test_candidate_without_a_program_keeps_its_score(client: Client, pool: Pool) -> None:
    first = pool.candidates.get(index=0)
    page = client.get(f"/candidates/{first.pk}/").content.decode()
    assert "The record holds scores without a program.</p>" in page
    assert "It scores 0" not in page


def test_nobody_passes_public_tests_that_there_are_not(client: Client, user: User) -> None:
    pool = make_pool()
    seed.judge(pool)
    ProblemVersion.objects.update(n_samples=0)
    row = '<td class="num" data-v="–">–</td>'
    assert row in client.get(f"/pools/{pool.pk}/").content.decode()
