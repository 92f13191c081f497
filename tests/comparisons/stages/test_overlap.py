"""Two workers in the same moment, on a database that lets their transactions overlap."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from django.db import connection

from comparisons.actions.judging import start_judging
from comparisons.models import Environment, JudgedProblem, Judging, Pool, User, Work
from comparisons.stages import following, judging, planning
from comparisons.stages import work as leases
from tests.comparisons.judged import held, work_off

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("overlapping", "sandbox")]

Result = TypeVar("Result")


@pytest.fixture
def overlapping(db: None) -> None:
    """Skips where the tests' database serialises everything."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time: needs DATABASE_URL=postgres://...")


def at_once(*actions: Callable[[], Result]) -> list[Result]:
    """What these return, each in a thread and with a connection of its own."""

    def run(action: Callable[[], Result]) -> Result:
        try:
            return action()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as threads:
        return list(threads.map(run, actions))


def test_last_two_problems_merged_in_overlapping_transactions_complete_the_judging(
    user: User, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool.candidates.exclude(index=0).delete()
    judged = start_judging(user, pool)
    assert work_off(Work.Kind.JUDGE) == ["judge", "judge"]
    pieces = [held(piece) for piece in Work.objects.filter(kind=Work.Kind.MERGE)]
    both, finishing = threading.Barrier(2, timeout=20), leases.finishing

    @contextmanager
    def together(piece: Work) -> Iterator[None]:
        with finishing(piece):
            yield
            both.wait()  # neither sees what the other has written

    def merge(piece: Work) -> list[Work]:
        judging.merge(piece)
        return following.follow_up(piece)

    monkeypatch.setattr(leases, "finishing", together)
    at_once(*(lambda piece=piece: merge(piece) for piece in pieces))  # type: ignore[misc]
    judged.refresh_from_db()
    pool.refresh_from_db()
    assert (judged.state, pool.state) == ("done", "done")


def test_piece_claimed_by_two_at_once_goes_to_one(user: User, pool: Pool) -> None:
    start_judging(user, pool)
    piece = Work.objects.filter(kind=Work.Kind.JUDGE)[0]
    ready = threading.Barrier(4, timeout=20)

    def claim() -> Work | None:
        ready.wait()
        return leases.claim(piece.pk, threading.current_thread().name)

    claimed = [work for work in at_once(*[claim] * 4) if work is not None]
    piece.refresh_from_db()
    assert (len(claimed), piece.attempt, piece.owner) == (1, 1, claimed[0].owner)


def test_judging_planned_by_two_at_once_is_one(user: User, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    environment, _ = Environment.objects.get_or_create(key="e", defaults={"description": {}})
    both, key = threading.Barrier(2, timeout=20), planning._key

    def look_together(*arguments: Any) -> str:
        found = key(*arguments)
        both.wait()
        return found

    monkeypatch.setattr(planning, "_key", look_together)
    first, second = at_once(*[lambda: planning.plan(pool.newest_revision, environment, user=user)] * 2)
    assert first == second
    assert (Judging.objects.count(), JudgedProblem.objects.count(), Work.objects.count()) == (1, 2, 2)
