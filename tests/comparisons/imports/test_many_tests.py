"""What an import costs grows with its tests and no faster: counted in calls and queries, which no load changes."""

from __future__ import annotations

import cProfile
import pstats
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from comparisons.actions.problems import import_problem_set
from comparisons.models import User
from tests.comparisons.imports.packages import write_package
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def cost(user: User, folder: Path, n_tests: int) -> tuple[int, int]:
    """Function calls and queries of importing a package of two groups of so many tests, all unlike."""
    path = write_package(folder / "add")
    for number in range(10, 10 + n_tests):
        for group in (1, 2):
            test = path / "data" / "secret" / f"group{group}" / str(number)
            test.with_suffix(".in").write_text(f"{number} {group}\n")
            test.with_suffix(".ans").write_text(f"{number + group}\n")
    profile = cProfile.Profile()
    with CaptureQueriesContext(connection) as asked:
        profile.runcall(import_problem_set, user, path, slug=f"tests-{n_tests}", time_limit_s=3)
    return pstats.Stats(profile).total_calls, len(asked)  # type: ignore[attr-defined]


def test_cost_grows_with_the_tests_and_no_faster(tmp_path: Path) -> None:
    user = make_user()
    cost(user, tmp_path / "first", 1)  # what is done once is done
    counts = (50, 100, 200)
    calls, queries = zip(*(cost(user, tmp_path / str(count), count) for count in counts), strict=True)
    growth = (calls[2] - calls[1]) / (calls[1] - calls[0])  # twice the tests added: 2 where linear, 4 where quadratic
    assert growth < 2.3, calls
    assert len(set(queries)) == 1, queries
