"""Imports published results (Aider's leaderboard, YAML): shown beside runs and on a model's page, never among them."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from comparisons.actions.reported import LARGEST_BYTES, import_reported
from comparisons.models import User
from comparisons.operations.base import BaseOperation, Outcome
from comparisons.operations.options import FileToRead


class Operation(BaseOperation):
    help = __doc__ or ""

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=FileToRead(LARGEST_BYTES), metavar="PATH")
        parser.add_argument(
            "--contest", required=True, help="what they are results on: a problem set's slug or title, or another name"
        )
        parser.add_argument("--source", required=True, help="where the file is from")
        parser.add_argument("--license", default="")

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        found = import_reported(
            user, options["path"], contest=options["contest"], source=options["source"], license=options["license"]
        )
        systems = len({row.system for row in found})
        priced = sum(row.cost_usd is not None for row in found)
        data = {"contest": options["contest"], "results": len(found), "systems": systems, "with_cost": priced}
        return Outcome(
            data,
            f"{len(found):,} reported results of {systems:,} systems on {options['contest']}, {priced:,} with a cost.",
        )
