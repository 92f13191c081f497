"""A package's own programs through the judge: does each get what its author filed it under?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from comparisons.models import LimitReading, ProblemVersion, blobs
from judge.errors import PackageError
from judge.judging import Judge, Judgement
from judge.languages import LANGUAGES
from judge.limits import source_of
from judge.problem import Program
from judge.sandbox import Sandbox
from judge.verdicts import Verdict

#: Folders of reference programs -> the verdicts that are right there. Folders that are not here promise nothing.
EXPECTED: dict[str, frozenset[Verdict]] = {
    "accepted": frozenset({Verdict.AC}),
    "slow_accepted": frozenset({Verdict.AC, Verdict.TLE}),
    "partially_accepted": frozenset({Verdict.PA}),
    "wrong_answer": frozenset({Verdict.WA}),
    "time_limit_exceeded": frozenset({Verdict.TLE}),
    "memory_limit_exceeded": frozenset({Verdict.MLE}),
    "output_limit_exceeded": frozenset({Verdict.OLE}),
    "run_time_error": frozenset({Verdict.RE}),
    "compile_error": frozenset({Verdict.CE}),
    "rejected": frozenset(Verdict) - {Verdict.AC, Verdict.SK, Verdict.IE},
}


@dataclass(frozen=True)
class CheckedReference:
    """What a reference program was filed under and what it got. `verdict` None: its language does not run here;
    `is_ok` None: nothing can be said (that, or its folder promises nothing)."""

    problem: str
    submission: str
    expected: str
    verdict: Verdict | None
    score: float | None
    is_ok: bool | None


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
            if program.language not in LANGUAGES:
                checked.append(CheckedReference(problem.slug, program.name, program.expected, None, None, None))
                continue
            judgement = judge.judge(source_of(program, files))
            checked.append(
                CheckedReference(
                    problem.slug,
                    program.name,
                    program.expected,
                    judgement.verdict,
                    judgement.score,
                    is_expected(program, judgement),
                )
            )
    return checked


def is_expected(program: Program, judgement: Judgement) -> bool | None:
    """True where the judgement is one of those the program was filed under; None where that promises nothing."""
    folders = program.expected.split("|") if program.expected else []
    if not any(folder in EXPECTED for folder in folders):
        return None
    if any(judgement.verdict in EXPECTED.get(folder, ()) for folder in folders):
        return True
    # Filed as partial because it solves groups that are worth no points.
    solves_some = any(subtask.verdict is Verdict.AC for subtask in judgement.subtasks)
    return "partially_accepted" in folders and solves_some and judgement.verdict is not Verdict.AC
