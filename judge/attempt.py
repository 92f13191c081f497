"""What is known of one program while it is judged: the results of its tests so far, and what they leave to be run."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from judge.checkers import Checked
from judge.grading import Grade, Outcome, grade_subtasks, is_partial, pending_tests, score_of_test, settled
from judge.judgement import Judgement, TestcaseResult
from judge.problem import Group, Problem, Testcase, shown_score
from judge.sandbox.execution import Ending, Execution
from judge.tools import Tools
from judge.verdicts import Verdict, overall

_STDERR_SHOWN = 300
#: What a run that did not end well counts as.
VERDICTS = {
    Ending.FAULT: Verdict.IE,
    Ending.CPU: Verdict.TLE,
    Ending.WALL: Verdict.TLE,
    Ending.MEMORY: Verdict.MLE,
    Ending.OUTPUT: Verdict.OLE,
    Ending.SIGNAL: Verdict.RE,
    Ending.EXIT: Verdict.RE,
}


@dataclass(frozen=True)
class Result:
    """One test: what it counts, its run without the output, what to tell of it; `readings` where it was repeated."""

    outcome: Outcome
    execution: Execution
    message: str
    readings: tuple[float, ...] = ()

    @classmethod
    def of_failure(cls, execution: Execution) -> Self:
        """Of a run that did not end well."""
        return cls(Outcome(VERDICTS[execution.ending]), without_output(execution), explain(execution))

    @classmethod
    def of_check(cls, checked: Checked, execution: Execution) -> Self:
        """Of a clean run, by what the checker (interactor, manager) said of it."""
        outcome = Outcome(checked.verdict, checked.score, checked.is_multiplier)
        return cls(outcome, without_output(execution), checked.message)


class Attempt:
    """What is known of one program so far. `executions` are by input digest: tests that share one share the run,
    and its readings where it was repeated."""

    def __init__(self, problem: Problem, tools: Tools) -> None:
        self.problem = problem
        self.tools = tools
        self.executions: dict[str, Execution] = {}
        self.conversations: dict[tuple[str, str, tuple[str, ...]], Result] = {}
        self.retried: set[str] = set()
        self.readings: dict[str, tuple[float, ...]] = {}
        self.results: dict[str, Result] = {}
        self.outcomes: dict[str, Outcome] = {}

    def pending(self) -> list[str]:
        return pending_tests(self.problem, self.outcomes, self._grade)

    def has_skipped(self, planned: Sequence[str], *, by: Sequence[str]) -> bool:
        """True where the results of tests `by` make a test of `planned` that has not run needless."""
        if not any(self.outcomes[name].is_rejected for name in by):
            return False
        needed = set(self.pending())
        return any(name not in needed and name not in self.outcomes for name in planned)

    def _grade(self, group: Group, members: Sequence[Grade]) -> Grade:
        return self.tools.grade(group, members)

    def judgement(self, groups: Mapping[str, Group]) -> Judgement:
        subtasks = grade_subtasks(self.problem, self.outcomes, self._grade)
        tests = tuple(self._testcase(test, groups) for test in self.problem.testcases)
        verdicts = [test.verdict for test in tests] + [s.verdict for s in subtasks if s.verdict is Verdict.IE]
        score = sum(subtask.score for subtask in subtasks)
        points = self.problem.points
        verdict = overall(verdicts, score=score, points=points)
        return Judgement(verdict, shown_score(score, self.problem.score_precision), points, "", subtasks, tests)

    def _testcase(self, test: Testcase, groups: Mapping[str, Group]) -> TestcaseResult:
        """A test that no subtask counts is never run and in no group."""
        result = self.results.get(test.name)
        if result is None:
            return TestcaseResult(test.name, Verdict.SK)
        run, group = result.execution, groups[test.name]
        outcome, reason = settled(result.outcome, group, is_sample=test.is_sample)
        verdict = Verdict.PA if is_partial(outcome, group) else outcome.verdict
        return TestcaseResult(
            name=test.name,
            verdict=verdict,
            score=score_of_test(outcome, group),
            cpu_time_s=run.cpu_time_s,
            wall_time_s=run.wall_time_s,
            memory_mib=run.memory_mib,
            ending=run.ending,
            code=run.code,
            message=reason or result.message,
            readings=result.readings,
        )


def without_output(execution: Execution) -> Execution:
    """The run without its output."""
    return replace(execution, stdout=None, stderr=b"")


def explain(execution: Execution) -> str:
    """Why a run was rejected, in a line, with the end of what it wrote to standard error."""
    if execution.ending is Ending.SIGNAL:
        names = {member.value: member.name for member in signal.Signals}
        reason = f"killed by {names.get(execution.code, f'signal {execution.code}')}"
    elif execution.ending is Ending.EXIT:
        reason = f"exit code {execution.code}"
    elif execution.ending is Ending.WALL:
        reason = "stopped by the wall-time guard"
    else:
        return ""
    said = execution.stderr.decode("utf-8", "replace").strip()[-_STDERR_SHOWN:]
    return f"{reason}: {said}" if said else reason
