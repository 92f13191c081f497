"""Problem packages -> rows. Bytes become blobs first; then all rows of an import in one transaction, or none.

Nothing is ever edited or deleted: equal content is the version that exists, other content a new version, other limits
a further dated row. Only `current_version`, which the next judging uses, moves.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Max

from comparisons.models import LimitReading, Problem, ProblemSet, ProblemVersion, Subtask, User, blobs
from comparisons.stages import environment
from comparisons.stages.measuring import record_limits
from judge.errors import PackageError, SandboxFault, SandboxUnavailable
from judge.generating import generate
from judge.limits import is_reference, measure_time_limit, scaled
from judge.package import Package, stated_limits
from judge.problem import Limits, LimitSource
from judge.sandbox import Sandbox

_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,120}")


@dataclass(frozen=True)
class ImportedProblem:
    """A problem as it now stands in the set. `limits` None: still to be measured."""

    version: ProblemVersion
    limits: LimitReading | None
    is_new: bool
    warnings: tuple[str, ...]

    @property
    def all_warnings(self) -> tuple[str, ...]:
        """The warnings, and why the problem cannot be judged where it cannot."""
        reason = self.version.unjudgeable
        return (*self.warnings, f"cannot be judged here: {reason}") if reason else self.warnings


@dataclass(frozen=True)
class LimitWishes:
    """What a person says of limits (None: nothing), and whether to measure what no one states. `time_scale`: a factor
    on every time limit, for a machine of another speed."""

    time_limit_s: float | None = None
    memory_limit_mib: int | None = None
    measure: bool = True
    time_scale: float = 1.0


@dataclass(frozen=True)
class _Decided:
    """A package with the limits it will get; `limits` None where a worker is to measure them."""

    package: Package
    limits: Limits | None
    warnings: tuple[str, ...]
    rule: Mapping[str, Any]


def check_packages(packages: Sequence[Package]) -> None:
    """Raises PackageError where a slug cannot be stored, or two packages share one."""
    seen: set[str] = set()
    for package in packages:
        slug = package.problem.slug
        if not _SLUG.fullmatch(slug):
            raise PackageError("", f"{slug!r} cannot name a problem: use letters, digits, - and _ (at most 120)")
        if slug in seen:
            raise PackageError("", f"two packages are called {slug!r}")
        seen.add(slug)


def complete_packages(packages: Sequence[Package], workspace: Path) -> list[Package]:
    """The packages with the tests that are not in them made, by their own programs, below `workspace`. Raises
    PackageError where one cannot be completed, also because programs cannot be run here; SandboxFault."""
    complete = []
    for package in packages:
        try:
            with environment.RUNNING:
                complete.append(generate(package, environment.sandbox(), workspace) if package.recipes else package)
        except SandboxUnavailable as error:
            reason = f"its tests have to be made by its own programs, which cannot be run here: {error}"
            raise PackageError(package.problem.slug, reason) from error
    return complete


def store_files(package: Package) -> None:
    """Every file of the package as a blob. Raises PackageError where one changed since it was read."""
    for digest, file in package.problem.files().items():
        if blobs.put(package.path(digest).read_bytes()) != digest:
            raise PackageError(file.name, "changed while it was imported")


def decide_limits(
    problem_set: ProblemSet | None,
    packages: Sequence[Package],
    wishes: LimitWishes,
    *,
    sandbox: Sandbox | None,
    no_sandbox: str = "",
    progress: Callable[[int, int | None], None] | None = None,
) -> list[_Decided]:
    """The limits of each package: given > stated by the package > measured (an earlier measurement of the same content
    by the same rule counts) > 10 s assumed, with the reason among the warnings. `no_sandbox`: why there is none."""
    decided = []
    for number, package in enumerate(packages):
        if progress:
            progress(number, len(packages))
        rule = _rule(package, wishes)
        newest = _newest_reading(problem_set, package, rule)
        limits, warnings = _limits(newest, package, wishes, sandbox, no_sandbox)
        if limits is not None and limits.time_scale == 1:
            limits = scaled(limits, wishes.time_scale)
        decided.append(_Decided(package, limits, (*package.warnings, *warnings), rule))
    return decided


def write_rows(user: User, problem_set: ProblemSet, decided: Sequence[_Decided]) -> list[ImportedProblem]:
    """Rows of all packages, in one transaction with the caller's. Six queries a problem."""
    with transaction.atomic():
        last = problem_set.problems.aggregate(last=Max("position"))["last"]
        position = 0 if last is None else last + 1
        imported = []
        for item in decided:
            problem, is_created = Problem.objects.get_or_create(
                problem_set=problem_set, slug=item.package.problem.slug, defaults={"position": position}
            )
            position += is_created
            imported.append(_write_problem(user, problem, item))
        return imported


def _limits(
    newest: LimitReading | None, package: Package, wishes: LimitWishes, sandbox: Sandbox | None, no_sandbox: str
) -> tuple[Limits | None, list[str]]:
    given = {"given_time_s": wishes.time_limit_s, "given_memory_mib": wishes.memory_limit_mib}
    is_to_measure = (
        wishes.time_limit_s is None
        and package.time_limit_s is None
        and not package.problem.unjudgeable
        and any(map(is_reference, package.problem.submissions))
    )
    if not is_to_measure:
        limits = measure_time_limit(package, None, **given)  # type: ignore[arg-type]
        is_needed = not package.problem.unjudgeable and package.problem.task_type.has_programs
        is_assumed = limits.time_limit_source is LimitSource.ASSUMED and is_needed
        return limits, ["time limit assumed (10 s): no stated limit, no accepted reference"] if is_assumed else []
    if newest is not None and newest.time_limit_source == LimitSource.MEASURED:
        measured = newest.to_limits()
        limits = measure_time_limit(package, None, **given)  # type: ignore[arg-type]
        return dataclasses.replace(
            limits,
            time_limit_s=measured.time_limit_s,
            time_limit_source=measured.time_limit_source,
            readings=measured.readings,
            time_scale=measured.time_scale,
        ), []
    if not wishes.measure:
        return None, []
    if sandbox is None:
        return stated_limits(package), [f"time limit assumed (10 s): it cannot be measured: {no_sandbox}"]
    try:
        limits = measure_time_limit(package, sandbox, **given)  # type: ignore[arg-type]
    except (PackageError, SandboxFault) as error:
        return stated_limits(package), [f"time limit assumed (10 s): it cannot be measured: {error}"]
    if limits.time_limit_source is LimitSource.ASSUMED:
        return limits, ["time limit assumed (10 s): no reference got full score"]
    return limits, []


def _newest_reading(problem_set: ProblemSet | None, package: Package, rule: Mapping[str, Any]) -> LimitReading | None:
    """The newest limits of equal content in the set, if measured by the same rule."""
    if problem_set is None or problem_set.pk is None:
        return None
    version = ProblemVersion.objects.filter(
        problem__problem_set=problem_set,
        problem__slug=package.problem.slug,
        content_hash=package.problem.content_hash,
        time_rule=rule,
    ).first()
    return version.limit_readings.first() if version else None


def _rule(package: Package, wishes: LimitWishes) -> dict[str, Any]:
    """How a time limit is made of the references, with the limits that are stated: who measures later knows no more."""
    stated = {
        "memory_limit_mib": package.memory_limit_mib,
        "output_limit_mib": package.output_limit_mib,
        "given_memory_mib": wishes.memory_limit_mib,
    }
    rule = dataclasses.asdict(package.time_rule) | {name: mib for name, mib in stated.items() if mib is not None}
    return rule | ({"time_scale": wishes.time_scale} if wishes.time_scale != 1 else {})


def _write_problem(user: User, problem: Problem, item: _Decided) -> ImportedProblem:
    content, rule = item.package.problem, dict(item.rule)
    version, is_new = ProblemVersion.objects.get_or_create(
        problem=problem,
        content_hash=content.content_hash,
        defaults={
            "title": content.title[:200],
            "task_type": str(content.task_type),
            "points": content.points,
            "n_testcases": len(content.testcases),
            "n_samples": sum(test.is_sample for test in content.testcases),
            "manifest": content.to_manifest(),
            "time_rule": rule,
            "unjudgeable": content.unjudgeable[:300],
            "warnings": list(item.package.warnings),
            "date": _date(content.date),
            "created_by": user,
        },
    )
    if is_new:
        Subtask.objects.bulk_create(
            Subtask(
                version=version,
                index=subtask.index,
                name=subtask.name[:120],
                points=subtask.points,
                n_testcases=len(subtask.testcases),
                contains=list(subtask.contains),
            )
            for subtask in content.subtasks
        )
    elif version.time_rule != rule:
        version.time_rule = rule
        version.save(update_fields=["time_rule"])
    if problem.current_version_id != version.pk:
        problem.current_version = version
        problem.save(update_fields=["current_version"])
    version.problem = problem
    reading = record_limits(version, item.limits) if item.limits else version.limit_readings.first()
    return ImportedProblem(version, reading, is_new, item.warnings)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
