"""Programs on generated tests: which of a model's own tests does a program pass?

Each side runs in a sandbox of its own, joined by two pipes, as official test code does: the program never sees the
tests. Results tell programs apart; they never score one.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from judge.errors import PackageError, SandboxFault
from judge.functions import agreeing, programs
from judge.functions.loading import SETTINGS
from judge.judgement import UNNAMED, Source
from judge.problem import Files, Limits, Problem, TaskType
from judge.sandbox import Sandbox
from judge.sandbox.execution import CompileFailure, Conversation, Ending, Executable, RunLimits
from judge.tools import FEEDBACK, TOOL_LIMITS

#: CPU seconds of a call, and of a test's own code. Source: CodeT, its `timeout`.
CALL_LIMIT_S = 0.1
#: A program or a test that ends a process costs a new start; after so many the rest is not run.
MOST_STARTS = 4
_TESTS, _RESULTS = "/tests.json", f"{FEEDBACK}/results"
_FAULT_TRIES = 3


class TestEnd(StrEnum):
    """How a program did on one generated test."""

    PASSED = agreeing.PASSED
    FAILED = agreeing.FAILED
    TIMED_OUT = agreeing.TIMED_OUT
    ENDED = agreeing.ENDED
    NOT_RUN = "-"


class Agreement:
    """Runs any number of programs on the generated tests of one function problem.

    Raises PackageError where the problem's tests do not call a function, so that none can be written either.
    """

    def __init__(
        self, problem: Problem, files: Files, limits: Limits, sandbox: Sandbox, *, call_limit_s: float = CALL_LIMIT_S
    ) -> None:
        if problem.task_type is not TaskType.FUNCTION or problem.interactor is None:
            raise PackageError(problem.slug, "generated tests call a function, and this problem has no test code")
        self._sandbox = sandbox
        self._limits = limits
        self._call_limit_s = call_limit_s
        told = next(file for file in problem.include[programs.LANGUAGE] if file.name == SETTINGS)
        said = json.loads(files.path(told.digest).read_text("utf-8")) | {"limit_s": call_limit_s}
        self._settings = json.dumps(said, sort_keys=True)
        built = sandbox.compile(programs.sources("agreeing", self._settings), programs.LANGUAGE)
        if isinstance(built, CompileFailure):
            raise SandboxFault(f"the harness of generated tests was not built: {built.message[:300]}")
        self._harness = built

    def run(self, source: Source, tests: Sequence[str]) -> tuple[list[TestEnd], float]:
        """(how the program did on each test, its CPU seconds). Raises SandboxFault."""
        found: list[TestEnd] = []
        cpu_time_s = 0.0
        built = self._compile(source)
        for _ in range(MOST_STARTS):
            if built is None or len(found) == len(tests):
                break
            said, spent, may_go_on = self._talk(built, tests[len(found) :])
            found += said
            cpu_time_s += spent
            if not may_go_on:
                break
        return [*found, *[TestEnd.NOT_RUN] * (len(tests) - len(found))], cpu_time_s

    def _compile(self, source: Source) -> Executable | None:
        if source.family != programs.LANGUAGE:
            return None
        included = programs.sources("timed", self._settings)
        own = [(f"{UNNAMED}.py", source.files[0][1])]
        built = self._sandbox.compile([included[0], *own, *included[1:]], source.language)
        if isinstance(built, CompileFailure):
            if built.is_fault:
                raise SandboxFault(f"a program could not be compiled: {built.message[:300]}")
            return None
        return built

    def _talk(self, built: Executable, tests: Sequence[str]) -> tuple[list[TestEnd], float, bool]:
        """(results as far as it came, CPU seconds, whether to start again with the tests after these)."""
        with tempfile.NamedTemporaryFile("w", prefix="podium-tests-", suffix=".json", encoding="utf-8") as file:
            json.dump(list(tests), file)
            file.flush()
            Path(file.name).chmod(0o644)
            for _ in range(_FAULT_TRIES):
                talk = self._converse(built, Path(file.name), len(tests))
                if talk.candidate.ending is not Ending.FAULT and talk.partner.ending is not Ending.FAULT:
                    break
            else:
                raise SandboxFault("generated tests could not be run")
        letters = talk.partner.files.get(_RESULTS, b"").decode("ascii", "replace")[: len(tests)]
        said = [TestEnd(letter) for letter in letters]
        is_whole = talk.partner.execution.is_clean and TestEnd.ENDED not in said
        if not is_whole and len(said) < len(tests) and TestEnd.ENDED not in said:
            said.append(TestEnd.ENDED)  # the test that was running when the harness itself ended
        # A program that ended before it had answered a single test would do so again.
        has_answered = any(one is not TestEnd.ENDED for one in said)
        return said, talk.candidate.cpu_time_s, not is_whole and (has_answered or not talk.partner.execution.is_clean)

    def _converse(self, built: Executable, tests: Path, n: int) -> Conversation:
        # Time enough for every test to take all it may, up to the most that may run out of it.
        cpu_s = 2.0 + self._call_limit_s * min(n, 4 * agreeing.MOST_TIMEOUTS)
        return self._sandbox.converse(
            built,
            self._harness,
            candidate_limits=RunLimits(cpu_s, memory_mib=self._limits.memory_limit_mib, wall_s=8 * cpu_s),
            partner_limits=RunLimits(cpu_s + 2, memory_mib=TOOL_LIMITS.memory_mib, wall_s=8 * cpu_s + 30),
            partner_args=(_TESTS, _RESULTS),
            partner_files={_TESTS: tests},
            partner_writable=(FEEDBACK,),
        )
