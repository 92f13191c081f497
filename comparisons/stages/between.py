"""What is run between a draw's calls: its program on the public tests, or on inputs that the model wrote.

One thread, because a process has one sandbox; what it does holds up no call. It knows no database.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

from comparisons.models import blobs
from comparisons.samplers.reviewing import MOST_INPUTS, Seen, not_run_text, public_text, runs_text
from comparisons.stages.asking import Asked
from comparisons.stages.calls import Turn
from comparisons.stages.conversing import Talk
from judge.errors import PackageError
from judge.judgement import Source
from judge.judging import Judge
from judge.languages import LANGUAGES
from judge.sandbox import Sandbox
from judge.sandbox.execution import CompileFailure, Ending
from judge.trying import Tried, try_inputs, try_public
from judge.verdicts import Verdict

#: Bytes of one input; a longer one is no small case.
LONGEST_INPUT = 1 << 20


@dataclass(frozen=True)
class Run:
    """Something to run for a draw. `left`: turns with runs that may follow; `spent`: what its newest call took, where
    that was a turn."""

    talk: Talk
    asked: Asked
    language: str
    left: int = 0
    spent: Turn | None = None


@dataclass(frozen=True)
class Ran:
    """What is to be said of a run, and the CPU seconds it took."""

    run: Run
    text: str
    cpu_s: float


class Between:
    """Runs programs, one after the other."""

    def __init__(self, sandbox: Sandbox | None) -> None:
        """Without a sandbox nothing may be begun."""
        self._sandbox = sandbox
        self._judges: dict[int, Judge | str] = {}
        self._asked: SimpleQueue[Run | None] = SimpleQueue()
        self._ended: SimpleQueue[Ran | BaseException] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self.open = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread is not None:
            # The sandbox is the process's: nobody else may find it busy.
            self._asked.put(None)
            self._thread.join()

    def begin(self, run: Run) -> None:
        """Runs this when its turn comes."""
        self.open += 1
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="between", daemon=True)
            self._thread.start()
        self._asked.put(run)

    def ended(self) -> Iterator[Ran]:
        """What is over. Re-raises what was our fault."""
        while True:
            try:
                ran = self._ended.get_nowait()
            except Empty:
                return
            self.open -= 1
            if isinstance(ran, BaseException):
                raise ran
            yield ran

    def drop(self) -> None:
        """Forgets what has not begun: whoever goes on with the draws runs it again."""
        while True:
            try:
                self._asked.get_nowait()
            except Empty:
                return
            self.open -= 1

    def _work(self) -> None:
        while (run := self._asked.get()) is not None:
            try:
                self._ended.put(self._do(run))
            except Exception as fault:  # nothing may end the thread unseen
                self._ended.put(fault)

    def _do(self, run: Run) -> Ran:
        program = run.talk.program(run.language)
        if not program.source:
            return Ran(run, not_run_text(program.no_program), 0.0)
        if program.language not in LANGUAGES:
            return Ran(run, not_run_text(f"{program.language or 'its language'} does not run here"), 0.0)
        judge = self._judge(run.asked)
        if isinstance(judge, str):
            return Ran(run, not_run_text(judge), 0.0)
        source = Source.of(program.source, program.language)
        if run.talk.is_final:
            found = try_public(judge, source)
            return _told(run, found, lambda tried: public_text(_seen_tests(judge, tried)))
        inputs = run.talk.inputs
        taken = [text.encode()[:LONGEST_INPUT] for text in inputs[:MOST_INPUTS]]
        found = try_inputs(judge, source, taken)
        return _told(run, found, lambda tried: runs_text(_seen_runs(tried), asked=len(inputs), left=run.left))

    def _judge(self, asked: Asked) -> Judge | str:
        """The judge of a problem, compiled once a shift, or why there is none."""
        version = asked.unit.version
        if version not in self._judges:
            assert self._sandbox is not None and asked.limits is not None
            try:
                self._judges[version] = Judge(asked.problem, blobs.BlobFiles(), asked.limits, self._sandbox)
            except PackageError as error:
                self._judges[version] = error.reason
        return self._judges[version]


def _told(run: Run, found: CompileFailure | list[Tried], text: Callable[[list[Tried]], str]) -> Ran:
    if isinstance(found, CompileFailure):
        return Ran(run, not_run_text(found.message[:2000]), 0.0)
    return Ran(run, text(found), sum(one.cpu_time_s for one in found))


def _seen_tests(judge: Judge, tried: Sequence[Tried]) -> list[Seen]:
    tests = {test.name: test for test in judge.problem.testcases}
    is_shown = judge.problem.interactor is None
    found = []
    for one in tried:
        test = tests[one.name]
        given = blobs.get(test.input.digest).decode(errors="replace") if is_shown else None
        expected = blobs.get(test.answer.digest).decode(errors="replace") if is_shown and test.answer else None
        found.append(
            Seen(
                said=_verdict(one),
                given=given,
                output=_text(one.output) if is_shown else None,
                expected=expected,
                cpu_time_s=one.cpu_time_s,
                is_right=one.verdict is Verdict.AC,
            )
        )
    return found


def _seen_runs(tried: Sequence[Tried]) -> list[Seen]:
    return [Seen(_ended(one), None, _text(one.output), cpu_time_s=one.cpu_time_s) for one in tried]


def _verdict(one: Tried) -> str:
    words = {Verdict.AC: "passed", Verdict.WA: "wrong answer", Verdict.TLE: "too slow", Verdict.MLE: "too much memory",
             Verdict.OLE: "too much output", Verdict.RE: "it failed", Verdict.IE: "it could not be run"}  # fmt: skip
    said = words.get(one.verdict, str(one.verdict)) if one.verdict else "run"
    return f"{said} ({one.message.strip()[:300]})" if one.message.strip() and one.verdict is not Verdict.AC else said


def _ended(one: Tried) -> str:
    words = {Ending.CPU: "stopped at the time limit", Ending.WALL: "stopped: it waited too long",
             Ending.MEMORY: "stopped at the memory limit", Ending.OUTPUT: "stopped: too much output",
             Ending.FAULT: "could not be run"}  # fmt: skip
    return words.get(one.ending, one.message[:300] or "ended by itself") if one.ending else "ended by itself"


def _text(output: bytes | None) -> str | None:
    return None if output is None else output.decode(errors="replace").replace("\0", "\N{SYMBOL FOR NULL}")
