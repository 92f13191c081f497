"""Puts back what `backup` wrote, into a Podium that is stopped and holds nothing yet."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from comparisons.management.archiving import read_backup
from comparisons.operations.printing import one_line
from judge.errors import PodiumError


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", metavar="PATH", help="the file that backup wrote")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            files = read_backup(options["path"])
        except PodiumError as error:
            self.stderr.write(one_line(str(error)))
            raise SystemExit(1) from None
        self.stdout.write(f"{files} files restored. `make run` starts Podium with them.")
