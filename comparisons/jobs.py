"""What the queue calls: an id in, one piece of work, then the pieces it made possible are enqueued.

The queue only says "look at work 17". Whether the piece is still to be done, and by whom, the database decides (see
`stages.work`), so a job that arrives twice, late or never changes nothing: `sweep` finds what nobody does.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from functools import partial

import django_rq
from django.db import transaction
from redis.exceptions import RedisError

from comparisons.models import Comparison, Judging, PoolState, Probing, Run, Work
from comparisons.queue import FAST, SLOW, worker_name
from comparisons.stages import comparing, judging, measuring, probing, replaying
from comparisons.stages import work as leases
from comparisons.stages.pool_state import refresh
from judge.errors import PodiumError, SandboxUnavailable

logger = logging.getLogger(__name__)

#: A piece takes seconds to minutes; one that takes this long hangs, and its lease with it.
TIMEOUT_S = 3600

STAGES: dict[str, Callable[[Work], None]] = {
    Work.Kind.MEASURE: measuring.measure,
    Work.Kind.JUDGE: judging.judge_range,
    Work.Kind.MERGE: judging.merge,
    Work.Kind.MAKE_PROBES: probing.make_probes,
    Work.Kind.PROBE: probing.probe_range,
    Work.Kind.MERGE_PROBES: probing.merge,
    Work.Kind.REPLAY: replaying.replay,
    Work.Kind.COMPARE: comparing.compare,
}
#: Work that needs no sandbox and is over in a second; it does not wait behind hours of judging.
QUICK = (Work.Kind.MERGE, Work.Kind.MERGE_PROBES, Work.Kind.REPLAY, Work.Kind.COMPARE)


def do_work(work_id: int) -> None:
    """Does one piece, if it is still to be done, and enqueues what follows from it."""
    enqueue(perform(work_id))


def perform(work_id: int) -> list[Work]:
    """Does one piece in this process and returns the pieces that are ready because of it. Re-raises what is our
    fault."""
    piece = leases.claim(work_id, worker_name())
    if piece is None:
        return []
    if _rests(piece) or not _is_ready(piece):
        leases.give_back(piece, counts=False)
        return []
    try:
        with leases.kept_alive(piece):
            STAGES[piece.kind](piece)
    except leases.LeaseLost as lost:
        logger.warning("%s", lost)
        return []
    except SandboxUnavailable as error:
        # This machine cannot judge: the piece is as good as untouched, and the person is told why nothing moves.
        leases.give_back(piece, error=str(error), counts=False)
        _stop(piece, PoolState.PAUSED, str(error))
        return []
    except PodiumError as error:
        if not error.is_permanent:
            leases.give_back(piece, error=str(error))
            raise
        leases.fail(piece, str(error))
        _stop(piece, PoolState.FAILED, str(error))
        return []
    except Exception as error:
        leases.give_back(piece, error=f"{type(error).__name__}: {error}")
        piece.refresh_from_db()
        if piece.state == Work.State.FAILED:
            _stop(piece, PoolState.FAILED, piece.error)
        raise
    return follow_up(piece)


def follow_up(piece: Work) -> list[Work]:
    """The pieces that became ready because this one is done; states of what it completed are brought up to date."""
    if piece.kind == Work.Kind.MEASURE:
        return _waiting(kind=Work.Kind.JUDGE, problem=piece.problem)
    if piece.kind == Work.Kind.MAKE_PROBES:
        return _waiting(kind=Work.Kind.PROBE, problem=piece.problem, probing__probe_set=piece.probe_set)
    if piece.judging is not None:
        return _after_judging(piece.judging)
    if piece.probing is not None:
        return _after_probing(piece.probing)
    if piece.run is not None:
        return comparing.due(piece.run)
    return []


def enqueue(pieces: Iterable[Work], *, again: bool = False) -> None:
    """Tells the queue of these pieces, after commit. `again`: it may have been told before and forgotten."""
    for piece in pieces:
        queue = django_rq.get_queue(FAST if piece.kind in QUICK else SLOW)
        # A worker killed between taking a job and claiming its work leaves the job's id behind: a sweep asks by a
        # new one.
        suffix = f"-{int(time.time()) // 60}" if again else ""
        job_id = f"work-{piece.pk}-{piece.attempt}{suffix}"
        transaction.on_commit(partial(_tell, queue, piece.pk, job_id))


def sweep() -> int:
    """Enqueues everything that somebody should be doing and nobody is; the number of pieces. Called at start and
    every minute."""
    for judged in Judging.objects.filter(state=PoolState.JUDGING):
        _after_judging(judged)
    for probed in Probing.objects.filter(state=PoolState.PROBING):
        _after_probing(probed)
    for run in Run.objects.filter(state=PoolState.WAITING):
        replaying.due(run.judging, run.probing)
    for comparison in Comparison.objects.filter(result_key=""):
        comparing.due_for(comparison)
    pieces = leases.ready()
    enqueue(pieces, again=True)
    return len(pieces)


def _tell(queue: django_rq.queues.DjangoRQ, work_id: int, job_id: str) -> None:
    try:
        if queue.fetch_job(job_id) is None:
            queue.enqueue(do_work, work_id, job_id=job_id, job_timeout=TIMEOUT_S, result_ttl=0, failure_ttl=3600)
    except RedisError as error:
        # The row is what counts: the workers' sweep finds it once there is a queue again.
        logger.debug("work %s is not enqueued: %s", work_id, error)


def _after_judging(judged: Judging) -> list[Work]:
    pieces = judging.merges_due(judged)
    judged.refresh_from_db()
    if judged.state == PoolState.DONE:
        refresh(judged.revision.pool)
        pieces += replaying.due(judged, None)
    return [piece for piece in pieces if piece.state == Work.State.WAITING]


def _after_probing(probed: Probing) -> list[Work]:
    pieces = probing.merges_due(probed)
    probed.refresh_from_db()
    if probed.state == PoolState.DONE:
        refresh(probed.revision.pool)
        pieces += replaying.due(None, probed)
    return [piece for piece in pieces if piece.state == Work.State.WAITING]


def _waiting(**conditions: object) -> list[Work]:
    return list(Work.objects.filter(state=Work.State.WAITING, **conditions).order_by("position", "pk"))


def _rests(piece: Work) -> bool:
    parent = piece.judging or piece.probing
    return parent is not None and parent.state in leases.STILL


def _is_ready(piece: Work) -> bool:
    if piece.kind == Work.Kind.JUDGE:
        return judging.is_ready(piece)
    if piece.kind == Work.Kind.PROBE:
        return probing.is_ready(piece)
    return True


def _stop(piece: Work, state: PoolState, reason: str) -> None:
    """Marks what the piece belongs to: the person sees a state and a reason, not a bar that no longer moves."""
    for model, parent in ((Judging, piece.judging), (Probing, piece.probing), (Run, piece.run)):
        if parent is not None:
            model.objects.filter(pk=parent.pk).update(state=state, state_reason=reason[:400])  # type: ignore[attr-defined]
            if not isinstance(parent, Run):
                refresh(parent.revision.pool)
    if piece.probe_set is not None:
        type(piece.probe_set).objects.filter(pk=piece.probe_set.pk).update(state=state, state_reason=reason[:400])
