"""Judging one program in one call, for scripts."""

from __future__ import annotations

from judge.generating import completed
from judge.judgement import UNNAMED, Judgement, Source
from judge.judging import Judge
from judge.package import Package, stated_limits
from judge.problem import Limits
from judge.sandbox import Sandbox


def judge(
    package: Package,
    source: str | bytes,
    *,
    language: str = "cpp",
    sandbox: Sandbox,
    limits: Limits | None = None,
    name: str = UNNAMED,
) -> Judgement:
    """Judge one program text on one package; tests that the package does not hold are made first, once per process.

    `limits` default to what the package states, else 10 s; `judge.limits.measure_time_limit` measures them.
    """
    package = completed(package, sandbox)
    return Judge(package.problem, package, limits or stated_limits(package), sandbox).judge(
        Source.of(source, language, name=name)
    )
