"""Judging one program against a problem, at once; nothing is stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from comparisons.actions import Refused
from comparisons.models import Problem, blobs
from comparisons.stages.environment import RUNNING, sandbox
from comparisons.stages.measuring import measure_limits
from judge.errors import PackageError
from judge.judgement import ANSWER_LANGUAGE
from judge.judging import Judge, Judgement, Source
from judge.languages import LANGUAGES, canonical, language_of
from judge.outputs import OUTPUTS_LANGUAGE
from judge.problem import TaskType

#: The largest program (or zip of outputs) that is uploaded to be judged.
LARGEST_PROGRAM = 64 << 20


def judge_program(problem: Problem, path: Path, *, language: str = "") -> Judgement:
    """One program on a problem's current version and limits. Raises PodiumError where it cannot be judged."""
    version = problem.current_version
    if version is None:
        raise Refused(f"{problem.slug} has no content yet.")
    if not path.is_file():
        raise Refused(f"{path.name} is no file." if path.exists() else f"{path.name} does not exist.")
    slug = canonical(language) or language or language_of(path.name) or ""
    if version.task_type == TaskType.ANSWER:
        slug = ANSWER_LANGUAGE
    elif version.task_type == TaskType.OUTPUT_ONLY:
        slug = OUTPUTS_LANGUAGE
    elif slug not in LANGUAGES:
        known = ", ".join(sorted(LANGUAGES))
        raise Refused(f"The language of {path.name} is not known: name one of {known} with --language.")
    if version.unjudgeable:
        raise PackageError(problem.slug, f"cannot be judged here: {version.unjudgeable}")
    with RUNNING:
        box = sandbox()
        reading = version.limit_readings.first() or measure_limits(version.pk, box)
        judge = Judge(version.to_problem(), blobs.BlobFiles(), reading.to_limits(), box)
        return judge.judge(Source.of(path.read_bytes(), slug, name=_name_as(path, slug)))


def _name_as(path: Path, slug: str) -> str:
    """The file's name, with the extension of a language that was stated and that it does not have."""
    written_in = language_of(path.name)
    if slug not in LANGUAGES or (written_in and LANGUAGES[written_in].extension == LANGUAGES[slug].extension):
        return path.name
    return path.stem + LANGUAGES[slug].extension


def judgement_data(judgement: Judgement) -> dict[str, Any]:
    """The object that `judge_program --json` prints. Tests that were not run have no time."""
    return {
        "verdict": str(judgement.verdict),
        "score": judgement.score,
        "points": judgement.points,
        "compile_message": judgement.compile_message or None,
        "subtasks": [
            {"index": s.index, "points": s.points, "score": s.score, "verdict": str(s.verdict)}
            for s in judgement.subtasks
        ],
        "testcases": [
            {
                "name": test.name,
                "verdict": str(test.verdict),
                "cpu_time_s": test.cpu_time_s if test.ending is not None else None,
                "memory_mib": test.memory_mib if test.ending is not None else None,
            }
            for test in judgement.testcases
        ],
    }
