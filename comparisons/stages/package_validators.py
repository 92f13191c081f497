"""Asking a package's own validators which inputs they accept for a subtask."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from comparisons.models import blobs
from comparisons.stages.environment import sandbox
from judge.errors import PackageError, SandboxFault
from judge.languages import LANGUAGES
from judge.problem import Problem, Program
from judge.sandbox import Ending, Executable, Execution, RunLimits
from judge.tools import compile_program
from judge.validating import INPUT, is_valid, validator_calls

#: Wide limits for a package's generators and validators.
TOOL_LIMITS = RunLimits(cpu_s=10, memory_mib=2048, output_bytes=64 << 20, wall_s=30, processes=8)


def accepted(problem: Problem, subtask: int, digests: Sequence[str]) -> tuple[list[str], float]:
    """(the inputs that every validator of the package accepts for this subtask, in order; the CPU seconds it took). All
    of them where there is no validator. Raises PackageError where one cannot be used, SandboxFault."""
    kept, cpu_time_s = list(digests), 0.0
    for program, flags in _calls(problem, subtask) if problem.validators else ():
        runs = list(_runs(tool(program), flags, [blobs.path(digest) for digest in kept]))
        cpu_time_s += sum(run.cpu_time_s for run in runs)
        if any(run.ending is Ending.FAULT for run in runs):
            raise SandboxFault(f"a validator of {problem.slug} could not be run")
        kept = [digest for digest, run in zip(kept, runs, strict=True) if is_valid(problem, run)]
    return kept, cpu_time_s


@lru_cache(maxsize=64)
def tool(program: Program) -> Executable:
    """A package's program, compiled once per worker. Raises PackageError where it cannot be used."""
    if program.language not in LANGUAGES:
        raise PackageError(program.name, "is in a language that does not run here")
    return compile_program(program, blobs.BlobFiles(), sandbox())


def _runs(executable: Executable, flags: tuple[str, ...], inputs: Sequence[Path]) -> Iterator[Execution]:
    """The validator on every input: in one sandbox, unless its arguments name the input's file."""
    if INPUT not in flags:
        executable = dataclasses.replace(executable, argv=(*executable.argv, *flags))
        yield from sandbox().run_batch(executable, inputs, TOOL_LIMITS)
        return
    for path in inputs:
        yield sandbox().run_tool(executable, args=flags, stdin=path, files={INPUT: path}, limits=TOOL_LIMITS).execution


def _calls(problem: Problem, subtask: int) -> list[tuple[Program, tuple[str, ...]]]:
    """Which validators an input of this subtask is shown to, each with what it is called with."""
    path = problem.subtasks[subtask - 1].group.split("/")
    group = problem.root
    flags, calls = group.validator_flags, group.validator_calls
    for name in path:
        match = next((child for child in group.groups if child.name.split("/")[-1] == name), None)
        if match is None:
            break
        group = match
        flags = group.validator_flags or flags
        calls = calls if group.validator_calls is None else group.validator_calls
    return validator_calls(problem, flags, calls)
