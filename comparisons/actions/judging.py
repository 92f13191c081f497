"""What a person asks for about judging and probing: start, pause, resume, cancel."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from comparisons import jobs
from comparisons.actions import Refused
from comparisons.actions.model_probes import (
    cancel_programs,
    check_may_go_on,
    go_on_drawing,
    model_probe_set,
    pause_programs,
)
from comparisons.actions.spending import check_may_steer, may_steer
from comparisons.actions.stopping import (
    can_be_cancelled,
    cancel_drawing,
    check_may_resume,
    has_stopped,
    pause_drawing,
    resume_drawing,
)
from comparisons.models import (
    Equality,
    Judging,
    LanguageModel,
    Pool,
    PoolState,
    ProbeSet,
    ProbeSource,
    Probing,
    User,
    Work,
)
from comparisons.stages import following, generated_tests, judging, planning, probing
from comparisons.stages.environment import current_environment
from comparisons.stages.making_probes import plan_set
from comparisons.stages.pool_state import ACTIVE, STOPPED, go_on, refresh, stop
from comparisons.stages.work import try_afresh

logger = logging.getLogger(__name__)


def start_judging(user: User, pool: Pool) -> Judging:
    """The judging of the pool's newest revision, its pieces enqueued; one that exists already is returned as it is.

    Raises SandboxUnavailable where no machine can isolate programs, Refused where there is nothing to judge.
    """
    if pool.is_scored_elsewhere:
        raise Refused(f"{pool.name} was scored elsewhere: its scores came with the samples, there is nothing to judge.")
    environment = current_environment()
    try:
        judged = planning.plan(pool.newest_revision, environment, user=user)
    except ValueError as error:
        raise Refused(str(error)) from None
    jobs.wake()
    jobs.enqueue([*_ready(judged), *judging.merges_due(judged)])
    judging.settle(judged)
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
    model: LanguageModel | None = None,
    recipe: Mapping[str, Any] | None = None,
    max_cost_usd: Decimal | None = None,
    equality: str = Equality.TOKENS,
) -> Probing:
    """The probing of the pool's newest revision on new or given probes, its pieces enqueued. Source MODEL asks `model`
    (default: the pool's own) by `recipe`, options of `ProbeRecipe`, under a cap on the cost. `equality` says which
    outputs are equal.

    Raises SandboxUnavailable, and Refused where the source cannot make probes for this set.
    """
    if pool.is_scored_elsewhere:
        raise Refused(f"{pool.name} was scored elsewhere: without programs there is nothing to run on probes.")
    if source not in ProbeSource.values:
        raise Refused(f"Unknown source of probes {source!r}; there are: {', '.join(ProbeSource.values)}.")
    if source != ProbeSource.MODEL and (model is not None or recipe or max_cost_usd is not None):
        raise Refused(f"Nothing is asked of a model for probes from {source}: its options are for source model.")
    if n < 1:
        raise Refused("At least one probe per subtask is needed.")
    if equality not in Equality.values:
        raise Refused(f"Unknown equality {equality!r}; there are: {', '.join(Equality.values)}.")
    if equality != Equality.TOKENS and (probe_set.source if probe_set else source) == ProbeSource.GENERATED:
        raise Refused("Generated tests pass or fail: there are no outputs to compare with a tolerance.")
    if probe_set is not None and probe_set.problem_set_id != pool.problem_set_id:
        raise Refused(f"Probe set {probe_set.pk} belongs to another problem set.")
    if probe_set is not None:
        check_may_go_on(user, probe_set)
    environment = current_environment()
    with transaction.atomic():
        if probe_set is None and source == ProbeSource.GENERATED:
            try:
                probe_set = generated_tests.plan_set(pool, n=n, user=user)
            except ValueError as error:
                raise Refused(f"{pool.name} cannot be run on generated tests: {error}.") from None
        if probe_set is None and source == ProbeSource.MODEL:
            probe_set = model_probe_set(
                user,
                pool.problem_set,
                model or pool.model,
                n=n,
                seed=seed,
                options=recipe or {},
                max_cost_usd=max_cost_usd,
            )
        probe_set = probe_set or plan_set(pool.problem_set, ProbeSource(source), n=n, seed=seed, user=user)
        probed = probing.plan(pool.newest_revision, probe_set, environment, user=user, equality=equality)
    try_afresh(probe_set.work.all())  # where another pool's attempt to make them had failed
    if probe_set.programs_id is not None:
        go_on_drawing(user, probe_set)
        go_on(probed)  # it may have waited for programs that were stopped
    jobs.wake()
    jobs.enqueue([*following.ready().filter(probe_set=probe_set), *_ready(probed), *probing.merges_due(probed)])
    probing.settle(probed)
    refresh(pool)
    return probed


def pause(user: User, pool: Pool) -> PoolState:
    """Stops the pool's drawing, judging and probing after what is under way; nothing done is lost. Raises Refused."""
    active = _parents(pool, ACTIVE)
    check_may_steer(user, pool, active)
    _check_any(pool, "pause", pool.state == PoolState.DRAWING or bool(active))
    pause_drawing(user, pool)
    for parent in active:
        stop(parent, PoolState.PAUSED, f"Paused by {user}.")
        if isinstance(parent, Probing):
            pause_programs(user, parent)
    return refresh(pool)


def resume(user: User, pool: Pool) -> PoolState:
    """Goes on with what was paused, cancelled or failed; failed pieces are tried afresh. Raises Refused, and nothing
    goes on, where the pool is not theirs, nothing was stopped, or a model would be asked that they may not ask."""
    stopped = _parents(pool, STOPPED)
    check_may_resume(user, pool)
    for parent in stopped:
        if isinstance(parent, Probing):
            check_may_go_on(user, parent.probe_set)
    check_may_steer(user, pool, stopped)
    _check_any(pool, "resume", has_stopped(pool) or bool(stopped))
    resume_drawing(user, pool)
    for parent in stopped:
        try_afresh(parent.work.all())
        try_afresh(_needed_by(parent))
        if isinstance(parent, Probing):
            go_on_drawing(user, parent.probe_set)
        if go_on(parent):
            stage: Any = judging if isinstance(parent, Judging) else probing
            jobs.enqueue([*_needed_by(parent), *_ready(parent), *stage.merges_due(parent)])
            stage.settle(parent)
    return refresh(pool)


def cancel(user: User, pool: Pool) -> PoolState:
    """Gives up the pool's drawing, judging and probing. What is done stays, and `resume` would go on from there.
    Raises Refused."""
    unfinished = _parents(pool, (*ACTIVE, PoolState.PAUSED, PoolState.FAILED))
    check_may_steer(user, pool, unfinished)
    _check_any(pool, "cancel", can_be_cancelled(pool) or bool(unfinished))
    cancel_drawing(user, pool)
    for parent in unfinished:
        rows = type(parent).objects.filter(pk=parent.pk).exclude(state=PoolState.DONE)  # type: ignore[attr-defined]
        rows.update(state=PoolState.CANCELLED, state_reason=f"Cancelled by {user}.")
        if isinstance(parent, Probing):
            cancel_programs(user, parent)
    return refresh(pool)


def is_steered_by(user: User, pool: Pool) -> bool:
    """Whether this person may pause, resume or cancel what of the pool is not finished. Three queries at most."""
    return pool.may_be_steered_by(user) or may_steer(user, pool, _parents(pool, (*ACTIVE, *STOPPED)))


def work_inline(pool: Pool) -> None:
    """Does all that is open for this pool in this process, without a queue; other workers may help."""
    revision = pool.newest_revision
    mine = (
        Q(pool=pool)
        | Q(judging__revision=revision)
        | Q(probing__revision=revision)
        | Q(probe_set__probings__revision=revision)
        | Q(pool__probe_set__probings__revision=revision)
        | Q(run__revision=revision)
        | Q(kind=Work.Kind.MEASURE, problem__problem_set=pool.problem_set_id)
    )
    tried: set[tuple[int, int]] = set()
    while True:
        piece = next((p for p in following.ready().filter(mine).distinct() if (p.pk, p.failures) not in tried), None)
        if piece is None:
            return
        # A piece that was handed back untouched (its probes are still being made elsewhere) is not asked for again;
        # one that failed by our fault is, until it has failed too often.
        tried.add((piece.pk, piece.failures))
        try:
            made = jobs.perform(piece.pk)
        except Exception as error:
            logger.warning("%s failed: %s: %s", piece, type(error).__name__, error)
            continue
        tried -= {(one.pk, one.failures) for one in made}


def _check_any(pool: Pool, what: str, is_any: bool) -> None:
    if not is_any:
        pool.refresh_from_db(fields=["state"])  # what is said is so now, whatever it was when it was read
        raise Refused(f"{pool.name} is {pool.get_state_display().lower()}: there is nothing to {what}.")


def _parents(pool: Pool, states: Sequence[PoolState]) -> list[Judging | Probing]:
    revision = pool.newest_revision
    return [*revision.judgings.filter(state__in=states), *revision.probings.filter(state__in=states)]


def _ready(parent: Judging | Probing) -> QuerySet[Work]:
    """The first pieces of it that can be done at once; workers ask for more."""
    mine = {"judging": parent} if isinstance(parent, Judging) else {"probing": parent}
    return following.ready().filter(**mine)[: following.TOLD]


def _needed_by(parent: Judging | Probing) -> QuerySet[Work]:
    """What is not its own but must be done first: measuring limits, making probes."""
    problems = parent.work.values("problem")
    needed = Q(kind=Work.Kind.MEASURE, problem__in=problems)
    if isinstance(parent, Probing):
        needed |= Q(kind=Work.Kind.MAKE_PROBES, probe_set=parent.probe_set_id, problem__in=problems)
    return Work.objects.filter(needed, state__in=(Work.State.WAITING, Work.State.FAILED))
