"""The programs of a package, compiled once and called by their conventions: checker, interactor, grader.

They are trusted to be right but not to be safe: each runs in a sandbox of its own, with wide limits, apart from the
candidate's. Their failure is IE.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from judge.answers import AnswerFlags, accepted_answers, compare_answer
from judge.checkers import Checked, TokenFlags, compare_lines, compare_tokens, read_answer
from judge.comparing import compare
from judge.errors import PackageError
from judge.grading import Grade
from judge.problem import Files, Group, Problem, Program, Testcase
from judge.sandbox import Sandbox
from judge.sandbox.execution import CompileFailure, Ending, Executable, Execution, RunLimits, ToolResult
from judge.verdicts import Verdict

#: Wide enough for any honest checker; problemtools allows 60 s and 1 to 2 GiB.
TOOL_LIMITS = RunLimits(cpu_s=60.0, memory_mib=2048, output_bytes=16 << 20, wall_s=90.0)
FEEDBACK = "/feedback"
_INPUT, _ANSWER, _OUTPUT, _WRITTEN = "/judge.in", "/judge.ans", "/output", f"{FEEDBACK}/output"
#: Kattis's names of verdicts, as graders read and print them.
_TO_KATTIS = {Verdict.RE: "RTE", Verdict.IE: "JE", Verdict.PA: "AC", Verdict.SK: "JE", Verdict.CE: "JE"}
_FROM_KATTIS = {"RTE": Verdict.RE, "JE": Verdict.IE, "PAC": Verdict.AC, "PE": Verdict.WA}
#: Candidates mostly print the same few outputs; what a checker said of one need not be asked again.
_REMEMBERED = 50_000
_ANSWER_KEPT = 1 << 20
#: The input of a next pass may be as large as any.
_PASS_FILE_CAP = 32 << 20
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def compile_program(program: Program, files: Files, sandbox: Sandbox) -> Executable:
    """A package's own program, ready to run. Raises PackageError where it does not compile here."""
    sources = [(file.name, files.path(file.digest).read_bytes()) for file in program.files]
    built = sandbox.compile(sources, program.language)
    if isinstance(built, CompileFailure):
        raise PackageError(program.name, f"does not compile: {first_error(built.message)}")
    return built


def first_error(message: str) -> str:
    """The line of a compiler's message that says what is wrong."""
    lines = message.strip().splitlines()
    return next((line for line in lines if "error" in line.lower()), lines[0] if lines else "no message")[:300]


@dataclass
class Tools:
    """One problem's programs and what they have already answered. Checkers are taken to be deterministic."""

    problem: Problem
    files: Files
    sandbox: Sandbox
    checker: Executable | None = None
    interactor: Executable | None = None
    grader: Executable | None = None
    _checked: dict[tuple[str | bytes | tuple[str, ...], ...], Checked] = field(default_factory=dict)
    _graded: dict[tuple[str, tuple[Grade, ...]], Grade] = field(default_factory=dict)
    _answers: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def prepare(cls, problem: Problem, files: Files, sandbox: Sandbox) -> Tools:
        """The tools of `problem`, compiled. Raises PackageError where one does not compile or a flag is unknown."""

        def built(program: Program | None) -> Executable | None:
            return compile_program(program, files, sandbox) if program else None

        tools = cls(problem, files, sandbox)
        tools.checker = built(problem.checker.program)
        tools.interactor = built(problem.interactor)
        tools.grader = built(problem.grader)
        return tools

    def flags(self, group: Group) -> tuple[str, ...]:
        """What the checker is called with for tests of `group`: the package's flags, then the group's."""
        return self.problem.checker.flags + group.checker_flags

    def check(self, test: Testcase, group: Group, execution: Execution) -> Checked:
        """The checker's word on a clean run's output (`execution.stdout`, raw)."""
        flags = self.flags(group)
        answer = test.answer.digest if test.answer else ""
        given = test.input.digest if self.checker else ""
        key = (execution.stdout_hash, given, answer, flags)
        known = self._checked.get(key)
        if known is None:
            known = self._check(test, flags, execution)
            if known.verdict is not Verdict.IE:
                _remember(self._checked, key, known)
        return known

    def _check(self, test: Testcase, flags: tuple[str, ...], execution: Execution) -> Checked:
        output = execution.stdout or b""
        convention = self.problem.checker.convention
        if convention == "answer":
            accepted = accepted_answers(self._answer(test))
            return compare_answer(output.decode(errors="replace"), accepted, AnswerFlags.parse(flags))
        if self.checker is None and convention == "cms":
            return compare_lines(output, self._answer(test))
        if self.checker is None and convention == "dmoj":
            return compare(flags, output, self._answer(test))
        if self.checker is None:
            try:
                parsed = TokenFlags.parse(flags)
            except ValueError as error:
                return Checked(Verdict.IE, message=f"the default validator cannot be used: {error}")
            return compare_tokens(output, self._answer(test), parsed)
        if convention != "kattis":
            return self._check_by_files(test, flags, output)
        result = self.sandbox.run_tool(
            self.checker,
            args=(_INPUT, _ANSWER, f"{FEEDBACK}/", *flags),
            files=self.test_files(test),
            stdin=output,
            writable=(FEEDBACK,),
            limits=TOOL_LIMITS,
        )
        return self.read(result.execution, result.files)

    def _check_by_files(self, test: Testcase, flags: tuple[str, ...], output: bytes) -> Checked:
        """By a checker that reads the output from a file, in testlib's order (input, output, answer) or CMS's, which
        ends with the output."""
        assert self.checker is not None
        answer = _ANSWER if test.answer is not None else "/dev/null"
        is_cms = self.problem.checker.convention == "cms"
        args = (_INPUT, answer, _OUTPUT) if is_cms else (_INPUT, _OUTPUT, answer)
        with tempfile.NamedTemporaryFile(prefix="podium-output-") as copy:
            copy.write(output)
            copy.flush()
            result = self.sandbox.run_tool(
                self.checker,
                args=(*args, *flags),
                files={**self.test_files(test), _OUTPUT: Path(copy.name)},
                limits=TOOL_LIMITS,
            )
        return self.read(result.execution, result.files)

    def check_pass(
        self, test: Testcase, group: Group, execution: Execution, given: Path, feedback: Mapping[str, bytes]
    ) -> tuple[Checked, dict[str, bytes]]:
        """What a multi-pass checker says of a clean run on the input `given`, and the files it leaves, by name."""
        assert self.checker is not None
        result = self.sandbox.run_tool(
            self.checker,
            args=(_INPUT, _ANSWER, f"{FEEDBACK}/", *self.flags(group)),
            files=self.test_files(test, given),
            stdin=execution.stdout or b"",
            writable=(FEEDBACK,),
            limits=TOOL_LIMITS,
            file_cap=_PASS_FILE_CAP,
            placed=in_feedback(feedback),
        )
        return self.read(result.execution, result.files), by_name(result.files)

    def _answer(self, test: Testcase) -> bytes:
        if test.answer is None:
            return b""
        digest = test.answer.digest
        answer = self._answers.get(digest)
        if answer is None:
            answer = self.files.path(digest).read_bytes()
            if len(answer) <= _ANSWER_KEPT:
                _remember(self._answers, digest, answer, limit=256)
        return answer

    def test_files(self, test: Testcase, given: Path | None = None) -> dict[str, Path]:
        """What checkers and interactors are shown, by path in their sandbox; `given`: the input of a later pass."""
        files = {_INPUT: given or self.files.path(test.input.digest)}
        if test.answer is not None:
            files[_ANSWER] = self.files.path(test.answer.digest)
        return files

    def interactor_arguments(self, test: Testcase, group: Group) -> tuple[str, ...]:
        """How an interactor is called: as a Kattis output validator, which it is, or as testlib's or DMOJ's."""
        answer = _ANSWER if test.answer is not None else "/dev/null"
        if self.problem.interaction == "testlib":
            return (_INPUT, _WRITTEN, answer)
        if self.problem.interaction in ("dmoj", "coci"):
            return (_INPUT, answer)
        return (_INPUT, _ANSWER, f"{FEEDBACK}/", *self.flags(group))

    def read_interactor(self, partner: ToolResult) -> Checked:
        """What a finished interactor said."""
        interaction, checker = self.problem.interaction, self.problem.checker
        if interaction == "kattis":
            return self.read(partner.execution, partner.files)
        is_scored = interaction == "testlib" and checker.convention.startswith("testlib-")
        convention = checker.convention if is_scored else interaction
        return read_answer(convention, partner.execution, {}, gives_score=checker.gives_score)

    def check_written(self, test: Testcase, group: Group, partner: ToolResult, said: Checked) -> Checked:
        """What the checker says of what an interactor that accepted has left, as in Polygon; `said` without one."""
        if self.checker is None or self.problem.interaction != "testlib":
            return said
        return self._check_by_files(test, self.flags(group), partner.files.get(_WRITTEN, b""))

    def read(self, execution: Execution, files: Mapping[str, bytes]) -> Checked:
        """What a finished checker or interactor said; `files` are those of its writable folders, by path."""
        checker = self.problem.checker
        return read_answer(checker.convention, execution, by_name(files), gives_score=checker.gives_score)

    def grade(self, group: Group, members: Sequence[Grade]) -> Grade:
        """The group's grade by the package's own grader: verdicts and scores on stdin, one of each on stdout."""
        key = (group.name, tuple(members))
        if key not in self._graded:
            _remember(self._graded, key, self._grade(group, members))
        return self._graded[key]

    def _grade(self, group: Group, members: Sequence[Grade]) -> Grade:
        if self.grader is None:
            return Grade(Verdict.IE, 0.0)
        lines = [f"{_TO_KATTIS.get(verdict, verdict)} {score:.17g}\n" for verdict, score in members]
        result = self.sandbox.run_tool(
            self.grader, args=group.grader_flags, stdin="".join(lines).encode(), limits=TOOL_LIMITS
        )
        return read_grade(result.execution)


def by_name(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Files of a folder by their names in it."""
    return {Path(path).name: content for path, content in files.items()}


def in_feedback(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The inverse, for the feedback folder."""
    return {f"{FEEDBACK}/{name}": content for name, content in files.items()}


def read_grade(execution: Execution) -> Grade:
    """What a grader printed, "VERDICT SCORE"; IE for anything else."""
    words = (execution.stdout or b"").decode("utf-8", "replace").split()
    if execution.ending is not Ending.EXIT or execution.code != 0 or len(words) != 2:
        return Grade(Verdict.IE, 0.0)
    try:
        verdict = _FROM_KATTIS.get(words[0]) or Verdict(words[0])
        score = float(words[1])
    except ValueError:
        return Grade(Verdict.IE, 0.0)
    return Grade(verdict, score) if math.isfinite(score) else Grade(Verdict.IE, 0.0)


def _remember(memory: dict[_Key, _Value], key: _Key, value: _Value, *, limit: int = _REMEMBERED) -> None:
    """Keep `value`; the oldest goes where there are too many."""
    if len(memory) >= limit:
        del memory[next(iter(memory))]
    memory[key] = value
