"""What the home page and the bar of every page show: work under way, latest comparisons, why nothing can be judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone

from comparisons.exports.cards import Card, cards
from comparisons.metrics.rows import ComparisonReport
from comparisons.models import Comparison, Judging, Machine, PoolState, ProbeSet, Probing, ProblemSet, Run, User, Work

#: States in which something moves by itself: pages poll while one of them is shown.
ACTIVE = (PoolState.WAITING, PoolState.DRAWING, PoolState.PROBING, PoolState.JUDGING)
#: A worker describes its machine at its start and every minute; one not heard of for this long says nothing.
MACHINE_SILENT_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class JobRow:
    """A piece of work under way. `word` is what stands beside the dot of `state`, where it is another.

    `rate` is units a second, `left_s` seconds to the end; None where unknown.
    """

    title: str
    url: str
    state: str
    done: int
    total: int
    unit: str
    why: str = ""
    word: str = ""
    rate: float | None = None
    left_s: float | None = None

    @property
    def is_begun(self) -> bool:
        """Something of it is done, or being done in parts that are counted: it has a bar."""
        return bool(self.done) or (self.state != PoolState.WAITING and self.unit == "candidates")

    @property
    def units(self) -> str:
        """The unit in the number of `total`: "1 run", "4 runs", "0 of 1 candidates" only where counted in parts."""
        return self.unit.removesuffix("s") if self.total == 1 else self.unit


@dataclass(frozen=True)
class ComparisonRow:
    """A comparison in a list: what it found in a sentence, and how many differences are shown over problems.

    `ways`: what selecting, specialising and scaling win and cost, where its runs say it.
    `is_failed`: it could not be computed, and nobody tries again by itself.
    """

    pk: int
    title: str
    finding: str
    ways: tuple[Card, ...]
    n_shown: int
    n_runs: int
    is_ready: bool
    is_failed: bool
    is_incomplete: bool
    is_simulated: bool
    problem_set: str
    problem_set_slug: str
    created_at: datetime


@dataclass(frozen=True)
class ShellStatus:
    """What the bar shows: whether something is at work or waits for a worker (the home page says what, and counts it),
    and why nothing can be judged ("" if it can)."""

    is_busy: bool
    notice: str


def shell_status(user: User | AnonymousUser) -> ShellStatus:
    """The state of the whole for the bar on every page. Two queries; none for people who have not signed in."""
    if not isinstance(user, User):
        return ShellStatus(is_busy=False, notice="")
    sets = ProblemSet.objects.visible_to(user)
    is_busy = (
        Work.objects.filter(state__in=[Work.State.WAITING, Work.State.LEASED])
        .filter(
            Q(judging__revision__pool__problem_set__in=sets)
            | Q(probing__revision__pool__problem_set__in=sets)
            | Q(probe_set__problem_set__in=sets)
            | Q(run__revision__pool__problem_set__in=sets)
            | Q(comparison__problem_set__in=sets)
            | Q(kind=Work.Kind.MEASURE, problem__problem_set__in=sets)
        )
        .exists()
    )
    return ShellStatus(is_busy=is_busy, notice=judging_notice())


def judging_notice() -> str:
    """Why no machine heard of lately can isolate programs; "" where one can, or none was heard of. One query."""
    recent = Machine.objects.filter(seen_at__gte=timezone.now() - MACHINE_SILENT_AFTER)
    reasons = list(recent.values_list("unavailable", flat=True))
    return reasons[0] if reasons and all(reasons) else ""


def jobs(user: User) -> list[JobRow]:
    """Everything at work, waiting or paused that this person may see, what moves first. Six queries."""
    rows = [*_judgings(user), *_probe_sets(user), *_probings(user), *_measurements(user), *_runs(user)]
    rows += _comparisons(user)
    order = {PoolState.JUDGING: 0, PoolState.PROBING: 0, PoolState.DRAWING: 0, PoolState.WAITING: 1}
    return sorted(rows, key=lambda row: order.get(PoolState(row.state), 2))


def has_moving(rows: Iterable[JobRow]) -> bool:
    """True while one of the rows changes by itself."""
    return any(row.state in ACTIVE for row in rows)


def progress(done: int, total: int, started_at: datetime | None) -> tuple[float | None, float | None]:
    """(units a second since the start, seconds left at that rate); None where nothing is done yet."""
    if not started_at or not done:
        return None, None
    rate = done / max(0.001, (timezone.now() - started_at).total_seconds())
    return rate, (total - done) / rate


def _judgings(user: User) -> list[JobRow]:
    active = Judging.objects.filter(
        state__in=[*ACTIVE, PoolState.PAUSED], revision__pool__problem_set__in=ProblemSet.objects.visible_to(user)
    ).select_related("revision__pool__problem_set")
    rows = []
    for judging in active:
        pool = judging.revision.pool
        rate, left_s = progress(judging.judged, judging.total, judging.started_at)
        retried = f"{judging.infra_errors} infrastructure errors, retried at the end." if judging.infra_errors else ""
        rows.append(
            JobRow(
                title=f"Judge {pool.name}",
                url=reverse("podium:pool-detail", args=[pool.pk]),
                state=judging.state,
                done=judging.judged,
                total=judging.total,
                unit="candidates",
                why=judging.state_reason or retried,
                rate=rate if judging.state == PoolState.JUDGING else None,
                left_s=left_s if judging.state == PoolState.JUDGING else None,
            )
        )
    return rows


def _probe_sets(user: User) -> list[JobRow]:
    active = (
        ProbeSet.objects.filter(state__in=ACTIVE, problem_set__in=ProblemSet.objects.visible_to(user))
        .select_related("problem_set")
        .annotate(n_done=Count("work", filter=Q(work__state=Work.State.DONE)), n_work=Count("work"))
    )
    return [
        JobRow(
            title=f"Make {row.n} probes a subtask for {row.problem_set.title}",
            url=reverse("podium:probe-set-detail", args=[row.pk]),
            state=row.state,
            done=row.n_done,
            total=row.n_work,
            unit="problems",
            why=row.state_reason,
        )
        for row in active
    ]


def _probings(user: User) -> list[JobRow]:
    active = Probing.objects.filter(
        state__in=[*ACTIVE, PoolState.PAUSED], revision__pool__problem_set__in=ProblemSet.objects.visible_to(user)
    ).select_related("revision__pool__problem_set")
    return [
        JobRow(
            title=f"Run {row.revision.pool.name} on probes",
            url=reverse("podium:pool-detail", args=[row.revision.pool_id]),
            state=row.state,
            done=row.probed,
            total=row.total,
            unit="candidates",
            why=row.state_reason,
        )
        for row in active
    ]


def _measurements(user: User) -> list[JobRow]:
    open_work = Work.objects.filter(
        kind=Work.Kind.MEASURE,
        state__in=[Work.State.WAITING, Work.State.LEASED],
        problem__problem_set__in=ProblemSet.objects.visible_to(user),
    )
    groups = (
        open_work.values("problem__problem_set__slug", "problem__problem_set__title")
        .annotate(n=Count("pk"), running=Count("pk", filter=Q(state=Work.State.LEASED)))
        .order_by("problem__problem_set__slug")
    )
    return [
        JobRow(
            title=f"Measure time limits of {group['problem__problem_set__title']}",
            url=reverse("podium:problem-set-detail", args=[group["problem__problem_set__slug"]]),
            state=PoolState.JUDGING if group["running"] else PoolState.WAITING,
            word="measuring" if group["running"] else "",
            done=0,
            total=group["n"],
            unit="problems",
            why="The package states no limit: it is set by the slowest accepted reference program.",
        )
        for group in groups
    ]


def _runs(user: User) -> list[JobRow]:
    groups = (
        Run.objects.visible_to(user)
        .filter(state__in=ACTIVE)
        .values("revision__pool", "revision__pool__name")
        .annotate(n=Count("pk"), ready=Count("pk", filter=Q(judging__state=PoolState.DONE)))
        .order_by("revision__pool")
    )
    return [
        JobRow(
            title=f"Replay over {group['revision__pool__name']}",
            url=f"{reverse('podium:run-list')}?pool={group['revision__pool']}",
            state=PoolState.JUDGING if group["ready"] else PoolState.WAITING,
            word="replaying" if group["ready"] else "",
            done=0,
            total=group["n"],
            unit="runs",
            why="" if group["ready"] else "Waits for the pool: it is not judged yet. Starts by itself.",
        )
        for group in groups
    ]


def _comparisons(user: User) -> list[JobRow]:
    computed = Work.objects.filter(
        kind=Work.Kind.COMPARE,
        state__in=[Work.State.WAITING, Work.State.LEASED],
        comparison__problem_set__in=ProblemSet.objects.visible_to(user),
    ).select_related("comparison")
    return [
        JobRow(
            title=f"Compute {work.comparison.title}",
            url=reverse("podium:comparison-detail", args=[work.comparison.pk]),
            state=PoolState.WAITING if work.state == Work.State.WAITING else PoolState.JUDGING,
            word="" if work.state == Work.State.WAITING else "computing",
            done=0,
            total=1,
            unit="comparison",
            why="" if work.state == Work.State.LEASED else "Waits for its runs. Starts by itself.",
        )
        for work in computed
        if work.comparison
    ]


def comparison_rows(user: User, *, limit: int | None = None) -> list[ComparisonRow]:
    """The comparisons this person may see, newest first. One query."""
    given_up = (Work.State.FAILED, Work.State.CANCELLED)
    newest = Work.objects.filter(comparison=OuterRef("pk")).order_by("-pk").values("state")[:1]
    comparisons = (
        Comparison.objects.visible_to(user)
        .select_related("problem_set")
        .annotate(n=Count("entries"), work_state=Subquery(newest))
        .order_by("-created_at", "-pk")  # a query that counts has no order of its model's
    )
    return [_comparison_row(row, row.n, is_failed=row.work_state in given_up) for row in comparisons[:limit]]


def _ways(comparison: Comparison) -> tuple[Card, ...]:
    try:
        return cards(ComparisonReport.from_json(comparison.result))
    except (KeyError, TypeError):
        # Stored by a Podium with other fields.
        return ()


def _comparison_row(comparison: Comparison, n_runs: int, *, is_failed: bool) -> ComparisonRow:
    result = comparison.result
    findings = result.get("findings") or []
    return ComparisonRow(
        pk=comparison.pk,
        title=comparison.title,
        finding=findings[0] if findings else comparison.question,
        ways=_ways(comparison) if result else (),
        n_shown=sum(pair.get("shown") == "problems" for pair in result.get("pairs", [])),
        n_runs=n_runs,
        is_ready=bool(result),
        is_failed=is_failed,
        is_incomplete=any(row.get("is_incomplete") for row in result.get("runs", [])),
        is_simulated=comparison.is_simulated,
        problem_set=comparison.problem_set.title,
        problem_set_slug=comparison.problem_set.slug,
        created_at=comparison.created_at,
    )
