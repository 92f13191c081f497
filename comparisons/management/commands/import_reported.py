"""Imports published results (Aider's leaderboard, YAML): shown beside runs and on a model's page, never among them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from comparisons.actions.reported import import_reported
from comparisons.management.output import Outcome, PodiumCommand
from comparisons.models import User


class Command(PodiumCommand):
    help = __doc__ or ""

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, metavar="PATH")
        parser.add_argument(
            "--contest", required=True, help="what they are results on: a problem set's slug or title, or another name"
        )
        parser.add_argument("--source", required=True, help="where the file is from")
        parser.add_argument("--license", default="")

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        found = import_reported(
            options["path"], contest=options["contest"], source=options["source"], license=options["license"]
        )
        systems = len({row.system for row in found})
        priced = sum(row.cost_usd is not None for row in found)
        data = {"contest": options["contest"], "results": len(found), "systems": systems, "with_cost": priced}
        return Outcome(
            data,
            f"{len(found):,} reported results of {systems:,} systems on {options['contest']}, {priced:,} with a cost.",
        )
