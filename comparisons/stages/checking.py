"""A package's own programs through the judge: does each get what its author filed it under?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from comparisons.models import LimitReading, ProblemVersion, blobs
from judge.allowing import refusal
from judge.errors import PackageError
from judge.expectations import meant_tests, mismatches, promises, words
from judge.judging import Judge, Judgement
from judge.limits import source_of
from judge.problem import Problem, Program, TaskType
from judge.sandbox import Sandbox
from judge.verdicts import Verdict


@dataclass(frozen=True)
class CheckedReference:
    """What a package promises of a reference program and what it got. `verdict` None: it was not run, for `reason`;
    `is_ok` None: nothing can be said (that, or nothing is promised). `reason` also says what went against a promise."""

    problem: str
    submission: str
    expected: str
    verdict: Verdict | None
    score: float | None
    is_ok: bool | None
    reason: str = ""


def check_references(
    versions: Sequence[tuple[ProblemVersion, LimitReading]],
    sandbox: Sandbox,
    *,
    progress: Callable[[int, int | None], None] | None = None,
) -> list[CheckedReference]:
    """Judges every reference program of these versions under their limits. Raises PackageError where a package's own
    checker, interactor or grader cannot be used."""
    total = sum(len(version.to_problem().submissions) for version, _ in versions)
    checked: list[CheckedReference] = []
    for version, reading in versions:
        problem, files = version.to_problem(), blobs.BlobFiles()
        if problem.unjudgeable:
            raise PackageError(problem.slug, f"cannot be judged here: {problem.unjudgeable}")
        judge = Judge(problem, files, reading.to_limits(), sandbox)
        for program in problem.submissions:
            if progress:
                progress(len(checked), total)
            checked.append(_check(program, judge, sandbox))
    return checked


def _check(program: Program, judge: Judge, sandbox: Sandbox) -> CheckedReference:
    problem, expected = judge.problem, words(program)
    if problem.task_type is not TaskType.OUTPUT_ONLY and (reason := sandbox.lacks(program.language)):
        return CheckedReference(problem.slug, program.name, expected, None, None, None, reason)
    meant = meant_tests(program, problem)
    if meant is not problem:
        judge = Judge(meant, judge.files, judge.limits, sandbox)
    source = source_of(program, judge.files)
    if problem.task_type.has_programs and (reason := refusal(problem, source)):
        return CheckedReference(problem.slug, program.name, expected, None, None, None, reason)
    judgement = judge.judge(source)
    found = (judgement.verdict, judgement.score)
    if judgement.verdict is Verdict.IE:
        return CheckedReference(problem.slug, program.name, expected, *found, False, _fault(judgement, problem))
    if not promises(program):
        return CheckedReference(problem.slug, program.name, expected, *found, None)
    broken = mismatches(program, judgement, problem)
    return CheckedReference(problem.slug, program.name, expected, *found, not broken, "; ".join(broken))


def _fault(judgement: Judgement, problem: Problem) -> str:
    """Why a judgement is our fault, or the package's: then with the name of the program that is to blame."""
    messages = [test.message for test in judgement.testcases if test.verdict is Verdict.IE]
    if problem.grader is not None and not messages and not judgement.compile_message:
        return f"{problem.grader.name}: the grader broke, or printed no verdict with a score"
    said = judgement.compile_message or next(filter(None, messages), "the judge failed")
    program = problem.interactor or problem.checker.program
    if program is None or not said.startswith(("the checker", "the manager")):
        return said
    role = "the interactor" if problem.interactor is not None else "the checker"
    return f"{program.name}: {said.replace('the checker', role, 1)}"
