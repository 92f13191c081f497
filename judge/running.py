"""A program on many inputs, in the way its problem wants: standard input and output, or files of a name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from judge.problem import Problem
from judge.sandbox import Sandbox
from judge.sandbox.execution import Executable, Execution, Mode, RunLimits


def run_inputs(
    problem: Problem,
    sandbox: Sandbox,
    executable: Executable,
    inputs: Sequence[Path],
    limits: RunLimits,
    *,
    keep_output: bool = False,
    stop_after: Callable[[int, Execution], bool] | None = None,
    output_cap: int,
    mode: Mode = Mode.EXEC,
) -> Iterator[Execution]:
    """As `Sandbox.run_batch`. Programs that may read and write files get a sandbox for each input."""
    if not (problem.input_file or problem.output_file):
        yield from sandbox.run_batch(
            executable, inputs, limits, keep_output=keep_output, stop_after=stop_after, output_cap=output_cap, mode=mode
        )
        return
    for place, path in enumerate(inputs):
        execution = sandbox.run_on_file(
            executable, path, limits, input_name=problem.input_file, output_name=problem.output_file
        )
        yield execution if keep_output else replace(execution, stdout=None)
        if stop_after is not None and stop_after(place, execution):
            return
