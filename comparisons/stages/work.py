"""Leases: who does which piece of work, until when, and whose result counts.

The database is the truth; a queue only says "look at work 17". A piece is claimed and finished by an UPDATE that names
the state and attempt it expects, so two workers can never both hold it, on SQLite and PostgreSQL alike, and a worker
that was presumed dead and comes back late finds its attempt outdated and leaves nothing behind.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from comparisons.models import PoolState, Problem, Work

logger = logging.getLogger(__name__)

#: A lease that is not renewed for this long belongs to nobody. Renewed three times as often.
LEASE = timedelta(seconds=45)
#: A piece that failed (or whose worker died) this often is failed for good, and says why.
MAX_FAILURES = 5


class LeaseLost(Exception):
    """The piece was given to another worker; this one's result must not be written."""


def claim(work_id: int, owner: str, *, now: datetime | None = None) -> Work | None:
    """The piece, leased to `owner`, or None where it is done, taken or gone, or has failed too often: then it is
    failed for good. Three queries."""
    now = now or timezone.now()
    work = Work.objects.filter(_claimable(now), pk=work_id).first()
    if work is None:
        return None
    # A lease that ran out is a worker that died: a piece that kills every worker must not do so for ever.
    died = int(work.state == Work.State.LEASED)
    if work.failures + died >= MAX_FAILURES:
        reason = work.error or f"its worker died {work.failures + died} times"
        _give_up(Work.objects.filter(_claimable(now), pk=work_id, attempt=work.attempt), reason)
        return None
    taken = Work.objects.filter(_claimable(now), pk=work_id, attempt=work.attempt).update(
        state=Work.State.LEASED,
        owner=owner,
        attempt=F("attempt") + 1,
        failures=F("failures") + died,
        expires_at=now + LEASE,
    )
    if not taken:
        return None
    work.refresh_from_db()
    return work


def claim_some(pieces: QuerySet[Work], owner: str, n: int) -> list[Work]:
    """Up to `n` of these pieces, leased to `owner`; fewer where others were quicker. Three queries, and those of
    `claim` for each that failed before or whose worker died."""
    found = list(pieces[:n])
    fresh = [work for work in found if work.state == Work.State.WAITING and not work.failures]
    Work.objects.filter(_as_they_are(fresh), state=Work.State.WAITING).update(
        state=Work.State.LEASED, owner=owner, attempt=F("attempt") + 1, expires_at=timezone.now() + LEASE
    )
    for work in fresh:
        work.attempt += 1
    mine = list(_held(*fresh).filter(owner=owner))
    odd = [claim(work.pk, owner) for work in found if work not in fresh]
    return mine + [work for work in odd if work is not None]


def renew(work: Work) -> bool:
    """Prolongs the lease; False where it was lost. One query."""
    return bool(_held(work).update(expires_at=timezone.now() + LEASE))


@contextmanager
def finishing(work: Work) -> Iterator[None]:
    """A transaction that marks the piece done and carries what it writes; raises LeaseLost, writing nothing, where
    another attempt has begun."""
    with transaction.atomic():
        if not finish([work]):
            raise LeaseLost(f"{work} was given to another worker")
        yield


def finish(works: Sequence[Work]) -> int:
    """Marks done those of these pieces that are held still, and returns how many. One query."""
    return _held(*works).update(state=Work.State.DONE, finished_at=timezone.now(), error="", owner="", expires_at=None)


@contextmanager
def holding(works: Sequence[Work]) -> Iterator[None]:
    """A transaction that prolongs these leases and carries what it writes while the pieces go on; raises LeaseLost,
    writing nothing, where another attempt of one has begun. Something was done, so earlier failures are forgotten."""
    with transaction.atomic():
        if _held(*works).update(expires_at=timezone.now() + LEASE, failures=0) < len(works):
            raise LeaseLost(f"one of {len(works)} pieces was given to another worker")
        yield


def give_back(work: Work, *, error: str = "", counts: bool = True) -> None:
    """Returns a piece that was not done. After `MAX_FAILURES` that count it is failed and keeps the error."""
    if counts and work.failures + 1 >= MAX_FAILURES:
        _give_up(_held(work), error)
        return
    _held(work).update(
        state=Work.State.WAITING, owner="", expires_at=None, error=error, failures=F("failures") + int(counts)
    )


def fail(work: Work, error: str) -> None:
    """Marks a piece failed for good: trying again cannot help."""
    _give_up(_held(work), error)


def fail_waiting(pieces: QuerySet[Work], error: str) -> int:
    """Fails those of `pieces` that nobody holds, because what they need cannot be had. One query."""
    return _give_up(pieces.filter(state=Work.State.WAITING), error)


def try_afresh(pieces: QuerySet[Work]) -> int:
    """Gives failed pieces all their tries again: a person asked for it. One query."""
    return pieces.filter(state=Work.State.FAILED).update(
        state=Work.State.WAITING, failures=0, error="", finished_at=None
    )


def release_owned(owner: str, *, counts: bool = True) -> int:
    """Frees what a process of this name held: an earlier one, dead, or we would not have its name; or this one, told
    to stop in the middle, which is not the piece's fault (`counts` is false). One query."""
    return Work.objects.filter(state=Work.State.LEASED, owner=owner).update(
        state=Work.State.WAITING, owner="", expires_at=None, failures=F("failures") + int(counts)
    )


def ready(now: datetime | None = None) -> QuerySet[Work]:
    """Pieces that somebody should be doing: waiting, or leased to a worker that no longer renews. In order."""
    return (
        Work.objects.filter(_claimable(now or timezone.now()))
        .exclude(judging__state__in=STILL)
        .exclude(probing__state__in=STILL)
        .exclude(Q(pool__isnull=False) & ~Q(pool__state=PoolState.DRAWING))
        .order_by("position", "pk")
    )


def add(works: Iterable[Work]) -> list[Work]:
    """Creates the pieces that do not exist yet (by key) and returns the rows of all keys."""
    pieces = list(works)
    _name_sets(pieces)
    Work.objects.bulk_create(pieces, ignore_conflicts=True, batch_size=500)
    keys = [piece.key for piece in pieces]
    rows = [
        row for at in range(0, len(keys), 500) for row in Work.objects.filter(key__in=keys[at : at + 500])
    ]  # in slices: SQLite takes a bounded number of parameters
    return sorted(rows, key=lambda row: (row.position, row.pk))


@contextmanager
def kept_alive(work: Work) -> Iterator[None]:
    """Renews the lease from a thread while the body runs, so that a piece may take as long as it needs."""
    stop = threading.Event()

    def beat() -> None:
        try:
            while not stop.wait(LEASE.total_seconds() / 3):
                try:
                    if not renew(work):
                        return
                except DatabaseError as error:  # busy or away: the lease lasts for two more beats
                    logger.warning("the lease of %s was not renewed: %s", work, error)
                    connection.close()
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name=f"lease-{work.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


#: States of a judging or probing in which its waiting pieces rest.
STILL = ("paused", "cancelled", "failed", "done")


def _name_sets(pieces: Sequence[Work]) -> None:
    """Writes on each piece the set of its problem: sets take turns (`turns`). One query, or a few."""
    problems = Problem.objects.only("problem_set_id").in_bulk({piece.problem_id for piece in pieces} - {None})
    for piece in pieces:
        if piece.problem_id is not None:
            piece.problem_set_id = problems[piece.problem_id].problem_set_id


def _claimable(now: datetime) -> Q:
    return Q(state=Work.State.WAITING) | Q(state=Work.State.LEASED, expires_at__lt=now)


def _held(*works: Work) -> QuerySet[Work]:
    return Work.objects.filter(_as_they_are(works), state=Work.State.LEASED)


def _as_they_are(works: Iterable[Work]) -> Q:
    """These pieces, where nobody has claimed them since."""
    found = Q(pk__in=[])
    for work in works:
        found |= Q(pk=work.pk, attempt=work.attempt)
    return found


def _give_up(pieces: QuerySet[Work], error: str) -> int:
    return pieces.update(state=Work.State.FAILED, error=error, finished_at=timezone.now(), owner="", expires_at=None)
