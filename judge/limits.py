"""Measuring a time limit on a package's own reference programs, where the package states none."""

from __future__ import annotations

import math
from dataclasses import replace

from judge.judging import Judge, Source
from judge.languages import LANGUAGES
from judge.package import ASSUMED_TIME_LIMIT_S, Package, TimeRule, stated_limits
from judge.problem import Files, Limits, LimitSource, Program
from judge.sandbox import Sandbox
from judge.verdicts import Verdict

#: References get this long per test while they are measured, which is what is assumed where none can be. Slower ones
#: (Python meant for another interpreter, mostly) are left out: they would make a limit that rejects nobody.
MEASURING_LIMIT_S = ASSUMED_TIME_LIMIT_S
#: A reading that lies so little above one of the rule's steps is taken again, so often.
_NEARLY, _REPEATS = 0.8, 2


def measure_time_limit(
    package: Package,
    sandbox: Sandbox | None,
    *,
    given_time_s: float | None = None,
    given_memory_mib: int | None = None,
) -> Limits:
    """The limits to judge `package` with, and where they come from.

    Time: `given_time_s`, else what the package states, else measured: the slowest accepted reference in CPU seconds ×
    the package's multiplier, at least 1 s, rounded up; `readings` keep every accepted reference's slowest test. With
    no reference that is accepted, in a problem that cannot be judged here or without a sandbox it is 10 s, assumed.
    """
    limits = stated_limits(package)
    if given_memory_mib is not None:
        limits = replace(limits, memory_limit_mib=given_memory_mib, memory_limit_source=LimitSource.GIVEN)
    if given_time_s is not None:
        return replace(limits, time_limit_s=given_time_s, time_limit_source=LimitSource.GIVEN)
    if package.time_limit_s is not None or sandbox is None or package.problem.unjudgeable:
        return limits
    readings = read_references(package, sandbox, limits)
    if not readings:
        return replace(limits, time_limit_s=ASSUMED_TIME_LIMIT_S, time_limit_source=LimitSource.ASSUMED)
    return replace(
        limits,
        time_limit_s=apply_rule(package.time_rule, max(readings.values())),
        time_limit_source=LimitSource.MEASURED,
        readings=readings,
    )


def scaled(limits: Limits, factor: float) -> Limits:
    """`limits` with `factor` times as much time, for a machine of another speed; the factor is stated with them."""
    time_limit_s = round(limits.time_limit_s * factor, 6)
    return replace(limits, time_limit_s=time_limit_s, time_scale=limits.time_scale * factor)


def read_references(package: Package, sandbox: Sandbox, limits: Limits) -> dict[str, float]:
    """The slowest test's CPU seconds of every accepted reference that gets full score, by program name."""
    references = [program for program in package.problem.submissions if is_reference(program)]
    if not references:
        return {}
    judge = Judge(package.problem, package, replace(limits, time_limit_s=MEASURING_LIMIT_S), sandbox)
    readings = {}
    for program in references:
        judgement = judge.judge(source_of(program, package))
        if judgement.verdict is Verdict.AC:
            readings[program.name] = _least(package.time_rule, judge, source_of(program, package), judgement.cpu_time_s)
    return readings


def _least(rule: TimeRule, judge: Judge, source: Source, reading_s: float) -> float:
    """The least of up to three readings where a little less would make a lower limit: a busy machine only ever adds."""
    for _ in range(_REPEATS):
        if apply_rule(rule, reading_s) == apply_rule(rule, _NEARLY * reading_s):
            break
        reading_s = min(reading_s, judge.judge(source).cpu_time_s)
    return round(reading_s, 6)


def is_reference(program: Program) -> bool:
    """True for a program filed under accepted, in a language that Podium runs, whose time is meant to count."""
    bounds_time = all(rule.bounds_time for rule in program.expectations if not rule.tests)
    return program.expected == "accepted" and program.language in LANGUAGES and bounds_time


def source_of(program: Program, files: Files) -> Source:
    """A package's submission as a Source, under the file names it has there."""
    return Source(program.language, tuple((file.name, files.path(file.digest).read_bytes()) for file in program.files))


def apply_rule(rule: TimeRule, slowest_s: float) -> float:
    """The time limit that `rule` makes of the slowest accepted reference's CPU seconds."""
    wanted = max(slowest_s * rule.multiplier, rule.minimum_s)
    # 1e-9: a product such as 0.2 * 5 must not be rounded up because of its last bit.
    return round(math.ceil(wanted / rule.resolution_s - 1e-9) * rule.resolution_s, 6)
