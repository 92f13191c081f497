"""What the queue is told: what should be done, once, and no more than it needs to know."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import django_rq
import pytest
import redis
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rq import Queue
from rq.serializers import JSONSerializer

from comparisons import jobs
from comparisons.management import valkey
from comparisons.models import Environment, JudgedProblem, Judging, Pool, PoolState, Work
from comparisons.queue import FAST, SLOW
from comparisons.stages import environment, following
from comparisons.stages import work as leases
from tests.factories import make_pool

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of an embedded server."""
    with tempfile.TemporaryDirectory(prefix="podium-jobs-") as folder:
        socket = Path(folder) / "valkey.sock"
        process = subprocess.Popen(valkey.server_command(socket, Path(folder)), stdout=subprocess.DEVNULL)
        valkey.wait_until_answering(f"unix://{socket}", within_s=20)
        yield f"unix://{socket}"
        process.terminate()
        process.wait()


@pytest.fixture(autouse=True)
def queues(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Queue]]:
    """The two queues, empty, as the jobs get them."""
    with redis.Redis.from_url(server) as client:
        client.flushall()
        made = {name: Queue(name, connection=client, serializer=JSONSerializer) for name in (FAST, SLOW)}
        monkeypatch.setattr(django_rq, "get_queue", made.__getitem__)
        yield made
        client.connection_pool.disconnect()


@pytest.fixture
def pool() -> Pool:
    return make_pool(n=1)


def make_judging(pool: Pool, n: int, *, key: str = "k") -> Judging:
    """A judging with `n` waiting pieces."""
    environment, _ = Environment.objects.get_or_create(key="e", defaults={"description": {}})
    judged = Judging.objects.create(
        revision=pool.newest_revision,
        environment=environment,
        key=key,
        state=PoolState.JUDGING,
        created_by=pool.created_by,
    )
    problem = pool.problem_set.problems.get()
    assert problem.current_version is not None
    limits = problem.current_version.limits
    JudgedProblem.objects.create(judging=judged, problem=problem, version=problem.current_version, limits=limits)
    leases.add(
        Work(kind=Work.Kind.JUDGE, key=f"{key}:{i}", judging=judged, problem=problem, start=i, stop=i + 1, position=2)
        for i in range(n)
    )
    return judged


def told(queue: Queue) -> list[int]:
    """The ids of the pieces the queue knows, in order."""
    return [jobs._work_of(job_id) or 0 for job_id in queue.get_job_ids()]


def test_sweep_tells_each_piece_once_however_often_it_runs(pool: Pool, queues: dict[str, Queue]) -> None:
    make_judging(pool, 7)
    for _ in range(3):
        assert jobs.sweep() == 7
    assert told(queues[SLOW]) == sorted(Work.objects.values_list("pk", flat=True))
    assert queues[FAST].count == 0


def test_sweep_tells_again_what_the_queue_forgot(pool: Pool, queues: dict[str, Queue]) -> None:
    make_judging(pool, 3)
    jobs.sweep()
    taken = queues[SLOW].pop_job_id()
    assert taken is not None
    jobs.sweep()
    pieces = list(Work.objects.order_by("pk").values_list("pk", flat=True))
    assert told(queues[SLOW]) == [*pieces[1:], pieces[0]]
    assert taken not in queues[SLOW].get_job_ids()


def test_sweep_tells_of_leases_that_ran_out_and_of_no_held_ones(pool: Pool, queues: dict[str, Queue]) -> None:
    make_judging(pool, 2)
    first, second = Work.objects.order_by("pk")
    assert leases.claim(first.pk, "one") and leases.claim(second.pk, "two")
    Work.objects.filter(pk=first.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    jobs.sweep()
    assert told(queues[SLOW]) == [first.pk]


def test_sweep_leaves_alone_what_rests_or_waits_for_its_limits(pool: Pool, queues: dict[str, Queue]) -> None:
    paused = make_judging(pool, 2)
    Judging.objects.filter(pk=paused.pk).update(state=PoolState.PAUSED, state_reason="Paused by ada.")
    unmeasured = make_judging(pool, 2, key="u")
    version = JudgedProblem.objects.get(judging=unmeasured).version
    JudgedProblem.objects.update(limits=None)
    version.limit_readings.all().delete()
    assert jobs.sweep() == 0
    assert queues[SLOW].count == 0


def test_resume_while_the_jobs_are_still_queued_doubles_none(pool: Pool, queues: dict[str, Queue]) -> None:
    from comparisons.actions.judging import pause, resume

    make_judging(pool, 5)
    jobs.sweep()
    pause(pool.created_by, pool)
    resume(pool.created_by, pool)
    assert len(told(queues[SLOW])) == 5


def test_queue_holds_the_next_pieces_and_is_filled_up_as_it_runs_empty(
    pool: Pool, queues: dict[str, Queue], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "TOLD", 4)
    monkeypatch.setattr(jobs, "LOW", 2)
    make_judging(pool, 10)
    pieces = list(Work.objects.order_by("pk"))
    jobs.enqueue(pieces)
    assert told(queues[SLOW]) == [piece.pk for piece in pieces[:4]]
    monkeypatch.setattr(
        jobs, "_perform", lambda pk: Work.objects.filter(pk=pk).update(state="done") and jobs.Performed()
    )
    done = []
    while queues[SLOW].count:
        done.append(jobs._work_of(queues[SLOW].pop_job_id() or "") or 0)
        jobs.do_work(done[-1])
    assert done == [piece.pk for piece in pieces]


def test_worker_looks_for_more_once_in_a_while_and_at_once_when_the_queue_is_empty(
    pool: Pool, queues: dict[str, Queue], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(jobs, "_filled_at", clock[0])
    make_judging(pool, 3)
    first, second, third = Work.objects.order_by("pk")
    jobs.enqueue([first])
    jobs._fill_up()
    assert told(queues[SLOW]) == [first.pk]
    clock[0] += jobs.FILL_EVERY_S + 1
    jobs._fill_up()
    assert told(queues[SLOW]) == [first.pk, second.pk, third.pk]
    queues[SLOW].empty()
    jobs._fill_up()
    assert told(queues[SLOW]) == [first.pk, second.pk, third.pk]


def test_piece_that_failed_waits_for_the_sweep(pool: Pool, queues: dict[str, Queue]) -> None:
    make_judging(pool, 2)
    first, second = Work.objects.order_by("pk")
    Work.objects.filter(pk=first.pk).update(error="the disk was full", failures=1)
    jobs._fill_up()
    assert told(queues[SLOW]) == [second.pk]
    jobs.sweep()
    assert told(queues[SLOW]) == [second.pk, first.pk]


def test_merges_go_where_a_person_waits(pool: Pool, queues: dict[str, Queue]) -> None:
    judged = make_judging(pool, 1)
    Work.objects.update(state=Work.State.DONE)
    jobs.sweep()
    merge = judged.work.get(kind=Work.Kind.MERGE)
    assert (told(queues[FAST]), told(queues[SLOW])) == ([merge.pk], [])


def test_sweep_of_20000_waiting_pieces_is_small(pool: Pool, queues: dict[str, Queue]) -> None:
    make_judging(pool, 20_000)
    jobs.sweep()
    began = time.perf_counter()
    with CaptureQueriesContext(connection) as asked:
        assert jobs.sweep() == following.TOLD
    assert time.perf_counter() - began < 2.0  # 0.1 s on an idle machine
    assert len(asked) < 40
    assert queues[SLOW].count == following.TOLD


def test_job_of_a_piece_that_is_gone_does_nothing(pool: Pool) -> None:
    jobs.do_work(4711)


def test_queue_that_is_away_loses_nothing(
    pool: Pool, queues: dict[str, Queue], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    make_judging(pool, 1)
    monkeypatch.setattr(time, "monotonic", lambda: 6000.0)  # one minute, whatever the clock says

    def away(name: str) -> Queue:
        raise redis.exceptions.ConnectionError("nobody listens")

    with monkeypatch.context() as patched:
        patched.setattr(django_rq, "get_queue", away)
        for _ in range(3):
            jobs.enqueue(Work.objects.all())
    assert [line.message for line in caplog.records] == [
        "No queue is running; the work is stored and begins when Podium does."
    ]
    jobs.sweep()
    assert queues[SLOW].count == 1


def test_sets_take_turns_though_only_one_was_told_of(
    pool: Pool, queues: dict[str, Queue], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_pool(n=1)
    make_judging(pool, 30)
    jobs.sweep()
    make_judging(other, 30, key="o")
    done: list[int | None] = []

    def finish(piece: Work) -> None:
        with leases.finishing(piece):
            done.append(piece.problem_set_id)

    monkeypatch.setitem(jobs.STAGES, Work.Kind.JUDGE, finish)
    monkeypatch.setattr(environment, "require", lambda wanted: None)
    for _ in range(10):
        jobs.do_work(jobs._work_of(queues[SLOW].pop_job_id() or "") or 0)
    assert done == [pool.problem_set_id, other.problem_set_id] * 5
