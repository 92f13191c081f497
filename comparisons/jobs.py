"""What the queue calls: an id in, one piece of work, then the pieces it made possible are enqueued.

The queue only says "look at work 17". Whether the piece is still to be done, by whom, and whether another comes first,
the database decides (see `stages.work`), so a job that arrives twice, late or never changes nothing: `sweep` finds what
nobody does. The queue holds no more than the next few hundred pieces; workers fill it up as it runs empty.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from secrets import token_hex

import django_rq
from django.db import close_old_connections, transaction
from django.db.models import Q, QuerySet
from redis.exceptions import ConnectionError as RedisConnectionError

from comparisons.models import Comparison, Judging, Pool, PoolState, ProbeSet, Probing, Work
from comparisons.queue import DRAW, FAST, SLOW, worker_name
from comparisons.stages import (
    comparing,
    drawing,
    environment,
    fitting,
    following,
    judging,
    making_probes,
    measuring,
    planning_draws,
    pool_state,
    probing,
    replaying,
    turns,
)
from comparisons.stages import work as leases
from judge.errors import PodiumError, SandboxUnavailable

logger = logging.getLogger(__name__)

#: A piece takes seconds to minutes; one that takes this long hangs, and its lease with it.
TIMEOUT_S = 3600
#: The queue is told of more pieces when fewer than this are left in it.
LOW = 100
#: A worker looks for more no more often than this while the queue holds any: to find them takes as long as a short
#: piece, and in that time nobody does a hundred.
FILL_EVERY_S = 5.0
#: A worker that must leave a piece to another machine waits so long before it puts the job back.
LEFT_TO_OTHERS_S = 1.0

STAGES: dict[str, Callable[[Work], None]] = {
    Work.Kind.DRAW: drawing.draw,
    Work.Kind.MEASURE: measuring.measure,
    Work.Kind.JUDGE: judging.judge_range,
    Work.Kind.MERGE: judging.merge,
    Work.Kind.MAKE_PROBES: making_probes.make_probes,
    Work.Kind.PROBE: probing.probe_range,
    Work.Kind.MERGE_PROBES: probing.merge,
    Work.Kind.FIT: fitting.train,
    Work.Kind.REPLAY: replaying.replay,
    Work.Kind.COMPARE: comparing.compare,
}
#: Work that needs no sandbox and is over in a second; it does not wait behind hours of judging.
QUICK = (Work.Kind.MERGE, Work.Kind.MERGE_PROBES, Work.Kind.FIT, Work.Kind.REPLAY, Work.Kind.COMPARE)


@dataclass
class Performed:
    """The pieces that are ready because of one that was tried; `left`: that one, if it is left to another machine;
    `lost`: it was another's, or done."""

    pieces: list[Work] = field(default_factory=list)
    left: Work | None = None
    lost: bool = False


def do_work(work_id: int) -> None:
    """Does one piece, if it is still to be done, or one that comes before it, and enqueues what follows."""
    close_old_connections()  # a connection that broke while the worker was idle
    for choose in (_first_of, _first_of, int):  # whose turn it is, twice, then the piece that is named
        performed = _perform(choose(work_id))
        enqueue(performed.pieces)
        if not performed.lost:  # else another worker was quicker
            break
    if performed.left is not None:
        time.sleep(LEFT_TO_OTHERS_S)
        enqueue([performed.left])
    _fill_up()


def perform(work_id: int) -> list[Work]:
    """Does one piece in this process and returns the pieces that are ready because of it. Re-raises what is our
    fault."""
    return _perform(work_id).pieces


def enqueue(pieces: Iterable[Work]) -> None:
    """Tells the queue of these pieces after commit, as far as it has not been told; of very many, of the first."""
    told: dict[str, list[int]] = defaultdict(list)
    for piece in pieces:
        told[DRAW if piece.kind == Work.Kind.DRAW else FAST if piece.kind in QUICK else SLOW].append(piece.pk)

    def tell() -> None:
        try:
            for name, ids in told.items():
                _tell(name, ids[: following.TOLD])
        except RedisConnectionError:
            _say_away(int(time.monotonic() // 60))

    # Robust: whatever else goes wrong with the queue, the work is stored and the sweep finds it.
    transaction.on_commit(tell, robust=True)


_say: Callable[[str], None] = logger.warning


@lru_cache(maxsize=1)
def _say_away(minute: int) -> None:
    """Says, once a minute and not for every piece, that nobody could be told; the sweep does it later."""
    _say("No queue is running; the work is stored and begins when Podium does.")


def say_by(say: Callable[[str], None]) -> None:
    """Lets a command say it as it says everything, not as a line of a log."""
    global _say
    _say = say


def sweep() -> int:
    """Derives anew what a worker that died may have left underived, and enqueues what somebody should be doing and
    nobody is; the number of these pieces (at most `following.TOLD` of a queue). Called at start and every minute."""
    wake()
    for judged in Judging.objects.filter(state=PoolState.JUDGING).select_related("revision__pool"):
        following.after_judging(judged)
    for probed in Probing.objects.filter(state=PoolState.PROBING).select_related("revision__pool", "probe_set"):
        following.after_probing(probed)
    for probe_set in ProbeSet.objects.filter(state__in=(PoolState.PROBING, PoolState.DRAWING)):
        making_probes.settle(probe_set)
    for pool in Pool.objects.filter(state__in=pool_state.ACTIVE):
        pool_state.refresh(pool)
    for pool in Pool.objects.filter(Q(state=PoolState.DRAWING) | Q(work__state=Work.State.WAITING)).distinct():
        planning_draws.settle(pool)
    for judged in Judging.objects.filter(state=PoolState.DONE, runs__state=PoolState.WAITING).distinct():
        replaying.due(judged, None)
    for comparison in Comparison.objects.filter(result_key=""):
        comparing.due_for(comparison)
    pieces = [*_next(QUICK), *_next(SLOW_KINDS), *_next((Work.Kind.DRAW,))]
    enqueue(pieces)
    return len(pieces)


def wake() -> None:
    """Lets go on what was stopped because no machine could run its programs, where one can by now."""
    for model in (Judging, Probing):
        stopped = model.objects.filter(  # type: ignore[attr-defined]
            state=PoolState.PAUSED, state_reason__startswith=pool_state.WAITS_FOR_MACHINE
        )
        for parent in stopped.select_related("environment", "revision__pool"):
            if environment.is_available(parent.environment) and pool_state.go_on(parent):
                pool_state.refresh(parent.revision.pool)


_filled_at = -FILL_EVERY_S
SLOW_KINDS = tuple(kind for kind in Work.Kind if kind not in (*QUICK, Work.Kind.DRAW))


def _first_of(work_id: int) -> int:
    """Of judging and probing the piece that comes first: the queue knows only the order of telling, but sets take
    turns, and a set's problem is to be seen through before its next is begun. The other's own job will do this one, or
    one like it."""
    if not Work.objects.filter(pk=work_id, kind__in=SLOW_KINDS).exists():
        return work_id
    # The one that is named may be no fresh one: it is tried again when it is first of its set and its set has its turn.
    ready = following.ready()
    first = turns.next_piece(_fresh(ready), SLOW_KINDS, also=ready.filter(pk=work_id).first())
    return work_id if first is None else first.pk


def _fresh(ready: QuerySet[Work]) -> QuerySet[Work]:
    """Judging and probing that can begin. What has failed before waits for the sweep: a minute later it may go
    better."""
    return ready.filter(kind__in=SLOW_KINDS, state=Work.State.WAITING, error="")


def _perform(work_id: int) -> Performed:
    piece = leases.claim(work_id, worker_name())
    if piece is None:
        return Performed(following.given_up(work_id), lost=True)
    if piece.kind in SLOW_KINDS and piece.problem_set_id is not None:
        turns.served(piece.problem_set_id)
    if _rests(piece) or not following.is_ready(piece):
        leases.give_back(piece, counts=False)
        # What it needs may have come between our look and the giving back.
        return Performed(list(following.ready().filter(pk=piece.pk)))
    try:
        if piece.kind in (Work.Kind.JUDGE, Work.Kind.PROBE):
            environment.require((piece.judging or piece.probing).environment)  # type: ignore[union-attr]
        with leases.kept_alive(piece):
            STAGES[piece.kind](piece)
    except leases.LeaseLost as lost:
        logger.warning("%s", lost)
        return Performed()
    except SandboxUnavailable as error:
        return _leave(piece, error)
    except PodiumError as error:
        if not error.is_permanent:
            leases.give_back(piece, error=str(error))
            following.given_up(piece.pk)
            raise
        leases.fail(piece, str(error))
        return Performed(following.after_failure(piece, is_permanent=True))
    except Exception as error:
        # Shown on pages: a system error names files of this machine, which the log keeps.
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        leases.give_back(piece, error=f"{type(error).__name__}: {said}")
        following.given_up(piece.pk)
        raise
    return Performed(following.follow_up(piece))


def _leave(piece: Work, error: SandboxUnavailable) -> Performed:
    """Gives back, as good as untouched, what this machine cannot do. Where none can, what waits for it is paused and
    says why; it goes on by itself (see `wake`)."""
    leases.give_back(piece, error=str(error), counts=False)
    environment.describe_machine()
    parents = following.waiting_for(piece)
    wanted = {parent.environment for parent in parents} or {None}
    if all(environment.is_available(one, elsewhere_only=True) for one in wanted):
        return Performed(left=piece)
    for parent in parents:
        if pool_state.stop(parent, PoolState.PAUSED, f"{pool_state.WAITS_FOR_MACHINE}{error}"):
            pool_state.refresh(parent.revision.pool)
    return Performed()


def _rests(piece: Work) -> bool:
    if piece.pool is not None:
        return piece.pool.state != PoolState.DRAWING
    parent = piece.judging or piece.probing
    return parent is not None and parent.state in leases.STILL


def _next(kinds: Iterable[str]) -> list[Work]:
    """The first `following.TOLD` pieces of these kinds that somebody should be doing."""
    return list(following.ready().filter(kind__in=kinds).only("pk", "kind")[: following.TOLD])


def _fill_up() -> None:
    """Tells the queue of more judging and probing where it runs empty."""
    global _filled_at
    left, now = django_rq.get_queue(SLOW).count, time.monotonic()
    if left == 0 or (left < LOW and now - _filled_at > FILL_EVERY_S):
        _filled_at = now
        enqueue(_fresh(following.ready()).only("pk", "kind")[: following.TOLD])


def _tell(name: str, work_ids: list[int]) -> None:
    queue = django_rq.get_queue(name)
    known = {_work_of(job_id) for job_id in queue.get_job_ids()}
    jobs = [
        queue.prepare_data(
            do_work,
            [work_id],
            # A new name each time: a worker killed between taking a job and claiming its work leaves the job behind.
            job_id=f"work-{work_id}-{token_hex(4)}",
            timeout=TIMEOUT_S,
            result_ttl=0,
            failure_ttl=3600,
        )
        for work_id in work_ids
        if work_id not in known
    ]
    if jobs:
        queue.enqueue_many(jobs)


def _work_of(job_id: str) -> int | None:
    _, _, rest = job_id.partition("work-")
    number = rest.partition("-")[0]
    return int(number) if number.isdigit() else None
