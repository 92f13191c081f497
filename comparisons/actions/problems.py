"""Importing problem sets and checking them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from comparisons import jobs
from comparisons.actions import Refused
from comparisons.actions.uploads import discard_upload, find_upload
from comparisons.models import ProblemSet, ProblemVersion, User, Visibility
from comparisons.stages import work as leases
from comparisons.stages.checking import CheckedReference, check_references
from comparisons.stages.environment import RUNNING, sandbox
from comparisons.stages.importing_problems import (
    ImportedProblem,
    LimitWishes,
    check_packages,
    complete_packages,
    decide_limits,
    store_files,
    write_rows,
)
from comparisons.stages.measuring import measure_limits, pieces
from judge.errors import SandboxUnavailable
from judge.package import Package
from judge.packages import FORMATS, load_package
from judge.sandbox import Sandbox
from judge.validating import check_inputs
from judge.workspaces import workspace

_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,80}")
#: See `comparisons.urls`.
TAKEN_BY_PAGES = frozenset({"upload"})
Progress = Callable[[int, int | None], None]
#: What the import of problems reads; "auto" tells by the content.
PROBLEM_FORMATS = ("auto", *FORMATS)


@dataclass(frozen=True)
class ImportReport:
    """What an import left: the set, its problems in the package's order, and what their own programs got."""

    problem_set: ProblemSet
    problems: tuple[ImportedProblem, ...]
    check: tuple[CheckedReference, ...] = ()
    errors: tuple[str, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """The object that `import_problems --json` prints."""
        return {
            "problem_set": self.problem_set.slug,
            "problems": [problem_data(item) for item in self.problems],
            "errors": list(self.errors),
            "check": [check_data(item) for item in self.check],
        }

    @property
    def mismatches(self) -> tuple[CheckedReference, ...]:
        """The reference programs that did not get what they were filed under."""
        return tuple(item for item in self.check if item.is_ok is False)


def import_problem_set(
    user: User,
    path: Path,
    *,
    slug: str,
    title: str | None = None,
    note: str | None = None,
    visibility: str | None = None,
    is_simulated: bool = False,
    format: str = "auto",
    statements: Path | None = None,
    time_limit_s: float | None = None,
    memory_limit_mib: int | None = None,
    time_scale: float = 1.0,
    measure: bool = True,
    check: bool = False,
    progress: Progress | None = None,
) -> ImportReport:
    """Imports every problem of the folder, zip or data file at `path` into the set `slug`, which is made where there
    is none. All of it or nothing.

    `visibility` is for a new set only. Time limits: `time_limit_s` > the package's > measured > 10 s assumed, times
    `time_scale`; `measure=False` leaves measuring to the workers. `check` also shows the packages' tests to their own
    validators and judges their own programs. Raises PackageError (file and reason), Refused, SandboxUnavailable with
    `check`.
    """
    _check_limits(time_limit_s, memory_limit_mib)
    if not 0.01 <= time_scale <= 100:
        raise Refused("The factor on time limits must lie between 0.01 and 100.")
    existing = _writable_set(user, slug)
    wishes = LimitWishes(time_limit_s, memory_limit_mib, measure, time_scale)
    with workspace() as folder:
        loaded = load_package(path, format=format, statements=statements, workspace=folder)
        check_packages(loaded)
        packages = complete_packages(loaded, folder)
        with RUNNING:
            for package in packages if check else ():
                check_inputs(package.problem, package, sandbox())
            box, reason = _sandbox_or_reason() if measure else (None, "")
            decided = decide_limits(existing, packages, wishes, sandbox=box, no_sandbox=reason, progress=progress)
        for package in packages:
            store_files(package)
    with transaction.atomic():
        problem_set = existing or ProblemSet.objects.create(
            slug=slug,
            title=slug,
            visibility=visibility or Visibility.SHARED,
            is_simulated=is_simulated,
            created_by=user,
        )
        _describe(problem_set, title=title, note=note)
        problems = write_rows(user, problem_set, decided)
        unmeasured = [item.version for item in problems if item.limits is None]
        jobs.enqueue(leases.add(pieces(unmeasured)))
    report = ImportReport(problem_set, tuple(problems))
    return check_set(report, progress=progress) if check else report


@dataclass(frozen=True)
class PreviewedProblem:
    """A problem of an upload before it is imported. `becomes`: "new", "new version", "as it is", or "tests to be made"
    where only the import can tell."""

    package: Package
    becomes: str


def preview_upload(user: User, token: str, *, slug: str, format: str = "auto") -> list[PreviewedProblem]:
    """What importing a staged upload (`uploads.stage_upload`; its companion holds the statements) into the set `slug`
    would bring. Nothing is written. Raises PackageError, Refused."""
    upload = find_upload(user, token)
    existing = _writable_set(user, slug)
    versions = (
        ProblemVersion.objects.filter(problem__problem_set=existing) if existing else ProblemVersion.objects.none()
    )
    known: dict[str, set[str]] = {}
    for name, content_hash in versions.values_list("problem__slug", "content_hash"):
        known.setdefault(name, set()).add(content_hash)
    with workspace() as folder:
        packages = load_package(upload.path, format=format, statements=upload.companion, workspace=folder)
        check_packages(packages)
    return [PreviewedProblem(package, _becomes(package, known)) for package in packages]


def confirm_upload(
    user: User,
    token: str,
    *,
    slug: str,
    title: str | None = None,
    note: str | None = None,
    visibility: str | None = None,
    format: str = "auto",
    time_limit_s: float | None = None,
    memory_limit_mib: int | None = None,
) -> ImportReport:
    """`import_problem_set` of a staged upload, which is then gone; limits are measured by the workers. Where it raises,
    the upload stays for another try."""
    upload = find_upload(user, token)
    report = import_problem_set(
        user,
        upload.path,
        slug=slug,
        title=title,
        note=note,
        visibility=visibility,
        format=format,
        statements=upload.companion,
        time_limit_s=time_limit_s,
        memory_limit_mib=memory_limit_mib,
        measure=False,
    )
    discard_upload(user, token)
    return report


def check_set(report: ImportReport, *, progress: Progress | None = None) -> ImportReport:
    """The report with its problems' own programs judged. Raises SandboxUnavailable, PackageError."""
    with RUNNING:
        box = sandbox()
        versions = [
            (item.version, item.limits or measure_limits(item.version.pk, box))
            for item in report.problems
            if not item.version.unjudgeable
        ]
        checked = check_references(versions, box, progress=progress)
    return ImportReport(report.problem_set, report.problems, tuple(checked), report.errors)


def problem_data(item: ImportedProblem) -> dict[str, Any]:
    """One problem of an import's JSON."""
    version, limits = item.version, item.limits
    return {
        "slug": version.problem.slug,
        "version": version.content_hash,
        "title": version.title,
        "task_type": version.task_type,
        "judgeable": not version.unjudgeable,
        "subtasks": [
            {"index": s.index, "points": s.points, "testcases": s.n_testcases, "contains": s.contains}
            for s in version.subtasks.all()
        ],
        "testcases": version.n_testcases,
        "time_limit_s": limits.time_limit_s if limits else None,
        "time_limit_source": limits.time_limit_source if limits else None,
        "time_scale": limits.time_scale if limits else None,
        "memory_limit_mib": limits.memory_limit_mib if limits else None,
        "is_new": item.is_new,
        "warnings": list(item.all_warnings),
    }


def check_data(item: CheckedReference) -> dict[str, Any]:
    """One reference program of `--check`'s JSON."""
    return {
        "problem": item.problem,
        "submission": item.submission,
        "expected": item.expected,
        "verdict": str(item.verdict) if item.verdict else None,
        "score": item.score,
        "ok": item.is_ok,
        "reason": item.reason,
    }


def _becomes(package: Package, known: Mapping[str, set[str]]) -> str:
    problem = package.problem
    if problem.slug not in known:
        return "new"
    if package.recipes:
        return "tests to be made"
    return "as it is" if problem.content_hash in known[problem.slug] else "new version"


def _check_limits(time_limit_s: float | None, memory_limit_mib: int | None) -> None:
    if time_limit_s is not None and not 0 < time_limit_s <= 600:
        raise Refused("The time limit must lie between 0 and 600 seconds.")
    if memory_limit_mib is not None and not 8 <= memory_limit_mib <= 65536:
        raise Refused("The memory limit must lie between 8 and 65536 MiB.")


def _writable_set(user: User, slug: str) -> ProblemSet | None:
    """The set of this slug, None where it is free. Raises Refused where it is another person's or no slug."""
    if not _SLUG.fullmatch(slug):
        raise Refused(f"{slug!r} cannot name a set: use letters, digits, - and _ (at most 80).")
    if slug in TAKEN_BY_PAGES:
        raise Refused(f"{slug!r} cannot name a set: its page is that of uploading; choose another name.")
    found = ProblemSet.objects.filter(slug=slug).first()
    if found is None or user.is_superuser or found.created_by_id == user.pk:
        return found
    raise Refused(f"The set {slug!r} belongs to somebody else; choose another name.")


def _describe(problem_set: ProblemSet, *, title: str | None, note: str | None) -> None:
    """What a person says of a set, new or not; what is not said stays."""
    wishes = {"title": title and title[:200], "note": note}
    given = {name: value for name, value in wishes.items() if value}
    for name, value in given.items():
        setattr(problem_set, name, value)
    if given:
        problem_set.save(update_fields=list(given))


def _sandbox_or_reason() -> tuple[Sandbox | None, str]:
    try:
        return sandbox(), ""
    except SandboxUnavailable as error:
        return None, str(error)
