"""Runs one worker: takes jobs from the queue until told to stop."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from typing import Any

import django_rq
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from comparisons.jobs import sweep
from comparisons.management.slots import worker_slot
from comparisons.management.valkey import wait_until_answering
from comparisons.queue import DRAW, QUEUES, Worker, forget_predecessors, name_worker
from comparisons.stages.environment import calibrate_later, calibrate_now, describe_machine, set_worker_index
from comparisons.stages.work import release_owned

logger = logging.getLogger(__name__)

#: How often the machine's row is renewed; after ten minutes of silence it would no longer count. Where programs cannot
#: be isolated it is tried again sooner: judgings may wait for it.
DESCRIBE_EVERY_S = 180
TRY_AGAIN_EVERY_S = 20


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--burst", action="store_true", help="end when the queue is empty")
        parser.add_argument("--draws", action="store_true", help="draw candidates instead of judging and replaying")

    def handle(self, *args: Any, **options: Any) -> None:
        draws = options["draws"]
        queues = [django_rq.get_queue(name) for name in ((DRAW,) if draws else QUEUES)]
        wait_until_answering(settings.QUEUE_URL, within_s=30)
        with worker_slot() as index:
            name = name_worker(index, "drawer" if draws else "worker")
            set_worker_index(index)
            freed = release_owned(name)
            if freed:
                logger.warning("%s pieces of a dead predecessor were freed", freed)
                sweep()
            if not draws:
                machine = describe_machine()
                logger.info("%s: %s", name, machine.unavailable or "programs can be isolated here")
                calibrate_later()
            forget_predecessors(name, queues[0].connection)
            # RQ's own name must be new: a killed worker's stays taken until its heartbeat, as long as a job, runs out.
            tends = None if draws else _describing()
            worker = Worker(queues, name=f"{name}.{os.getpid()}", connection=queues[0].connection, tends=tends)
            try:
                # RQ's INFO is two lines every ten seconds for as long as Podium runs.
                worker.work(burst=options["burst"], logging_level="WARNING")
            finally:
                # Broken off in the middle of a piece: handed back at once, and not the piece's fault.
                connection.close()
                release_owned(name, counts=False)


def _describing() -> Callable[[], None]:
    """Renews the machine's row, and calibrates it once: not before the first seconds are over, for work may wait."""
    due = time.monotonic() + TRY_AGAIN_EVERY_S
    is_calibrated = False

    def tend() -> None:
        nonlocal due, is_calibrated
        if time.monotonic() > due:
            machine = describe_machine()
            if not machine.unavailable and not is_calibrated:
                is_calibrated = True
                if (measured := calibrate_now()) is not None:
                    logger.info("%.2f times as fast as the reference machine", measured.speed)
            due = time.monotonic() + (TRY_AGAIN_EVERY_S if machine.unavailable else DESCRIBE_EVERY_S)

    return tend
