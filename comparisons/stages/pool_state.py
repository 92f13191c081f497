"""States of judgings, probings and pools: derived here from the work that is open, done and failed.

Nothing else says that a judging is done or has failed. What is derived is safe to derive again, so a worker that died
between two statements costs nothing: the sweep derives it.
"""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils import timezone

from comparisons.models import Judging, Pool, PoolState, Probing, Work

#: A judging or probing in these states goes on by itself.
ACTIVE = (PoolState.JUDGING, PoolState.PROBING)
STOPPED = (PoolState.PAUSED, PoolState.FAILED, PoolState.CANCELLED)
#: How the reason begins where no machine can go on; what is paused for it goes on by itself as soon as one can.
WAITS_FOR_MACHINE = "Waiting for a machine: "
REASON_CHARS = 400


def settle(parent: Judging | Probing, *, unmerged: set[int]) -> PoolState:
    """Writes and returns the state of a judging or probing after something of it has ended. Four queries.

    `unmerged`: ids of the problems whose arrays are still to come. With none it is done, even if it was paused
    meanwhile; cancelled it stays until a person resumes it. It has failed once something of each of them has failed
    and nothing is left to do: one broken problem does not stop the others.
    """
    rows = type(parent).objects.filter(pk=parent.pk)  # type: ignore[attr-defined]
    if not unmerged:
        rows.exclude(state__in=(PoolState.DONE, PoolState.CANCELLED)).update(
            state=PoolState.DONE, state_reason="", finished_at=timezone.now()
        )
    else:
        # In this order: what is open now may fail while we look.
        is_open = parent.work.filter(state__in=(Work.State.WAITING, Work.State.LEASED)).exists()
        problems, reason = _failures(parent.work.filter(state=Work.State.FAILED))
        if problems:
            is_over = unmerged <= problems and not is_open
            change = {"state_reason": reason, "state": PoolState.FAILED} if is_over else {"state_reason": reason}
            rows.filter(state__in=ACTIVE).update(**change)
    parent.refresh_from_db(fields=["state", "state_reason", "finished_at"])
    return PoolState(parent.state)


def stop(parent: Judging | Probing, state: PoolState, reason: str) -> bool:
    """Stops what goes on; False where it does not. What was stopped, is done or was cancelled stays so. One query."""
    rows = type(parent).objects.filter(pk=parent.pk, state__in=ACTIVE)  # type: ignore[attr-defined]
    return bool(rows.update(state=state, state_reason=reason[:REASON_CHARS]))


def go_on(parent: Judging | Probing) -> bool:
    """Lets what was stopped go on; False where it was not stopped. One query."""
    state = PoolState.JUDGING if isinstance(parent, Judging) else PoolState.PROBING
    rows = type(parent).objects.filter(pk=parent.pk, state__in=STOPPED)  # type: ignore[attr-defined]
    return bool(rows.update(state=state, state_reason=""))


def refresh(pool: Pool) -> PoolState:
    """Writes and returns the pool's state: what is under way, else what was stopped. A pool that is still drawn keeps
    its own. Four queries."""
    drawing = (PoolState.DRAWING, PoolState.STOPPED_BY_BUDGET)
    undrawn = pool.work.filter(state__in=(Work.State.WAITING, Work.State.LEASED, Work.State.FAILED))
    while True:
        pool.refresh_from_db(fields=["state", "state_reason"])
        if pool.state in drawing or (pool.state in STOPPED and undrawn.exists()):
            return PoolState(pool.state)
        state, reason = _derived(pool)
        # Two workers that end something at once both come here: the one that read first must not write last.
        before = Q(state=pool.state, state_reason=pool.state_reason)
        if Pool.objects.filter(before, pk=pool.pk).update(state=state, state_reason=reason):
            pool.state, pool.state_reason = state, reason
            return state


def _derived(pool: Pool) -> tuple[PoolState, str]:
    revision = pool.newest_revision
    probings = list(revision.probings.order_by("-pk"))
    # What was stopped counts while nothing newer of its kind has taken its place.
    works: list[Judging | Probing] = [*revision.judgings.order_by("-pk")[:1], *probings[:1]]
    works += [probing for probing in probings[1:] if probing.state in ACTIVE]
    for wanted in (*ACTIVE, *STOPPED):
        match = next((work for work in works if work.state == wanted), None)
        if match is not None:
            return wanted, match.state_reason
    if not works and pool.work.filter(state=Work.State.CANCELLED).exists():
        return PoolState.CANCELLED, pool.state_reason
    return PoolState.DONE, ""


def _failures(failed: QuerySet[Work]) -> tuple[set[int], str]:
    """The ids of the problems with failed work, and the sentence that names them and says why."""
    errors: dict[str, str] = {}
    problems: set[int] = set()
    rows = failed.filter(problem__isnull=False).order_by("position", "pk")
    for problem, slug, error in rows.values_list("problem", "problem__slug", "error"):
        problems.add(problem)
        errors.setdefault(slug, error)
    count = "One problem" if len(errors) == 1 else f"{len(errors)} problems"
    named = "; ".join(error if error.startswith(slug) else f"{slug}: {error}" for slug, error in errors.items())
    return problems, f"{count} could not be finished. {named}"[:REASON_CHARS]
