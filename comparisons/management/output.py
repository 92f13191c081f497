"""What all commands share: who acts, what they print, and how they end.

What the API does too is an operation (`comparisons.operations`), and its command an `OperationCommand`. Any other
command subclasses `PodiumCommand`, adds its options in `add_options` and does its work in `perform`, which returns an
`Outcome`. With --json standard output holds exactly one object, also on exit 1; without it, a table a person can read.
Exit code 0 done, 1 refused or failed with one line on standard error, 2 wrong usage. Progress goes to standard error.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor

from comparisons import jobs
from comparisons.actions import Refused
from comparisons.actions.people import local_administrator, person
from comparisons.management.preparing import migrate
from comparisons.models import User
from comparisons.operations.base import BaseOperation, Outcome, WrongUsage
from comparisons.operations.printing import one_line, to_json
from judge.errors import PodiumError


class PodiumCommand(BaseCommand):
    """A command that acts as somebody and ends with an `Outcome`."""

    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_options(parser)
        parser.add_argument("--json", action="store_true", dest="as_json", help="print exactly one JSON object")
        parser.add_argument("--as", dest="as_user", metavar="USER", default="", help="act as this user")

    def add_options(self, parser: CommandParser) -> None:
        """Adds the command's own arguments."""

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        """Does the work. Raises PodiumError (exit 1, its message on standard error)."""
        raise AssertionError("a command defines perform")

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs `perform` and prints its outcome; SystemExit(1) where it was refused."""
        jobs.say_by(self.stderr.write)
        try:
            migrate_if_empty()
            user = person(options["as_user"]) if options["as_user"] else local_administrator()
            outcome = self.perform(user, options)
        except WrongUsage as error:
            raise CommandError(str(error), returncode=2) from None
        except PodiumError as error:
            outcome = Outcome({}, "", str(error))
        if options["as_json"]:
            self.stdout.write(to_json(outcome.answer))
        elif outcome.text:
            self.stdout.write(outcome.text.rstrip("\n"))
        if outcome.error:
            self.stderr.write(one_line(outcome.error))
            raise SystemExit(1)
        for note in outcome.notes:  # what fails says one line
            self.stderr.write(f"Note: {note}")


class OperationCommand(PodiumCommand):
    """The command of an operation: its options and its work are the API's too."""

    operation: type[BaseOperation]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.help = self.operation.help

    def add_options(self, parser: CommandParser) -> None:
        self.operation().add_options(parser)

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        return self.operation(lambda what: Progress(what, self.stderr), sys.stdin).perform(user, options)


class Progress:
    """Says how far a command is: in place on a terminal, else a line every few seconds."""

    EVERY_S = 5.0

    def __init__(self, what: str, stream: Any) -> None:
        self.what = what
        self.stream = stream
        self._in_place = bool(getattr(stream, "isatty", lambda: False)())
        self._next = time.monotonic() + (0.0 if self._in_place else self.EVERY_S)
        self._open = False

    def __call__(self, done: int, total: int | None = None) -> None:
        """Shows `done` of `total`, unless the last line was printed just now."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (0.1 if self._in_place else self.EVERY_S)
        count = f"{done:,} of {total:,}" if total is not None else f"{done:,}"
        if self._in_place:
            self.stream.write(f"\r{self.what}: {count}", ending="")
            self._open = True
        else:
            self.stream.write(f"{self.what}: {count}")

    def end(self) -> None:
        """Leaves the line."""
        if self._open:
            self.stream.write("")
            self._open = False


def migrate_if_empty() -> None:
    """Makes the tables where there are none. Raises Refused where the tables are older than this Podium."""
    connection = connections[DEFAULT_DB_ALIAS]
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return
    if executor.loader.applied_migrations:
        raise Refused("The database is older than this Podium: run `make setup`, which migrates it.")
    migrate()
