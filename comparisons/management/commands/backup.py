"""Writes the database, the stored bytes and the key into one tar file; Podium may run meanwhile."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from comparisons.management.archiving import write_backup
from comparisons.management.output import PodiumCommand
from comparisons.models import User
from comparisons.operations.base import Outcome


class Command(PodiumCommand):
    help = __doc__ or ""

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("path", metavar="PATH", help="the file to write, or to replace when all is well")

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        written = write_backup(options["path"])
        said = f"{written.files} files, {written.size / 1e6:.1f} MB. It holds the secret key: keep it private."
        return Outcome(
            {"path": options["path"], "files": written.files, "bytes": written.size}, f"{options['path']}: {said}"
        )
