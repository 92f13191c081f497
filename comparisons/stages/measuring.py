"""Time limits of problems whose package states none: measured on their own reference programs."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from comparisons.models import LimitReading, ProblemVersion, Work, blobs
from comparisons.stages import planning
from comparisons.stages import work as leases
from comparisons.stages.environment import sandbox as this_sandbox
from judge.errors import PackageError
from judge.limits import measure_time_limit, scaled
from judge.package import Package, TimeRule
from judge.problem import Limits
from judge.sandbox import Sandbox

logger = logging.getLogger(__name__)


def work_key(version_id: int) -> str:
    """The key of the one piece of work that measures this version."""
    return f"measure:{version_id}"


def pieces(versions: list[ProblemVersion]) -> list[Work]:
    """The pieces that measure these versions, unsaved, for `work.add`. They come before any judging."""
    return [
        Work(
            kind=Work.Kind.MEASURE,
            key=work_key(version.pk),
            problem_id=version.problem_id,
            position=version.problem.position * 10,
        )
        for version in versions
    ]


def failed(version_ids: Iterable[int]) -> list[tuple[int, str]]:
    """(version id, error) of those of these versions that have no limits and that nobody measures any more. One
    query."""
    keys = {work_key(pk): pk for pk in version_ids}
    unmeasured = Work.objects.filter(key__in=keys, state=Work.State.FAILED)
    return [(keys[key], error) for key, error in unmeasured.values_list("key", "error")]


def measure(piece: Work) -> None:
    """Measures the version the piece names, and tells the judgings that wait for it. Raises SandboxUnavailable,
    LeaseLost. Safe to run twice: a version that has limits keeps them."""
    version = ProblemVersion.objects.select_related("problem").get(pk=int(piece.key.partition(":")[2]))
    limits = None if version.limit_readings.exists() else _measured(version, this_sandbox())
    with leases.finishing(piece):
        reading = version.limits if limits is None else record_limits(version, limits)
        planning.limits_measured(version.problem, reading)


def measure_limits(version_id: int, sandbox: Sandbox) -> LimitReading:
    """The newest limits of a version, measured now where it has none. Raises SandboxFault."""
    version = ProblemVersion.objects.get(pk=version_id)
    newest = version.limit_readings.first()
    return newest or record_limits(version, _measured(version, sandbox))


def record_limits(version: ProblemVersion, limits: Limits) -> LimitReading:
    """The row of these limits: the newest where it says the same, else a new one. Two queries."""
    newest = version.limit_readings.first()
    if newest is not None and _without_readings(newest.to_limits()) == _without_readings(limits):
        return newest
    return LimitReading.objects.create(
        version=version,
        time_limit_s=limits.time_limit_s,
        memory_limit_mib=limits.memory_limit_mib,
        output_limit_mib=limits.output_limit_mib,
        time_limit_source=str(limits.time_limit_source),
        memory_limit_source=str(limits.memory_limit_source),
        readings=dict(limits.readings),
        time_scale=limits.time_scale,
    )


def _measured(version: ProblemVersion, sandbox: Sandbox) -> Limits:
    """Measured limits, or assumed ones where the package's own programs cannot be used (judging will say so too)."""
    package = stored_package(version)
    given, scale = version.time_rule.get("given_memory_mib"), version.time_rule.get("time_scale", 1.0)
    try:
        return scaled(measure_time_limit(package, sandbox, given_memory_mib=given), scale)
    except PackageError as error:
        logger.warning("%s: time limit assumed: %s", version.problem, error)
        return scaled(measure_time_limit(package, None, given_memory_mib=given), scale)


def stored_package(version: ProblemVersion) -> Package:
    """The package of a version as the judge wants it, with its files where the blobs lie and no stated time limit."""
    problem = version.to_problem()
    locations = {digest: blobs.path(digest) for digest in problem.files()}
    rule = {name: value for name, value in version.time_rule.items() if not name.endswith(("_mib", "_scale"))}
    stated = {name: version.time_rule.get(name) for name in ("memory_limit_mib", "output_limit_mib")}
    return Package(problem, locations, time_rule=TimeRule(**rule), **stated)


def _without_readings(limits: Limits) -> tuple[object, ...]:
    return (
        limits.time_limit_s,
        limits.memory_limit_mib,
        limits.output_limit_mib,
        limits.time_limit_source,
        limits.memory_limit_source,
        limits.time_scale,
    )
