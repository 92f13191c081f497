"""Two imported problems, a pool of programs that each end in their own way, and a worker in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from comparisons.actions.problems import import_problem_set
from comparisons.models import Pool, ProblemSet, User
from comparisons.stages import environment, judging
from judge.errors import SandboxUnavailable
from judge.sandbox import Sandbox
from tests.comparisons.judged import PROGRAMS, make_pool, write_package
from tests.factories import make_model, make_user


@pytest.fixture
def sandbox() -> Sandbox:
    """This process's sandbox, as the stages open it; the test is skipped where programs cannot be isolated."""
    try:
        return environment.sandbox()
    except SandboxUnavailable as error:
        pytest.skip(f"programs cannot be isolated here: {error}")


@pytest.fixture(autouse=True)
def fresh_judges() -> Iterator[None]:
    """Judges are kept by row ids, and every test begins with the same."""
    yield
    judging.judge_of.cache_clear()


@pytest.fixture
def user(db: None) -> User:
    return make_user("ada")


@pytest.fixture
def problem_set(user: User, tmp_path: Path) -> ProblemSet:
    """Problems "first" and "second" of two subtasks each, with a second's limit given."""
    for slug in ("first", "second"):
        write_package(tmp_path / "set" / slug)
    return import_problem_set(user, tmp_path / "set", slug="sums", time_limit_s=1, measure=False).problem_set


@pytest.fixture
def pool(user: User, problem_set: ProblemSet) -> Pool:
    """One candidate per program of `PROGRAMS` and problem."""
    return make_pool(problem_set, make_model(user=user), user, list(PROGRAMS.values()))
