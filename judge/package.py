"""What a reader of packages found: a problem, where its bytes lie, and what the package says beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from judge.problem import File, Limits, LimitSource, Problem, Program, ValidatorCall

#: Where a package states no time limit and none can be measured.
ASSUMED_TIME_LIMIT_S = 10.0


@dataclass(frozen=True)
class TimeRule:
    """How a package wants its time limit made where it states none: slowest accepted reference × `multiplier`,
    at least `minimum_s`, rounded up to a whole multiple of `resolution_s`."""

    multiplier: float = 5.0
    minimum_s: float = 1.0
    resolution_s: float = 1.0


@dataclass(frozen=True)
class TestRecipe:
    """How a test that the package does not hold is made: `generator` run with `args` and, where given, `stdin`; its
    output is the input (or nothing, where the testcase has one). `output_file` names the file it leaves instead, for
    generators that write several. Where `generator` is None the testcase has its input and only its answer is to be
    made. Every one of `Problem.validators` is called on the input with `validator_args` (None: not checked); where
    there are `validator_calls`, these are made instead.
    `answer_on_stderr`: the generator writes the expected output to standard error (DMOJ)."""

    testcase: str
    generator: Program | None = None
    args: tuple[str, ...] = ()
    stdin: File | None = None
    output_file: str = ""
    validator_args: tuple[str, ...] | None = None
    answer_on_stderr: bool = False
    validator_calls: tuple[ValidatorCall, ...] | None = None


@dataclass(frozen=True)
class Package:
    """What a reader found: the problem, where its bytes lie, what it says of limits, and what a person should know.

    `time_limit_s` and `memory_limit_mib` are None where the package states none. A package with `recipes` is not
    complete: tests they name have an input (or answer) of digest "" until `judge.generating.generate` has made them in
    the sandbox, answers by `solution`.
    """

    problem: Problem
    locations: Mapping[str, Path]
    time_limit_s: float | None = None
    memory_limit_mib: int | None = None
    output_limit_mib: int | None = None
    time_rule: TimeRule = field(default_factory=TimeRule)
    warnings: tuple[str, ...] = ()
    recipes: tuple[TestRecipe, ...] = ()
    solution: Program | None = None

    def path(self, digest: str) -> Path:
        """Where the bytes lie, so that a package is a `Files`."""
        return self.locations[digest]


def stated_limits(package: Package) -> Limits:
    """What the package says; 10 s, 2048 MiB and 16 MiB of output where it says nothing, marked assumed."""
    has_time, has_memory = package.time_limit_s is not None, package.memory_limit_mib is not None
    return Limits(
        time_limit_s=package.time_limit_s if package.time_limit_s is not None else ASSUMED_TIME_LIMIT_S,
        memory_limit_mib=package.memory_limit_mib if package.memory_limit_mib is not None else 2048,
        output_limit_mib=package.output_limit_mib if package.output_limit_mib is not None else 16,
        time_limit_source=LimitSource.PACKAGE if has_time else LimitSource.ASSUMED,
        memory_limit_source=LimitSource.PACKAGE if has_memory else LimitSource.ASSUMED,
    )
