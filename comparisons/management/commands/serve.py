"""Runs Podium: the queue server, the workers and the web process, until Ctrl-C."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import close_old_connections, connections

from comparisons.actions.people import local_administrator
from comparisons.actions.sign_in import issue
from comparisons.management import valkey
from comparisons.management.addresses import sign_in_address
from comparisons.management.children import Child, Children
from comparisons.management.preparing import collect_static, migrate
from comparisons.management.web import HEALTHY_WITHIN_S, Begun, hold, log_file, wait_until_healthy, web_child

SWEEP_EVERY_S = 60.0
#: The demo that is judged here has the cores to itself until its first problem is seen through.
LATER_S = 15.0
#: Where everything is in place the first page is asked for at once, and workers would take the cores from it.
FIRST_PAGE_S = 1.5
#: Of `actions.demo.FOLDERS`, the demo that comes first.
JUDGED_HERE = ""
#: Each worker is one core's worth; numpy must not take the others' too.
ONE_CORE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class Stopped(BaseException):
    """Ctrl-C or SIGTERM."""


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--workers-only", action="store_true", help="only workers, for a queue and a database that run elsewhere"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, _stop)
        children = Children(self._say)
        with ExitStack() as stack:
            try:
                if options["workers_only"]:
                    self._start_workers_only(children)
                else:
                    begun = hold()
                    stack.enter_context(begun.held)
                    self._start_all(children, begun)
                self._watch(children, sweeps=not options["workers_only"])
            except Stopped:
                self._say("Stopping.")
            except CommandError as error:
                self._say(str(error))
                raise SystemExit(1) from None
            finally:
                for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                    signal.signal(name, signal.SIG_IGN)
                children.stop()

    def _start_all(self, children: Children, begun: Begun) -> None:
        """Everything in the order it needs, what takes time side by side; ends with the sign-in link."""
        web = children.adopt(begun.web) if begun.web is not None else None
        if settings.REDIS_URL is None:
            valkey.stop_stale(settings.QUEUE_SOCKET)
            command = valkey.server_command(settings.QUEUE_SOCKET, Path(settings.PODIUM_HOME) / "queue")
            children.start(Child("queue", command, log_file("queue"), patience_s=10))
        is_first_start = not Path(settings.STATIC_ROOT).exists()
        if is_first_start:
            _build_for_workers()
        # A web process of the old tables or files must not answer from here on: it is started anew below.
        end_web = web.end if web is not None else lambda: None
        if migrate(before=end_web):
            self._say("The database is up to date.")
        administrator = local_administrator()
        # The children must not inherit the connection's file; they open their own.
        connections.close_all()
        if is_first_start:  # nobody knows an address yet: the demo's first problem comes before the first page
            valkey.wait_until_answering(settings.QUEUE_URL, within_s=HEALTHY_WITHIN_S)
            _start_workers(children)
            self._load_demo(JUDGED_HERE)
        collect_static(before=end_web)
        connections.close_all()
        if web is None:
            web = children.start(web_child(begun.listener))
        elif web.process is None:
            web.start()
        wait_until_healthy(web)
        valkey.wait_until_answering(settings.QUEUE_URL, within_s=HEALTHY_WITHIN_S)
        self._say_ready(sign_in_address(issue(administrator)))
        if not is_first_start:  # the first page comes first; workers would take the cores from it
            time.sleep(FIRST_PAGE_S)
            _start_workers(children)
            self._load_demo(JUDGED_HERE)

    def _say_ready(self, address: str) -> None:
        workers = f"{settings.PODIUM_WORKERS} worker{'' if settings.PODIUM_WORKERS == 1 else 's'}"
        self._say(
            f"\nPodium is running with {workers}. Sign in (this link works once):\n\n"
            f"  {address}\n\n"
            f"Everything is kept in {settings.PODIUM_HOME}. Ctrl-C stops it."
        )

    def _start_workers_only(self, children: Children) -> None:
        if settings.REDIS_URL is None and not settings.QUEUE_SOCKET.exists():
            raise CommandError(
                "REDIS_URL: name the queue that these workers take from (and DATABASE_URL the database); "
                f"no Podium is running from {settings.PODIUM_HOME}."
            )
        valkey.wait_until_answering(settings.QUEUE_URL, within_s=5)
        _start_workers(children)
        _start_drawer(children)
        self._say(f"{settings.PODIUM_WORKERS} workers are running. Ctrl-C stops them.")

    def _load_demo(self, folder: str) -> None:
        """Loads one of the demos into a Podium that has not had it. What goes wrong is said and stops nothing else."""
        loaded = Path(settings.PODIUM_HOME) / f"demo-loaded{'-' if folder else ''}{folder}"
        if not settings.PODIUM_DEMO or loaded.exists():
            return
        try:
            call_command("load_demo", demo=folder, stdout=sys.stderr)
        except CommandError as error:
            self._say(f"The demo could not be loaded: {error}")
        except SystemExit:  # the command has said why
            self._say("The demo could not be loaded. PODIUM_DEMO=0 starts without it.")
        else:
            loaded.touch()

    def _watch(self, children: Children, *, sweeps: bool) -> None:
        """Keeps the children running, and the queue told of what the database says is to be done."""
        sweep_at = time.monotonic()
        later_at = sweep_at + LATER_S if sweeps else None
        while True:
            if later_at is not None and time.monotonic() >= later_at:
                later_at = None
                self._start_later(children)
            if sweeps and time.monotonic() >= sweep_at:
                sweep_at = time.monotonic() + SWEEP_EVERY_S
                self._sweep()
            children.watch()
            time.sleep(0.5)

    def _start_later(self, children: Children) -> None:
        """What nobody waits for in the first seconds: drawing, which nothing does by itself, and the other demos."""
        # Here and not above: the judge and numpy come with it, and the first page need not wait for them.
        from comparisons.actions.demo import FOLDERS

        close_old_connections()
        _start_drawer(children)
        for folder in FOLDERS[1:]:
            self._load_demo(folder)

    def _sweep(self) -> None:
        from comparisons.jobs import sweep  # as slow as above

        close_old_connections()
        try:
            sweep()
        except Exception as error:  # whatever it is, pages and workers go on without it
            reason = f"{type(error).__name__}: {error}"
            self._say(f"The queue could not be brought up to date ({reason}); trying again in a minute.")

    def _say(self, text: str) -> None:
        self.stderr.write(text)
        self.stderr.flush()


def _stop(signum: int, frame: FrameType | None) -> None:
    signal.signal(signum, signal.SIG_IGN)
    raise Stopped


def _start_workers(children: Children) -> None:
    manage = str(Path(settings.BASE_DIR) / "manage.py")
    for number in range(1, settings.PODIUM_WORKERS + 1):
        children.start(
            Child(f"worker {number}", [sys.executable, manage, "work"], log_file(f"worker-{number}"), ONE_CORE)
        )


def _start_drawer(children: Children) -> None:
    if settings.PODIUM_WORKERS:
        command = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "work", "--draws"]
        children.start(Child("drawer", command, log_file("drawer"), ONE_CORE))


def _build_for_workers() -> None:
    """Starts making what the first compilation would wait for, while the tables are made. It ends by itself; where it
    fails, the workers meet the reason and say it."""
    command = [sys.executable, "-m", "judge.sandbox.build", str(settings.PODIUM_CACHE)]
    Child("build", command, log_file("build")).start()
