"""judge_program SET/PROBLEM FILE: one program on one problem, now."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from comparisons.actions import NotThere, Refused
from comparisons.actions.programs import LARGEST_PROGRAM, judge_program, judgement_data
from comparisons.models import User
from comparisons.operations.base import BaseOperation, Outcome
from comparisons.operations.lookups import problem_set
from comparisons.operations.options import FileToRead
from comparisons.operations.printing import table


class Operation(BaseOperation):
    help = "Judges a program on a problem and prints what it got on every subtask and test. Nothing is stored."

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("problem", metavar="SET/PROBLEM")
        parser.add_argument("file", type=FileToRead(LARGEST_PROGRAM))
        parser.add_argument("--language", default="", help="cpp, python3, ...; by the file's name if not given")

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        set_slug, separator, slug = options["problem"].partition("/")
        if not separator:
            raise Refused(f"{options['problem']!r} is not of the form SET/PROBLEM.")
        found = problem_set(user, set_slug).problems.select_related("current_version").filter(slug=slug).first()
        if found is None:
            raise NotThere(f"There is no problem {slug!r} in the set {set_slug!r}.")
        judgement = judge_program(found, options["file"], language=options["language"])
        data = judgement_data(judgement)
        parts = [f"{judgement.verdict}  {judgement.score:g} of {judgement.points:g} points"]
        if judgement.compile_message:
            parts.append(judgement.compile_message.strip())
        subtasks = [[s["index"], s["points"], s["score"], s["verdict"]] for s in data["subtasks"]]
        parts.append(table(["subtask", "points", "score", "verdict"], subtasks))
        tests = [
            [t["name"], t["verdict"], _rounded(t["cpu_time_s"], 3), _rounded(t["memory_mib"], 1)]
            for t in data["testcases"]
        ]
        parts.append(table(["test", "verdict", "CPU time (s)", "memory (MiB)"], tests))
        return Outcome(data, "\n\n".join(parts))


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
