"""export_pool POOL PATH: a pool as JSON lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from comparisons.actions.pools import export_pool
from comparisons.management.output import Outcome, PodiumCommand, pool
from comparisons.models import User


class Command(PodiumCommand):
    help = "Writes a pool's candidates as JSON lines, one a line; importing the file gives an equal pool."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("pool", metavar="POOL")
        parser.add_argument("path", type=Path)
        parser.add_argument(
            "--generated-tests",
            type=Path,
            metavar="PATH",
            help="write the pool's generated tests there, as import_pool --generated-tests reads them",
        )

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        found = pool(user, options["pool"])
        n = export_pool(user, found, options["path"], generated_tests=options["generated_tests"])
        return Outcome({"pool": found.pk, "candidates": n}, f"{n:,} candidates of pool {found.pk} in {options['path']}")
