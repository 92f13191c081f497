"""load_demo: the demo of fixtures/, judged for real by the workers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from comparisons.actions.demo import load_demo
from comparisons.management.output import Outcome, PodiumCommand
from comparisons.models import User


class Command(PodiumCommand):
    help = "Imports the demo's problems and the recorded pools of its simulated models, and starts judging them."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--fixtures", type=Path, default=Path(settings.BASE_DIR) / "fixtures", metavar="FOLDER")

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        report = load_demo(user, options["fixtures"])
        data = {
            "problem_set": report.problem_set.slug,
            "problems": report.problem_set.problems.count(),
            "pools": [pool.pk for pool in report.pools],
            "comparison": report.comparison.pk if report.comparison else None,
            "warnings": list(report.refusals),
        }
        lines = [f"Demo: {data['problems']} problems and {len(report.pools)} pools of simulated models."]
        lines += [f"Not judged: {reason}" for reason in report.refusals]
        return Outcome(data, "\n".join(lines))
