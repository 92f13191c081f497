"""A pool's circuit breaker and its tries last longer than a shift."""

from __future__ import annotations

from functools import partial

import pytest

from comparisons import jobs
from comparisons.actions.drawing import sample
from comparisons.actions.judging import resume
from comparisons.actions.language_models import add_model
from comparisons.models import Pool, PoolState, Work
from comparisons.samplers.providers.pacing import Backoff, Breaker
from comparisons.stages import drawing, watching
from tests.comparisons.asked import finish, keys, make_asked_model, make_set
from tests.comparisons.samplers.providers.serving import Told
from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_tries")]


@pytest.fixture(autouse=True)
def short_shifts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every shift is over long before the breaker's patience is."""
    monkeypatch.setattr(watching, "SHIFT_S", 0.2)
    monkeypatch.setattr(watching, "LOOK_S", 0.05)


def shifts(pool: Pool, most: int) -> int:
    """Shifts of the pool until it is stopped or done, at most so many."""
    for number in range(1, most + 1):
        piece = pool.work.filter(state=Work.State.WAITING).first()
        if piece is None or pool.state != PoolState.DRAWING:
            return number - 1
        jobs.perform(piece.pk)
        pool.refresh_from_db()
    return most


def test_endpoint_that_refuses_for_longer_than_a_shift_pauses_the_pool(
    server: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "Breaker", partial(Breaker, refused_patience_s=1.0, first_patience_s=1.0))
    user = make_user("ada")
    model = make_asked_model(user, server.address, max_concurrency=2)
    pool, _ = sample(user, problem_set=make_set(user, problems=1), model=model, n=4, enqueue=False)
    server.tell(*[{"do": "status", "status": 429, "message": "slow down"}] * 3000)
    n = shifts(pool, 30)
    said = "Paused by the circuit breaker: nothing but failures for "
    assert (pool.state, pool.state_reason[: len(said)]) == (PoolState.PAUSED, said)
    assert n > 1
    server.tell()
    resume(user, pool)
    pool.refresh_from_db()
    assert "since" not in pool.failing
    monkeypatch.setattr(watching, "SHIFT_S", 60.0)
    assert finish(pool).state == PoolState.DONE


def test_pools_that_share_a_failing_endpoint_take_turns_and_both_go_on_once_it_answers(
    server: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "SHIFT_S", 60.0)
    monkeypatch.setattr(watching, "TURN_S", 0.2)  # a shift is over so soon because the other pool waits
    monkeypatch.setattr(watching, "Breaker", partial(Breaker, first_patience_s=1.0))
    # No call gives up before the breaker has had its second.
    monkeypatch.setattr(drawing, "Backoff", partial(Backoff, base_s=0.01, cap_s=0.02, most_tries=5000))
    user = make_user("ada")
    problem_set = make_set(user, problems=1)
    first, second = (
        sample(user, problem_set=problem_set, model=model, n=4, enqueue=False)[0]
        for model in (
            make_asked_model(user, server.address, max_concurrency=2),
            add_model(
                user, "other", name="other", provider="openai", endpoint=server.address, facts={"timeout_s": 5.0}
            ),
        )
    )
    server.tell(*[{"do": "status", "status": 503, "message": "down"}] * 5000)
    turns = []
    while PoolState.DRAWING in (first.state, second.state):
        for pool in (first, second):
            turns += [pool.pk] * shifts(pool, 1)
    assert turns.count(first.pk) > 1 and turns.count(second.pk) > 1
    said = "Paused by the circuit breaker: nothing but failures for "
    for pool in (first, second):
        assert (pool.state, pool.state_reason[: len(said)]) == (PoolState.PAUSED, said)
    server.tell()
    for pool in (first, second):
        resume(user, pool)
        pool.refresh_from_db()
    for pool in (first, second, first, second):
        shifts(pool, 1)
    for pool in (first, second):
        assert (pool.state, len(keys(pool))) == (PoolState.DONE, 4)
        assert pool.requests.exclude(outcome="failed").count() == 4
