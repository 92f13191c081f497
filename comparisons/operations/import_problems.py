"""import_problems PATH --set SLUG: problem packages into a set."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import defaultdict
from typing import Any

from comparisons.actions.problems import PROBLEM_FORMATS, ImportReport, import_problem_set
from comparisons.models import User
from comparisons.operations.base import BaseOperation, Outcome
from comparisons.operations.options import FileToRead, number
from comparisons.operations.printing import table
from judge.errors import PodiumError


class Operation(BaseOperation):
    help = "Imports every problem of a folder, zip or data file into a problem set: all of them, or none."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "path", type=FileToRead(), help="a package, a folder or zip of packages, or a file of JSON lines"
        )
        parser.add_argument("--set", required=True, dest="slug", metavar="SLUG", help="made where there is none")
        parser.add_argument("--title", help="what the set is called")
        parser.add_argument("--note", metavar="TEXT", help="how the set was chosen; shown wherever its figures are")
        parser.add_argument("--format", default="auto", choices=PROBLEM_FORMATS)
        parser.add_argument(
            "--statements",
            type=FileToRead(),
            metavar="PATH",
            help="LiveCodeBench samples with the statements, or a folder of statements by task for CMS packages",
        )
        parser.add_argument("--time-limit", type=number, metavar="S", help="CPU seconds, instead of the package's")
        parser.add_argument("--memory-limit", type=int, metavar="MIB", help="instead of the package's")
        parser.add_argument(
            "--time-scale", type=number, default=1.0, metavar="F", help="F times every time limit, for another machine"
        )
        parser.add_argument(
            "--check",
            action="store_true",
            help="judge the packages' own programs; exit 1 where one gets another verdict",
        )

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        progress = self.progress("problems and programs")
        try:
            report = import_problem_set(
                user,
                options["path"],
                slug=options["slug"],
                title=options["title"],
                note=options["note"],
                format=options["format"],
                statements=options["statements"],
                time_limit_s=options["time_limit"],
                memory_limit_mib=options["memory_limit"],
                time_scale=options["time_scale"],
                check=options["check"],
                progress=progress,
            )
        except PodiumError as error:
            data = {"problem_set": options["slug"], "problems": [], "errors": [str(error)], "check": []}
            return Outcome(data, "", str(error))
        finally:
            progress.end()
        n = len(report.mismatches)
        programs = "1 program" if n == 1 else f"{n} programs"
        fault = f"{programs} got another verdict than the package expects." if n else ""
        return Outcome(report.to_data(), _text(report), fault)


def _text(report: ImportReport) -> str:
    rows = [
        [
            item.version.problem.slug,
            item.version.title,
            item.version.task_type,
            item.version.subtasks.count(),
            item.version.points,
            item.version.n_testcases,
            item.limits.time_limit_s if item.limits else None,
            item.limits.time_limit_source if item.limits else "to be measured",
            "new" if item.is_new else "as it was",
        ]
        for item in report.problems
    ]
    headers = ["problem", "title", "type", "subtasks", "points", "tests", "time limit (s)", "from", "version"]
    parts = [f"Problem set {report.problem_set.slug}", table(headers, rows)]
    notes: dict[str, list[str]] = defaultdict(list)
    for item in report.problems:
        for warning in item.all_warnings:
            notes[warning].append(item.version.problem.slug)
    if notes:
        parts.append("\n".join(f"{_names(slugs)}: {warning}" for warning, slugs in notes.items()))
    if report.check:
        parts.append(_check_text(report))
    return "\n\n".join(parts)


def _names(slugs: list[str]) -> str:
    return ", ".join(slugs) if len(slugs) <= 4 else f"{len(slugs)} problems ({', '.join(slugs[:3])}, ...)"


def _check_text(report: ImportReport) -> str:
    words = {True: "yes", False: "NO", None: "-"}
    rows = [
        [
            item.problem,
            item.submission,
            item.expected,
            item.verdict or "not run",
            item.score,
            words[item.is_ok],
            item.reason,
        ]
        for item in report.check
    ]
    return table(["problem", "program", "expected", "verdict", "score", "as expected", "why"], rows)
