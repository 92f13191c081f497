"""A program tried out: on the public tests, or on inputs that somebody wrote. Nothing of it counts: what is judged is
judged anew, on all tests."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from judge.attempt import explain
from judge.judgement import Source
from judge.judging import Judge
from judge.sandbox.execution import CompileFailure, Ending, RunLimits
from judge.verdicts import Verdict

#: Bytes of an output that are kept.
OUTPUT_KEPT = 64 << 10


@dataclass(frozen=True)
class Tried:
    """One run. `verdict` is None on an input that has no expected output; `output` None where it is not to be had."""

    name: str
    ending: Ending | None
    verdict: Verdict | None
    message: str
    cpu_time_s: float
    output: bytes | None


def try_public(judge: Judge, source: Source) -> CompileFailure | list[Tried]:
    """The program on each public test, whatever the others gave."""
    names = [test.name for test in judge.problem.testcases if test.is_sample]
    attempt = judge.attempt_on(source, names)
    if isinstance(attempt, CompileFailure):
        return attempt
    inputs = {test.name: test.input.digest for test in judge.problem.testcases}
    found = []
    for name in names:
        result, execution = attempt.results[name], attempt.executions.get(inputs[name])
        run = result.execution
        output = execution.stdout if execution is not None else None
        message = result.message or explain(run)
        found.append(Tried(name, run.ending, result.outcome.verdict, message, run.cpu_time_s, output))
    return found


def try_inputs(judge: Judge, source: Source, inputs: Sequence[bytes]) -> CompileFailure | list[Tried]:
    """The program on each of these inputs, under the problem's limits. For programs that read standard input."""
    built = judge.compile(source)
    if isinstance(built, CompileFailure):
        return built
    limits = RunLimits(
        cpu_s=judge.limits.time_limit_s,
        memory_mib=judge.limits.memory_limit_mib,
        output_bytes=judge.limits.output_limit_mib << 20,
        processes=built.processes,
    )
    with tempfile.TemporaryDirectory(prefix="podium-try-") as folder:
        paths = [Path(folder) / str(number) for number in range(len(inputs))]
        for path, content in zip(paths, inputs, strict=True):
            path.write_bytes(content)
        runs = judge.sandbox.run_batch(built, paths, limits, keep_output=True, output_cap=OUTPUT_KEPT)
        return [
            Tried(str(number), run.ending, None, "" if run.is_clean else explain(run), run.cpu_time_s, run.stdout)
            for number, run in enumerate(runs, start=1)
        ]
