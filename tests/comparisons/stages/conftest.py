"""Two imported problems, a pool of programs that each end in their own way, a worker in this process, and a server that
models are asked at."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from comparisons.actions.problems import import_problem_set
from comparisons.models import Pool, ProblemSet, User
from comparisons.samplers.providers.pacing import Backoff
from comparisons.stages import drawing, environment, judging
from judge.errors import SandboxUnavailable
from judge.sandbox import Sandbox
from tests.comparisons.asked import make_set
from tests.comparisons.judged import PROGRAMS, make_pool, write_package
from tests.comparisons.samplers.providers.serving import Told, serving
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


@pytest.fixture(scope="module")
def server_process() -> Iterator[Told]:
    with serving() as told:
        yield told


@pytest.fixture
def server(server_process: Told) -> Told:
    """A server process that was told nothing yet."""
    server_process.tell()
    return server_process


@pytest.fixture
def asked_set(user: User) -> ProblemSet:
    """Problems "p0" and "p1", which can be asked for."""
    return make_set(user)


@pytest.fixture
def quick_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting between tries."""
    monkeypatch.setattr(drawing, "Backoff", partial(Backoff, base_s=0.01, cap_s=0.02))


@pytest.fixture
def pool(user: User, problem_set: ProblemSet) -> Pool:
    """One candidate per program of `PROGRAMS` and problem."""
    return make_pool(problem_set, make_model(user=user), user, list(PROGRAMS.values()))
