"""Asking a package's validators about inputs.

A validator accepts with exit code 42 in Kattis packages and 0 in all others. It gets the input on standard input and
at INPUT, for validators whose arguments name a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from judge.errors import PackageError, SandboxFault
from judge.grading import all_groups
from judge.problem import Files, Problem, Program, Testcase, ValidatorCall
from judge.sandbox import Sandbox
from judge.sandbox.execution import Ending, Executable, Execution, RunLimits
from judge.tools import compile_program

INPUT = "/input.txt"
#: Wide enough for any honest generator or validator.
MOST_BYTES = 256 << 20
MAKING_LIMITS = RunLimits(cpu_s=60.0, memory_mib=4096, output_bytes=MOST_BYTES, wall_s=180.0)
_KATTIS_VALID = 42
_SHOWN = 200


def is_valid(problem: Problem, execution: Execution) -> bool:
    """Whether a validator of `problem` that ran like this accepted its input."""
    wanted = _KATTIS_VALID if problem.format == "kattis" else 0
    return execution.ending is Ending.EXIT and execution.code == wanted


def check_inputs(problem: Problem, files: Files, sandbox: Sandbox) -> None:
    """Shows every test's input to the validators of each group that the test counts in; equal calls are made once.
    Raises PackageError where one is rejected, SandboxFault where the sandbox broke down."""
    tests = {test.name: test for test in problem.testcases}
    calls = {
        (program, tests[name].input.digest, args): tests[name]
        for group in all_groups(problem.root)
        for program, args in validator_calls(problem, group.validator_flags, group.validator_calls)
        for name in group.testcases
    }
    tools = {program: compile_program(program, files, sandbox) for program in dict.fromkeys(call[0] for call in calls)}
    for (program, digest, args), test in calls.items():
        refuse_invalid(problem, program, tools[program], test, files.path(digest), args, sandbox)


def validator_calls(
    problem: Problem, args: tuple[str, ...], calls: Sequence[ValidatorCall] | None
) -> list[tuple[Program, tuple[str, ...]]]:
    """These calls with the programs they name, or where they are None every validator with `args`."""
    if calls is None:
        return [(program, args) for program in problem.validators]
    programs = {program.name: program for program in problem.validators}
    return [(programs[call.program], call.args) for call in calls]


def refuse_invalid(
    problem: Problem,
    program: Program,
    tool: Executable,
    test: Testcase,
    path: Path,
    args: Sequence[str],
    sandbox: Sandbox,
) -> None:
    """Raises PackageError where this validator of `problem` does not accept the input at `path`."""
    run = sandbox.run_tool(tool, args=args, stdin=path, files={INPUT: path}, limits=MAKING_LIMITS).execution
    if run.ending is Ending.FAULT:
        raise SandboxFault(f"the validator {program.name} could not be run: {last_words(run)}")
    if not is_valid(problem, run):
        raise PackageError(program.name, f"rejects the input of the test {test.name}{how_ended(run)}")


def how_ended(run: Execution) -> str:
    """How a run ended, with what it said, as the end of a sentence."""
    words = {Ending.CPU: "out of time", Ending.WALL: "out of time", Ending.MEMORY: "out of memory"}
    how = words.get(run.ending) or ("too much output" if run.ending is Ending.OUTPUT else f"{run.ending} {run.code}")
    said = last_words(run)
    return f" ({how.replace('exit', 'exit code')}{': ' + said if said else ''})"


def last_words(run: Execution) -> str:
    """The last line it wrote to standard error."""
    lines = run.stderr.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip()[:_SHOWN] if lines else ""
