"""What the home page and the bar of every page show: latest comparisons, whether something is at work, why nothing can
be judged. What is at work is `at_work`'s to say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, OuterRef, Q, Subquery
from django.utils import timezone

from comparisons.exports.cards import Card, cards
from comparisons.metrics.rows import ComparisonReport
from comparisons.models import Comparison, Fit, Machine, PoolState, ProblemSet, User, Work

#: A worker describes its machine at its start and every minute; one not heard of for this long says nothing.
MACHINE_SILENT_AFTER = timedelta(minutes=10)


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
            | Q(pool__problem_set__in=sets, pool__state=PoolState.DRAWING)
            | Q(fit__in=Fit.objects.visible_to(user))
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
