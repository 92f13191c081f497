"""What all commands share: who acts, what they print, and how they end.

A command subclasses `PodiumCommand`, adds its options in `add_options` and does its work in `perform`, which returns an
`Outcome`. With --json standard output holds exactly one object, also on exit 1; without it, a table a person can read.
Exit code 0 done, 1 refused or failed with one line on standard error, 2 wrong usage. Progress goes to standard error.
"""

from __future__ import annotations

import json
import math
import time
from argparse import ArgumentTypeError
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor

from comparisons import jobs
from comparisons.actions import Refused
from comparisons.actions.people import local_administrator, person
from comparisons.management.preparing import migrate
from comparisons.models import Pool, ProblemSet, User
from judge.errors import PodiumError


@dataclass(frozen=True)
class Outcome:
    """`data` is the object of --json, `text` what a person reads, `error` one line that makes the exit code 1."""

    data: Mapping[str, Any]
    text: str
    error: str = ""


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
        except PodiumError as error:
            outcome = Outcome({"error": one_line(str(error))}, "", one_line(str(error)))
        if options["as_json"]:
            self.stdout.write(to_json(outcome.data))
        elif outcome.text:
            self.stdout.write(outcome.text.rstrip("\n"))
        if outcome.error:
            self.stderr.write(one_line(outcome.error))
            raise SystemExit(1)

    def progress(self, what: str) -> Progress:
        """A counter on standard error."""
        return Progress(what, self.stderr)


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


def key_value(text: str) -> tuple[str, str]:
    """The type of an argument KEY=VALUE; argparse ends with 2 where it is none."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ArgumentTypeError(f"{text!r} is not of the form KEY=VALUE")
    return name.strip(), value


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


def to_json(data: Any) -> str:
    """One line of JSON: money as a number, dates in ISO form, NaN and infinities as null."""
    return json.dumps(_plain(data), ensure_ascii=False, allow_nan=False)


def table(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Columns under headers, numbers to the right; null is shown as a dash."""
    values = [list(row) for row in rows]
    cells = [[_cell(value) for value in row] for row in values]
    kinds = [[isinstance(value, int | float | Decimal) for value in row] for row in values]
    widths = [max(len(line[i]) for line in [list(headers), *cells]) for i in range(len(headers))]
    numeric = [bool(kinds) and all(row[i] for row in kinds) for i in range(len(headers))]

    def line(texts: Sequence[str]) -> str:
        return "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(texts, widths, numeric, strict=True)
        ).rstrip()

    return "\n".join([line(headers), line(["-" * width for width in widths]), *map(line, cells)])


def one_line(text: str) -> str:
    """The text on one line."""
    return " ".join(text.split())


def problem_set(user: User, slug: str) -> ProblemSet:
    """The set of this slug that the person may see. Raises Refused."""
    found = ProblemSet.objects.visible_to(user).filter(slug=slug).first()
    if found is None:
        raise Refused(f"There is no problem set {slug!r}.")
    return found


def pool(user: User, reference: str) -> Pool:
    """The pool of this id (what `import_pool` printed) that the person may see. Raises Refused."""
    found = Pool.objects.visible_to(user).filter(pk=int(reference)).first() if reference.isdecimal() else None
    if found is None:
        raise Refused(f"There is no pool {reference!r}.")
    return found


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return _plain(float(value))
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
