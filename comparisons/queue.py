"""The queues and the worker that takes from them.

A worker does jobs in its own process instead of forking for each: programs under judgement never run in it but in
sandboxes it starts, and an opened sandbox, a problem's compiled checkers and the outcome cache stay warm from one job
to the next (a fork would begin with none, at 6 to 8 ms a job). What the fork is for elsewhere holds here too: a job
that takes too long is ended by an alarm; a worker that is killed is started again by its supervisor, and what it held
is claimed by another as soon as its lease in the database runs out. Nothing relies on the queue's own recovery.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Any

from redis import Redis
from rq import SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.utils import now

#: Over in a second, and a person waits: replays, merges. Taken before anything slow.
FAST = "fast"
#: Judging and probing.
SLOW = "slow"
#: Drawing waits for providers and needs no core of its own: a process beside the workers does it, so that neither hours
#: of judging hold it up nor hours of waiting hold up judging.
DRAW = "draw"
QUEUES = (FAST, SLOW)

_name: str | None = None


def worker_name() -> str:
    """Who this process is to the leases: the worker's name, or the process's where it is no worker."""
    return _name or f"{socket.gethostname()}-process-{os.getpid()}"


def name_worker(index: int, kind: str = "worker") -> str:
    """Makes this process worker `index` (from 0) of this machine and returns its name; the same after a restart, so
    that it can free what its predecessor held."""
    global _name
    _name = f"{socket.gethostname()}-{kind}-{index}"
    return _name


def forget_predecessors(name: str, connection: Redis) -> None:
    """Takes killed workers of this name off the list that the administration shows."""
    for worker in SimpleWorker.all(connection):
        if worker.name.startswith(f"{name}."):
            worker.register_death()


class Stopping(BaseException):
    """The worker was told to stop while at work; the piece is handed back and begun anew by whoever takes it."""


class Worker(SimpleWorker):
    """Notices within seconds what RQ's defaults notice within minutes, and stops at once when told to."""

    def __init__(self, *args: Any, tends: Callable[[], None] | None = None, **kwargs: Any) -> None:
        # django-rq passes no intervals on. With RQ's own (420 s, 30 s, 600 s) a dead worker is seen after minutes.
        kwargs.update(worker_ttl=25, job_monitoring_interval=5, maintenance_interval=10, serializer=JSONSerializer)
        super().__init__(*args, **kwargs)
        self._tends = tends
        self._is_at_work = False

    def run_maintenance_tasks(self) -> None:
        """What RQ does every ten seconds, and what our command wants done now and then."""
        super().run_maintenance_tasks()
        if self._tends is not None:
            self._tends()

    def perform_job(self, job: Job, queue: Any) -> bool:
        """Does the job here."""
        self._is_at_work = True
        try:
            return super().perform_job(job, queue)
        finally:
            self._is_at_work = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Stops now: a job in the middle is broken off, because its piece can be begun anew."""
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, signal.SIG_IGN)
        self._stop_requested = True
        self._shutdown_requested_date = now()
        raise Stopping if self._is_at_work else StopRequested

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Logs what a job raised, unless it was only told to stop."""
        if exc_info and exc_info[0] is Stopping:
            self.log.info("%s: stopped in the middle of %s", self.name, job.id)
            return
        super().handle_exception(job, *exc_info)
