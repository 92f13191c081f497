"""Stringing it together: compile, run, check, grade. The only file that knows all of them.

Expected outputs never enter the candidate's sandbox: outputs come out, and are compared here or by a checker in a
sandbox of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from judge.allowing import refusal
from judge.assembling import program_files
from judge.attempt import Attempt, Result
from judge.checkers import Checked
from judge.communicating import communicate
from judge.conversing import converse
from judge.errors import PackageError
from judge.grading import Outcome, SubtaskResult, all_groups
from judge.judgement import Judgement, Source, TestcaseResult
from judge.near_limit import NEAR, PATIENCE_S, is_near, settle
from judge.outputs import as_execution, read_outputs
from judge.passes import Pass, in_passes
from judge.problem import Files, Limits, Problem, TaskType, Testcase
from judge.rounding import rounded_hash
from judge.running import run_inputs
from judge.sandbox import Sandbox
from judge.sandbox.execution import CompileFailure, Ending, Executable, Execution, Mode, RunLimits
from judge.tools import Tools
from judge.verdicts import Verdict

__all__ = ["Judge", "Judgement", "Source", "TestcaseResult"]

#: Where a package compiles its own code with the candidate's, that code may fork (Kattis's two-step problems do).
_INCLUDED_PROCESSES = 8
#: Programs that wait for another by design (an interactor, a child) get this many times the CPU limit and a second
#: before the wall guard: on a busy machine they are asleep without being stuck.
_WAITING_WALL = 4.0
#: Longer outputs are forgotten once they are checked: a candidate may print the limit on every test.
_OUTPUT_KEPT = 64 << 10
#: Languages whose programs do little without starting others.
_FORKING = ("bash",)


class Judge:
    """Judges any number of programs on one problem. Construction compiles the package's own programs.

    Raises PackageError where the problem cannot be judged, with the reason. A sandbox that breaks down raises
    SandboxFault out of `judge`; a single run that fails for our reasons is tried once more, then IE.
    """

    def __init__(self, problem: Problem, files: Files, limits: Limits, sandbox: Sandbox) -> None:
        if problem.unjudgeable:
            raise PackageError(problem.slug, f"cannot be judged here: {problem.unjudgeable}")
        self.problem = problem
        self.limits = limits
        self.sandbox = sandbox
        self.files = files
        self._tools = Tools.prepare(problem, files, sandbox)
        self._tests = {test.name: test for test in problem.testcases}
        self._groups = {name: group for group in all_groups(problem.root) for name in group.testcases}

    def compile(self, source: Source) -> Executable | CompileFailure:
        """`source` with the package's included files, ready to run on `run_on_inputs`, or why not."""
        if reason := refusal(self.problem, source):
            return CompileFailure(reason)
        return self.sandbox.compile(program_files(self.problem, self.files, source), source.language)

    def judge(self, source: Source) -> Judgement:
        """The program's results on all tests. A compile error is a verdict like any other; a program that the problem
        does not allow is SK on all of them, with score 0 and the reason as its message."""
        if not self.problem.task_type.has_programs:
            return self._check_outputs(source)
        if reason := refusal(self.problem, source):
            return self._failure(Verdict.SK, f"not judged: {reason}")
        built = self.compile(source)
        if isinstance(built, CompileFailure):
            return self._failure(Verdict.IE if built.is_fault else Verdict.CE, built.message)
        attempt = Attempt(self.problem, self._tools)
        while pending := attempt.pending():
            if self.problem.interactor is not None or self.problem.passes > 1:
                self._converse(built, pending, attempt)
            else:
                self._run(built, pending, attempt)
        return attempt.judgement(self._groups)

    def attempt_on(self, source: Source, names: Sequence[str]) -> Attempt | CompileFailure:
        """What the program does on these tests alone, each run whatever the others gave: nothing of it is graded."""
        built = self.compile(source)
        if isinstance(built, CompileFailure):
            return built
        attempt = Attempt(self.problem, self._tools)
        for name in names:
            if self.problem.interactor is not None or self.problem.passes > 1:
                self._converse(built, [name], attempt)
            else:
                self._run(built, [name], attempt)
        return attempt

    def run_on_inputs(
        self,
        executable: Executable,
        inputs: Sequence[Path],
        *,
        stop_after: Callable[[int, Execution], bool] | None = None,
        rounds: bool = False,
    ) -> Iterator[Execution]:
        """One run per input in one sandbox, under the problem's limits: hashes of outputs, no verdicts (probes).

        Runs are forks of one start where that can be; scored ones (`judge`) never are. With `rounds`, they have
        a `rounded_hash`, which outputs with nearly equal numbers share.

        `stop_after(place, run)` may end the batch early; then fewer runs than inputs come back.
        """
        runs = self._run_batch(executable, inputs, keep_output=rounds, stop_after=stop_after, mode=Mode.FORK)
        if not rounds:
            return runs
        return (replace(run, rounded_hash=rounded_hash(run.stdout or b""), stdout=None) for run in runs)

    def _run_limits(self, executable: Executable) -> RunLimits:
        has_include = bool(self.problem.include) and self.problem.task_type is not TaskType.FUNCTION
        has_include = has_include and not self.problem.follows_cms
        is_waiting = has_include or self.problem.interactor is not None
        return RunLimits(
            cpu_s=self.limits.time_limit_s,
            grace=NEAR,
            memory_mib=self.limits.memory_limit_mib,
            output_bytes=self.limits.output_limit_mib << 20,
            processes=max(executable.processes, _INCLUDED_PROCESSES if has_include else 1),
            may_fork=has_include or executable.language in _FORKING,
            wall_s=_WAITING_WALL * (self.limits.time_limit_s + 1) * self.problem.processes if is_waiting else None,
        )

    def _run(self, executable: Executable, pending: Sequence[str], attempt: Attempt) -> None:
        """Run `pending` in one sandbox until a rejection makes some of the rest needless. Equal inputs run once."""
        first_of: dict[str, list[str]] = {}
        for name in pending:
            first_of.setdefault(self._tests[name].input.digest, []).append(name)
        digests = [digest for digest in first_of if digest not in attempt.executions]
        for digest in first_of.keys() - set(digests):
            self._record(attempt, first_of[digest], attempt.executions[digest])
        if not digests or attempt.has_skipped(pending, by=[name for name in pending if name in attempt.outcomes]):
            return

        near: list[tuple[str, Execution]] = []

        def is_decided(index: int, execution: Execution) -> bool:
            digest = digests[index]
            if execution.ending is Ending.FAULT and digest not in attempt.retried:
                attempt.retried.add(digest)
                return False
            if self._is_near(execution):
                near.append((digest, execution))
                return True
            return self._has_decided(attempt, digest, execution, first_of[digest], pending)

        paths = [self.files.path(digest) for digest in digests]
        for _ in self._run_batch(executable, paths, keep_output=True, stop_after=is_decided):
            continue
        for digest, execution in near:
            execution = self._repeat(executable, digest, execution, attempt)
            self._has_decided(attempt, digest, execution, first_of[digest], pending)

    def _has_decided(
        self, attempt: Attempt, digest: str, execution: Execution, names: Sequence[str], pending: Sequence[str]
    ) -> bool:
        """Records a run; True where it makes some of the pending needless."""
        if len(execution.stdout or b"") <= _OUTPUT_KEPT:
            attempt.executions[digest] = execution
        self._record(attempt, names, execution)
        return attempt.has_skipped(pending, by=names)

    def _is_near(self, execution: Execution) -> bool:
        return execution.ending is not Ending.FAULT and is_near(execution.cpu_time_s, self.limits.time_limit_s)

    def _settled(self, first: Result, again: Callable[[], Result]) -> Result:
        """A run near the limit after it was repeated with nothing else running."""

        def repeat() -> Result | None:
            result = again()
            return None if result.execution.ending is Ending.FAULT else result

        limit = self.limits.time_limit_s
        with self.sandbox.alone(PATIENCE_S):
            result, readings = settle(first, repeat, limit_s=limit, cpu_time_s=lambda run: run.execution.cpu_time_s)
        return replace(result, readings=readings)

    def _repeat(self, executable: Executable, digest: str, first: Execution, attempt: Attempt) -> Execution:
        """As `_settled`, of a run on its own; its readings are noted."""

        def again() -> Result:
            run = next(iter(self._run_batch(executable, [self.files.path(digest)], keep_output=True)))
            return Result(Outcome(Verdict.AC), run, "")

        settled = self._settled(Result(Outcome(Verdict.AC), first, ""), again)
        attempt.readings[digest] = settled.readings
        return settled.execution

    def _run_batch(
        self,
        executable: Executable,
        inputs: Sequence[Path],
        *,
        keep_output: bool = False,
        stop_after: Callable[[int, Execution], bool] | None = None,
        mode: Mode = Mode.EXEC,
    ) -> Iterator[Execution]:
        return run_inputs(
            self.problem,
            self.sandbox,
            executable,
            inputs,
            self._run_limits(executable) if mode is Mode.EXEC else replace(self._run_limits(executable), grace=0.0),
            keep_output=keep_output,
            stop_after=stop_after,
            output_cap=self.limits.output_limit_mib << 20,
            mode=mode,
        )

    def _record(self, attempt: Attempt, names: Sequence[str], execution: Execution) -> None:
        for name in names:
            readings = attempt.readings.get(self._tests[name].input.digest, ())
            attempt.results[name] = replace(self._result(self._tests[name], execution), readings=readings)
            attempt.outcomes[name] = attempt.results[name].outcome

    def _result(self, test: Testcase, execution: Execution) -> Result:
        if not execution.is_clean:
            return Result.of_failure(execution)
        checked = self._tools.check(test, self._groups[test.name], execution)
        return Result.of_check(checked, execution)

    def _converse(self, executable: Executable, pending: Sequence[str], attempt: Attempt) -> None:
        """One conversation per test of `pending`; tests of equal files and flags share one."""
        for name in pending:
            test = self._tests[name]
            answer = test.answer.digest if test.answer else ""
            key = (test.input.digest, answer, self._tools.flags(self._groups[name]))
            talk = self._talk_of_task()
            result = attempt.conversations.get(key) or talk(executable, test)
            if result.execution.ending is Ending.FAULT:
                result = talk(executable, test)
            if self._is_near(result.execution) and not result.readings:
                result = self._settled(result, partial(talk, executable, test))
            attempt.conversations[key] = result
            attempt.results[name] = result
            attempt.outcomes[name] = result.outcome
            if attempt.has_skipped(pending, by=[name]):
                return

    def _talk_of_task(self) -> Callable[[Executable, Testcase], Result]:
        if self.problem.task_type is TaskType.COMMUNICATION:
            return self._meeting
        return self._passes if self.problem.passes > 1 else self._conversation

    def _passes(self, executable: Executable, test: Testcase) -> Result:
        """One test of a multi-pass problem, which may be interactive as well."""

        def one_pass(given: Path, feedback: Mapping[str, bytes]) -> Pass:
            if self.problem.interactor is not None:
                return self._talk(executable, test, given, feedback)
            (execution,) = self._run_batch(executable, [given], keep_output=True)
            if not execution.is_clean:
                return Pass(Result.of_failure(execution), {})
            group = self._groups[test.name]
            checked, left = self._tools.check_pass(test, group, execution, given, feedback)
            return Pass(Result.of_check(checked, execution), left)

        return in_passes(self.files.path(test.input.digest), self.problem.passes, one_pass)

    def _talk(self, executable: Executable, test: Testcase, given: Path, feedback: Mapping[str, bytes]) -> Pass:
        return converse(
            self._tools, self.sandbox, executable, self._run_limits(executable), test=test,
            group=self._groups[test.name], given=given, feedback=feedback,
        )  # fmt: skip

    def _conversation(self, executable: Executable, test: Testcase) -> Result:
        return self._talk(executable, test, self.files.path(test.input.digest), {}).result

    def _meeting(self, executable: Executable, test: Testcase) -> Result:
        """One test of a communication task."""
        assert self._tools.interactor is not None
        limits = self._run_limits(executable)
        execution, checked = communicate(
            self.problem, executable, self._tools.interactor, test, files=self.files, limits=limits,
            sandbox=self.sandbox,
        )  # fmt: skip
        if checked.verdict is not Verdict.IE and not execution.is_clean:
            return Result.of_failure(execution)
        return Result.of_check(checked, execution)

    def _check_outputs(self, source: Source) -> Judgement:
        """The results of an output-only candidate or a short answer: nothing is run or compiled, what is missing or
        cannot be read is wrong."""
        try:
            is_answer = self.problem.task_type is TaskType.ANSWER
            answer = dict.fromkeys(self._tests, source.files[0][1])
            outputs = answer if is_answer else read_outputs(source, list(self._tests))
        except ValueError as error:
            return self._failure(Verdict.WA, str(error))
        attempt = Attempt(self.problem, self._tools)
        while pending := attempt.pending():
            for name in pending:
                if name in outputs:
                    attempt.results[name] = self._result(self._tests[name], as_execution(outputs[name]))
                else:
                    missing = Checked(Verdict.WA, message="no output for this test")
                    attempt.results[name] = Result.of_check(missing, as_execution(b""))
                attempt.outcomes[name] = attempt.results[name].outcome
        return attempt.judgement(self._groups)

    def _failure(self, verdict: Verdict, message: str) -> Judgement:
        subtasks = tuple(SubtaskResult(s.index, s.name, s.points, 0.0, verdict) for s in self.problem.subtasks)
        tests = tuple(TestcaseResult(test.name, verdict) for test in self.problem.testcases)
        return Judgement(verdict, 0.0, self.problem.points, message, subtasks, tests)
