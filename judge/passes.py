"""Multi-pass problems: a program is run again on the input that the output validator left for it.

Source: the Kattis problem package format, "Multi-pass validation". Limits hold for each pass by itself; the validator's
other files stay for its next call.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from judge.attempt import Result
from judge.grading import Outcome
from judge.sandbox.execution import Execution
from judge.verdicts import Verdict

NEXT_INPUT = "nextpass.in"


class Pass(NamedTuple):
    """One run on one input, judged; `feedback`: the files the validator left, by name."""

    result: Result
    feedback: Mapping[str, bytes]


def in_passes(first: Path, most: int, one_pass: Callable[[Path, Mapping[str, bytes]], Pass]) -> Result:
    """The result of all passes of one test: the last one's, with the slowest pass's readings.

    `one_pass(input, feedback)` runs the program once. A validator that wants more than `most` passes, or another one
    after a rejection, has failed: IE.
    """
    feedback: dict[str, bytes] = {}
    slowest: Execution | None = None
    with tempfile.NamedTemporaryFile(prefix="podium-pass-") as copy:
        path = first
        for _ in range(most):
            result, left = one_pass(path, feedback)
            run = result.execution
            if slowest is None or run.cpu_time_s > slowest.cpu_time_s:
                slowest = run
            is_last = NEXT_INPUT not in left
            if result.outcome.verdict is Verdict.WA and not is_last:
                return _failed(run, f"the validator left a {NEXT_INPUT} although it did not accept")
            if result.outcome.verdict is not Verdict.AC or is_last:
                peak = max(run.memory_mib, slowest.memory_mib)
                shown = replace(run, cpu_time_s=slowest.cpu_time_s, wall_time_s=slowest.wall_time_s, memory_mib=peak)
                return replace(result, execution=shown)
            feedback = {name: content for name, content in left.items() if name != NEXT_INPUT}
            copy.seek(0)
            copy.truncate()
            copy.write(left[NEXT_INPUT])
            copy.flush()
            path = Path(copy.name)
    assert slowest is not None
    return _failed(slowest, f"the validator asked for more than {most} passes")


def _failed(execution: Execution, message: str) -> Result:
    return Result(Outcome(Verdict.IE), execution, message)
