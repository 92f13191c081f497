"""What is at work, waits or is paused: the jobs of the home page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from comparisons.metrics.words import money
from comparisons.models import Fit, Judging, Pool, PoolState, ProbeSet, Probing, ProblemSet, Run, User, Work

#: States in which something moves by itself: pages poll while one of them is shown.
ACTIVE = (PoolState.WAITING, PoolState.DRAWING, PoolState.PROBING, PoolState.JUDGING)


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


def jobs(user: User) -> list[JobRow]:
    """Everything at work, waiting or paused that this person may see, what moves first. Eight queries."""
    rows = [
        *_drawings(user),
        *_judgings(user),
        *_probe_sets(user),
        *_probings(user),
        *_measurements(user),
        *_runs(user),
    ]
    rows += [*_fits(user), *_comparisons(user)]
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


def _drawings(user: User) -> list[JobRow]:
    drawn = Count("candidates", filter=Q(candidates__attempt=1))
    begun = Pool.objects.visible_to(user).filter(n_asked__gt=0, state__in=[PoolState.DRAWING, PoolState.PAUSED])
    rows = []
    for pool in begun.annotate(n_drawn=drawn).order_by("pk"):
        spent = ""
        if pool.max_cost_usd is not None:
            committed = money(pool.committed_nano_usd / 1e9)
            spent = f"{committed} of {money(float(pool.max_cost_usd))} USD are spent or set aside."
        why = pool.drawing_note if pool.state == PoolState.DRAWING else pool.state_reason
        rows.append(
            JobRow(
                title=f"Draw {pool.name}",
                url=reverse("podium:pool-detail", args=[pool.pk]),
                state=pool.state,
                done=pool.n_drawn,
                total=pool.n_asked * len(pool.recipe.get("units", ())),
                unit="candidates",
                why=" ".join(filter(None, [why, spent])),
            )
        )
    return [row for row in rows if row.done < row.total or row.state == PoolState.DRAWING]


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


def _fits(user: User) -> list[JobRow]:
    return [
        JobRow(
            title=f"Train fit {fit.pk}",
            url=reverse("podium:fit-detail", args=[fit.pk]),
            state=fit.state,
            word="" if fit.state == PoolState.WAITING else "training",
            done=0,
            total=1,
            unit="fit",
        )
        for fit in Fit.objects.visible_to(user).filter(state__in=ACTIVE)
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
