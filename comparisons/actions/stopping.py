"""What a person asks of a drawing under way: pause it, go on with it, give it up."""

from __future__ import annotations

from django.db.models import QuerySet

from comparisons import jobs
from comparisons.actions.spending import check_may_ask
from comparisons.models import Pool, PoolState, User, Work
from comparisons.stages import following, planning_draws
from comparisons.stages.pool_state import STOPPED

_OPEN = (PoolState.DRAWING, PoolState.PAUSED, PoolState.FAILED, PoolState.STOPPED_BY_BUDGET)
_UNDRAWN = (Work.State.WAITING, Work.State.LEASED, Work.State.FAILED)


def pause_drawing(user: User, pool: Pool) -> None:
    """Begins no further call. Calls under way are paid for: their answers are kept."""
    Pool.objects.filter(pk=pool.pk, state=PoolState.DRAWING).update(
        state=PoolState.PAUSED, state_reason=f"Paused by {user}.", drawing_note=""
    )


def resume_drawing(user: User, pool: Pool) -> bool:
    """Goes on where drawing stopped; False where nothing of it was open. Raises Refused."""
    stopped = _stopped(pool)
    if not stopped.exists():
        return False
    check_may_ask(user, pool.model)
    if not stopped.update(state=PoolState.DRAWING, state_reason=""):
        return False
    pool.refresh_from_db()
    planning_draws.plan(pool)
    enqueue_drawing(pool)
    return True


def has_stopped(pool: Pool) -> bool:
    """Whether draws of it are open and nobody is at it."""
    return _stopped(pool).exists()


def can_be_cancelled(pool: Pool) -> bool:
    """Whether draws of it are missing that may still come."""
    return pool.state in _OPEN and pool.work.filter(state__in=_UNDRAWN).exists()


def check_may_resume(user: User, pool: Pool) -> None:
    """Raises Refused where `resume_drawing` would: before anything else of the pool goes on."""
    if _stopped(pool).exists():
        check_may_ask(user, pool.model)


def cancel_drawing(user: User, pool: Pool) -> None:
    """Gives up the draws that are missing; those that are there are frozen as a revision."""
    if not pool.work.filter(state__in=_UNDRAWN).exists():
        return
    Pool.objects.filter(pk=pool.pk, state__in=_OPEN).update(
        state=PoolState.CANCELLED, state_reason=f"Cancelled by {user}.", drawing_note=""
    )
    pool.work.filter(state=Work.State.FAILED).update(state=Work.State.CANCELLED)
    planning_draws.settle(pool)


def _stopped(pool: Pool) -> QuerySet[Pool]:
    """The pool, where draws of it are open and nobody is at it."""
    if not pool.n_asked or not pool.work.exclude(state=Work.State.DONE).exists():
        return Pool.objects.none()
    return Pool.objects.filter(pk=pool.pk, state__in=(*STOPPED, PoolState.STOPPED_BY_BUDGET))


def enqueue_drawing(pool: Pool) -> None:
    """Tells the workers of the first draws that can be asked for."""
    jobs.enqueue(following.ready().filter(pool=pool)[: following.TOLD])
