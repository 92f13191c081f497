"""A pool's state is that of what is done with it: derived here, from its newest revision's judgings and probings."""

from __future__ import annotations

from comparisons.models import Pool, PoolState


def refresh(pool: Pool) -> PoolState:
    """Writes and returns the pool's state. A pool that is still drawn keeps its own. Three queries."""
    drawing = (PoolState.DRAWING, PoolState.STOPPED_BY_BUDGET)
    pool.refresh_from_db(fields=["state"])
    if pool.state in drawing:
        return PoolState(pool.state)
    revision = pool.newest_revision
    works = [*revision.judgings.order_by("-pk")[:1], *revision.probings.order_by("-pk")]
    state, reason = PoolState.DONE, ""
    for wanted in (
        PoolState.FAILED,
        PoolState.PAUSED,
        PoolState.JUDGING,
        PoolState.PROBING,
        PoolState.WAITING,
        PoolState.CANCELLED,
    ):
        match = next((work for work in works if work.state == wanted), None)
        if match is not None:
            state, reason = wanted, match.state_reason
            break
    Pool.objects.filter(pk=pool.pk).update(state=state, state_reason=reason)
    return state
