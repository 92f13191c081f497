"""The worker, on a real queue server."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from comparisons.management import valkey
from comparisons.queue import FAST, SLOW, Worker, forget_predecessors, name_worker, worker_name

done: list[str] = []


def note(word: str) -> None:
    """A job that leaves a trace in this process."""
    done.append(word)


def be_told_to_stop() -> None:
    """A job during which the supervisor stops the worker."""
    os.kill(os.getpid(), signal.SIGTERM)
    done.append("went on regardless")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of an embedded server."""
    with tempfile.TemporaryDirectory(prefix="podium-q-") as folder:
        socket = Path(folder) / "valkey.sock"
        process = subprocess.Popen(valkey.server_command(socket, Path(folder)), stdout=subprocess.DEVNULL)
        valkey.wait_until_answering(f"unix://{socket}", within_s=20)
        yield f"unix://{socket}"
        process.terminate()
        process.wait()


@pytest.fixture
def queues(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Queue]]:
    """The two queues, empty; signals and the process's name are put back."""
    monkeypatch.setattr("comparisons.queue._name", None)
    done.clear()
    handlers = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
    with redis.Redis.from_url(server) as connection:
        connection.flushall()
        yield [Queue(name, connection=connection, serializer=JSONSerializer) for name in (FAST, SLOW)]
        connection.connection_pool.disconnect()
    for name, handler in handlers.items():
        signal.signal(name, handler)


def test_worker_takes_what_a_person_waits_for_first(queues: list[Queue]) -> None:
    fast, slow = queues
    slow.enqueue(note, "slow")
    fast.enqueue(note, "fast")
    Worker(queues, connection=fast.connection).work(burst=True)
    assert done == ["fast", "slow"]


def test_worker_notices_the_dead_within_seconds(queues: list[Queue]) -> None:
    worker = Worker(queues, connection=queues[0].connection)
    assert (worker.worker_ttl, worker.job_monitoring_interval, worker.maintenance_interval) == (25, 5, 10)
    assert worker.serializer is JSONSerializer


def test_worker_told_to_stop_breaks_off(queues: list[Queue]) -> None:
    queues[0].enqueue(be_told_to_stop)
    queues[0].enqueue(note, "next")
    Worker(queues, connection=queues[0].connection).work()
    assert done == []
    assert queues[0].count == 1


def test_worker_tends_to_its_command(queues: list[Queue]) -> None:
    tended: list[str] = []
    Worker(queues, connection=queues[0].connection, tends=lambda: tended.append("once")).work(burst=True)
    assert tended == ["once"]


def test_killed_predecessors_leave_the_list(queues: list[Queue]) -> None:
    connection = queues[0].connection
    name = name_worker(0)
    dead = Worker(queues, name=f"{name}.1", connection=connection)
    dead.register_birth()
    other = Worker(queues, name=f"{name}0.1", connection=connection)
    other.register_birth()
    forget_predecessors(name, connection)
    assert [worker.name for worker in SimpleWorker.all(connection)] == [other.name]


def test_worker_name_is_the_same_after_a_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comparisons.queue._name", None)
    assert str(os.getpid()) in worker_name()
    assert name_worker(3) == worker_name() == name_worker(3)
