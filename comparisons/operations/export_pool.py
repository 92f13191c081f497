"""export_pool POOL PATH: a pool as JSON lines."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from comparisons.actions.pools import export_pool
from comparisons.models import User
from comparisons.operations.base import BaseOperation, Outcome
from comparisons.operations.lookups import pool
from comparisons.operations.options import FileToWrite, reference


class Operation(BaseOperation):
    changes_with = ()
    help = "Writes a pool's candidates as JSON lines, one a line; importing the file gives an equal pool."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("pool", type=reference, metavar="POOL")
        parser.add_argument("path", type=FileToWrite("pool.jsonl"))
        parser.add_argument(
            "--generated-tests",
            type=FileToWrite("generated-tests.jsonl"),
            metavar="PATH",
            help="write the pool's generated tests there, as import_pool --generated-tests reads them",
        )

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        found = pool(user, options["pool"])
        n = export_pool(user, found, options["path"], generated_tests=options["generated_tests"])
        return Outcome({"pool": found.pk, "candidates": n}, f"{n:,} candidates of pool {found.pk} in {options['path']}")
