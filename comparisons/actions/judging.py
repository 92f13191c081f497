"""What a person asks for about judging and probing: start, pause, resume, cancel."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from comparisons import jobs
from comparisons.actions import Refused
from comparisons.models import (
    Judging,
    Pool,
    PoolState,
    ProbeSet,
    ProbeSource,
    Probing,
    User,
    Work,
)
from comparisons.stages import judging, probing
from comparisons.stages.environment import current_environment
from comparisons.stages.pool_state import refresh
from comparisons.stages.work import ready


def start_judging(user: User, pool: Pool) -> Judging:
    """The judging of the pool's newest revision, its pieces enqueued; one that exists already is returned as it is.

    Raises SandboxUnavailable where no machine can isolate programs, Refused where there is nothing to judge.
    """
    if pool.is_scored_elsewhere:
        raise Refused(f"{pool.name} was scored elsewhere: its scores came with the samples, there is nothing to judge.")
    environment = current_environment()
    try:
        judged = judging.plan(pool.newest_revision, environment, user=user)
    except ValueError as error:
        raise Refused(str(error)) from None
    jobs.enqueue(_open(judged) + judging.merges_due(judged))
    refresh(pool)
    return judged


def start_probing(
    user: User,
    pool: Pool,
    *,
    source: str = ProbeSource.PACKAGE,
    n: int = 256,
    seed: int = 0,
    probe_set: ProbeSet | None = None,
) -> Probing:
    """The probing of the pool's newest revision on new or given probes, its pieces enqueued.

    Raises SandboxUnavailable, and Refused where the source cannot make probes for this set.
    """
    if pool.is_scored_elsewhere:
        raise Refused(f"{pool.name} was scored elsewhere: without programs there is nothing to run on probes.")
    if source not in ProbeSource.values:
        raise Refused(f"Unknown source of probes {source!r}; there are: {', '.join(ProbeSource.values)}.")
    if source == ProbeSource.MODEL:
        raise Refused("Probes made by the model need a pool that was drawn here; choose package or mutation.")
    if n < 1:
        raise Refused("At least one probe per subtask is needed.")
    if probe_set is not None and probe_set.problem_set_id != pool.problem_set_id:
        raise Refused(f"Probe set {probe_set.pk} belongs to another problem set.")
    environment = current_environment()
    with transaction.atomic():
        probe_set = probe_set or probing.plan_set(pool.problem_set, ProbeSource(source), n=n, seed=seed, user=user)
        probed = probing.plan(pool.newest_revision, probe_set, environment, user=user)
    jobs.enqueue([*probe_set.work.filter(state=Work.State.WAITING), *_open(probed), *probing.merges_due(probed)])
    refresh(pool)
    return probed


def pause(user: User, pool: Pool) -> PoolState:
    """Stops the pool's judging and probing after the pieces that are under way; nothing done is lost."""
    for work in _active(pool):
        type(work).objects.filter(pk=work.pk).update(state=PoolState.PAUSED, state_reason=f"Paused by {user}.")
    return refresh(pool)


def resume(user: User, pool: Pool) -> PoolState:
    """Goes on with what was paused, cancelled or failed; failed pieces are tried afresh."""
    revision = pool.newest_revision
    stopped = (PoolState.PAUSED, PoolState.FAILED, PoolState.CANCELLED)
    for work, state in (
        *((judged, PoolState.JUDGING) for judged in revision.judgings.filter(state__in=stopped)),
        *((probed, PoolState.PROBING) for probed in revision.probings.filter(state__in=stopped)),
    ):
        work.work.filter(state=Work.State.FAILED).update(state=Work.State.WAITING, failures=0, error="")
        type(work).objects.filter(pk=work.pk).update(state=state, state_reason="")
        jobs.enqueue(_open(work), again=True)
    return refresh(pool)


def cancel(user: User, pool: Pool) -> PoolState:
    """Gives up the pool's judging and probing. What is judged stays, and `resume` would go on from there."""
    revision = pool.newest_revision
    open_states = (PoolState.WAITING, PoolState.JUDGING, PoolState.PROBING, PoolState.PAUSED, PoolState.FAILED)
    for work in (*revision.judgings.filter(state__in=open_states), *revision.probings.filter(state__in=open_states)):
        type(work).objects.filter(pk=work.pk).update(state=PoolState.CANCELLED, state_reason=f"Cancelled by {user}.")
    return refresh(pool)


def work_inline(pool: Pool) -> None:
    """Does all that is open for this pool in this process, without a queue; other workers may help."""
    revision = pool.newest_revision
    mine = (
        Q(judging__revision=revision)
        | Q(probing__revision=revision)
        | Q(probe_set__probings__revision=revision)
        | Q(run__revision=revision)
        | Q(kind=Work.Kind.MEASURE, problem__problem_set=pool.problem_set_id)
    )
    tried: set[tuple[int, int]] = set()
    while True:
        piece = next((p for p in ready().filter(mine).distinct() if (p.pk, p.failures) not in tried), None)
        if piece is None:
            return
        # A piece that was handed back untouched (its probes are still being made elsewhere) is not asked for again.
        tried.add((piece.pk, piece.failures))
        tried -= {(made.pk, made.failures) for made in jobs.perform(piece.pk)}


def _active(pool: Pool) -> list[Judging | Probing]:
    revision = pool.newest_revision
    states = (PoolState.WAITING, PoolState.JUDGING, PoolState.PROBING)
    return [*revision.judgings.filter(state__in=states), *revision.probings.filter(state__in=states)]


def _open(parent: Judging | Probing) -> list[Work]:
    return list(parent.work.filter(state=Work.State.WAITING).order_by("position", "pk"))
