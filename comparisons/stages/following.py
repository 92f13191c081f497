"""What follows from a piece of work: which pieces can be done at all, and which are ready because one is done, failed
or was given up. Nothing here enqueues.
"""

from __future__ import annotations

from django.db.models import QuerySet

from comparisons.models import Fit, Judging, Pool, PoolState, ProbeSet, Probing, Run, Work
from comparisons.stages import (
    comparing,
    judging,
    making_probes,
    planning_draws,
    pool_state,
    probe_programs,
    probing,
    replaying,
)
from comparisons.stages import work as leases

#: The queue is told of this many pieces at once, and of more when it runs empty.
TOLD = 500


def ready() -> QuerySet[Work]:
    """Pieces that somebody should be doing and that have all they need, in order."""
    return leases.ready().exclude(judging.not_ready()).exclude(probing.not_ready()).exclude(probe_programs.not_ready())


def is_ready(piece: Work) -> bool:
    """It has all that it needs."""
    missing = judging.not_ready() | probing.not_ready() | probe_programs.not_ready()
    return not Work.objects.filter(missing, pk=piece.pk).exists()


def follow_up(piece: Work) -> list[Work]:
    """The pieces that became ready because this one is done; states of what it completed are brought up to date."""
    if piece.pool is not None:
        planning_draws.settle(piece.pool)
        drawn = list(ready().filter(kind=Work.Kind.DRAW, pool=piece.pool_id)[:TOLD])
        return [*drawn, *_after_programs(piece.pool)]
    if piece.kind == Work.Kind.MEASURE:
        return list(ready().filter(kind__in=(Work.Kind.JUDGE, Work.Kind.PROBE), problem=piece.problem_id)[:TOLD])
    if piece.probe_set is not None:
        making_probes.settle(piece.probe_set)
        mine = ready().filter(kind=Work.Kind.PROBE, problem=piece.problem_id, probing__probe_set=piece.probe_set)
        return list(mine[:TOLD])
    if _is_last_of_problem(piece):
        if piece.judging is not None:
            return after_judging(piece.judging)
        if piece.probing is not None:
            return after_probing(piece.probing)
    return comparing.due(piece.run) if piece.run is not None else []


def after_failure(piece: Work, *, is_permanent: bool) -> list[Work]:
    """Fails what cannot be done because this piece has failed for good, and no more: other problems go on. Returns the
    pieces that are ready because nothing waits for it any longer."""
    made: list[Work] = []
    if piece.pool is not None:
        planning_draws.settle(piece.pool)
        made += _after_programs(piece.pool)
    if is_permanent and piece.kind in (Work.Kind.JUDGE, Work.Kind.PROBE):
        # It is the problem that is broken: the other candidates would only find out the same.
        alike = Work.objects.filter(
            kind=piece.kind, judging=piece.judging_id, probing=piece.probing_id, problem=piece.problem_id
        )
        leases.fail_waiting(alike, piece.error)
    if piece.fit_id is not None:
        Fit.objects.filter(pk=piece.fit_id).exclude(state=PoolState.DONE).update(
            state=PoolState.FAILED, state_reason=piece.error[: pool_state.REASON_CHARS]
        )
    if piece.run is not None:
        Run.objects.filter(pk=piece.run.pk).exclude(state=PoolState.DONE).update(
            state=PoolState.FAILED, state_reason=piece.error[: pool_state.REASON_CHARS]
        )
        made += comparing.due(piece.run)
    if piece.probe_set is not None:
        making_probes.settle(piece.probe_set)
    for parent in waiting_for(piece):
        made += after_judging(parent) if isinstance(parent, Judging) else after_probing(parent)
    return made


def given_up(work_id: int) -> list[Work]:
    """What follows where the piece was tried so often that it has failed."""
    piece = Work.objects.filter(pk=work_id, state=Work.State.FAILED).first()
    return after_failure(piece, is_permanent=False) if piece is not None else []


def waiting_for(piece: Work) -> list[Judging | Probing]:
    """The judgings and probings that cannot be done without this piece, as far as they are under way."""
    found: list[Judging | Probing] = []
    judgings, probings = Judging.objects.none(), Probing.objects.none()
    if piece.kind == Work.Kind.MEASURE:
        judgings = Judging.objects.filter(problems__problem=piece.problem_id, problems__limits=None)
        probings = Probing.objects.filter(problems__problem=piece.problem_id)
    elif piece.probe_set_id is not None:
        probings = Probing.objects.filter(probe_set=piece.probe_set_id)
    elif piece.judging_id is not None:
        judgings = Judging.objects.filter(pk=piece.judging_id)
    elif piece.probing_id is not None:
        probings = Probing.objects.filter(pk=piece.probing_id)
    found += judgings.filter(state__in=pool_state.ACTIVE).distinct()
    found += probings.filter(state__in=pool_state.ACTIVE).distinct()
    return found


def after_judging(judged: Judging) -> list[Work]:
    """Brings a judging up to date; the pieces that are ready because of what it has."""
    pieces = judging.merges_due(judged)
    if judging.settle(judged) != PoolState.JUDGING:
        pool_state.refresh(judged.revision.pool)
    if judged.state == PoolState.DONE:
        pieces += replaying.due(judged, None)
    return [piece for piece in pieces if piece.state == Work.State.WAITING]


def after_probing(probed: Probing) -> list[Work]:
    """Brings a probing up to date; the pieces that are ready because of what it has."""
    pieces = probing.merges_due(probed)
    if probing.settle(probed) != PoolState.PROBING:
        pool_state.refresh(probed.revision.pool)
    if probed.state == PoolState.DONE:
        pieces += replaying.due(None, probed)
    return [piece for piece in pieces if piece.state == Work.State.WAITING]


def _after_programs(pool: Pool) -> list[Work]:
    """What can be done because the programs that make probes are drawn; what waits for them says so where they were
    stopped. Nothing for a pool of candidates, and while calls are still made."""
    if pool.purpose != Pool.Purpose.PROBES or Pool.objects.filter(pk=pool.pk, state=PoolState.DRAWING).exists():
        return []
    probe_set = ProbeSet.objects.get(programs=pool)
    making_probes.settle(probe_set)
    made: list[Work] = []
    for probed in probe_set.probings.filter(state=PoolState.PROBING).select_related("revision__pool"):
        made += after_probing(probed)
    return [*ready().filter(kind=Work.Kind.MAKE_PROBES, probe_set=probe_set)[:TOLD], *made]


def _is_last_of_problem(piece: Work) -> bool:
    """False while other candidates of the piece's problem are still to be done: then nothing follows from it."""
    if piece.kind not in (Work.Kind.JUDGE, Work.Kind.PROBE):
        return True
    others = Work.objects.filter(
        kind=piece.kind, judging=piece.judging_id, probing=piece.probing_id, problem=piece.problem_id
    )
    return not others.filter(state__in=(Work.State.WAITING, Work.State.LEASED)).exists()
