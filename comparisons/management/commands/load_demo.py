"""load_demo: the demos of fixtures/: one judged for real by the workers, a model to draw with, one of real scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from comparisons.actions.demo import FOLDERS, DemoReport, load_demo
from comparisons.management.output import PodiumCommand
from comparisons.models import User
from comparisons.operations.base import Outcome


class Command(PodiumCommand):
    help = "Imports the demos' problems and pools: simulated models, judged here, and real scores of IOI 2024."

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("--fixtures", type=Path, default=Path(settings.BASE_DIR) / "fixtures", metavar="FOLDER")
        parser.add_argument("--demo", choices=FOLDERS, help="only this one; '' is the one that is judged here")

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        reports = load_demo(user, options["fixtures"], only=options["demo"])
        data = {"demos": [_row(report) for report in reports]}
        return Outcome(data, "\n".join(line for report in reports for line in _lines(report)))


def _row(report: DemoReport) -> dict[str, Any]:
    return {
        "problem_set": report.problem_set.slug,
        "problems": report.problem_set.problems.count(),
        "pools": [pool.pk for pool in report.pools],
        "comparison": report.comparison.pk if report.comparison else None,
        "warnings": list(report.refusals),
    }


def _lines(report: DemoReport) -> list[str]:
    problems = report.problem_set.problems.count()
    if not report.pools:
        return [f"A simulated model to draw with on {report.problem_set.title}."]
    whose = "of simulated models" if report.problem_set.is_simulated else "of real models, scored elsewhere"
    first = f"{report.problem_set.title}: {problems} problems and {len(report.pools)} pools {whose}."
    return [first, *(f"Not judged: {reason}" for reason in report.refusals)]
