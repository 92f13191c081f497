"""Planning a judging: which problem versions under which limits, which outcomes are taken over, what is left to do."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from comparisons.models import (
    Candidate,
    Chunk,
    Environment,
    JudgedProblem,
    Judging,
    LimitReading,
    PoolRevision,
    PoolState,
    Problem,
    User,
    Work,
    blobs,
)
from comparisons.stages import work as leases
from judge.verdicts import Verdict

#: Candidates judged by one piece of work: seconds of work, so that pausing is prompt and a dead worker costs little.
RANGE = 10

#: (problem id, aimed subtask or None for the whole problem).
Unit = tuple[int, int | None]


def plan(revision: PoolRevision, environment: Environment, *, user: User) -> Judging:
    """The judging of this revision with the current versions and limits of its problems, with its pieces of work.

    The same content gives the same judging (a no-op). A problem whose limits are still being measured is judged once
    they are. Chunks of earlier judgings of this pool with equal version, limits and environment are taken over.
    Raises ValueError where nothing of the pool can be judged.
    """
    units = units_of(revision)
    problems = Problem.objects.filter(pk__in={problem for problem, _ in units}).select_related("current_version")
    rows = [_judged_problem(problem) for problem in problems.order_by("position")]
    if not rows:
        raise ValueError("This pool has no candidates to judge.")
    if all(row.version.unjudgeable for row in rows):
        raise ValueError("No problem of this pool can be judged here.")
    key = _key(revision, environment, rows)
    existing = Judging.objects.filter(key=key).first()
    if existing is not None:
        return existing
    try:
        with transaction.atomic():
            judging = Judging.objects.create(
                revision=revision,
                environment=environment,
                key=key,
                created_by=user,
                started_at=timezone.now(),
                state=PoolState.JUDGING,
            )
            for row in rows:
                row.judging = judging
            JudgedProblem.objects.bulk_create(rows)
            _plan_work(judging, rows, units)
    except IntegrityError:  # somebody planned the same judging between our look and our write
        return Judging.objects.get(key=key)
    return judging


def units_of(revision: PoolRevision) -> Counter[Unit]:
    """Number of candidates per unit of a pool revision. One query."""
    keys = Candidate.objects.filter(pool_id=revision.pool_id, revision__lte=revision.number)
    return Counter(keys.order_by().values_list("problem_id", "subtask"))


def candidate_ids(revision: PoolRevision, problem: int, subtask: int | None) -> list[int]:
    """The ids of a unit's candidates in key order: what the places of chunks mean. One query."""
    return list(unit_candidates(revision, problem, subtask).values_list("pk", flat=True))


def unit_candidates(revision: PoolRevision, problem: int | None, subtask: int | None) -> QuerySet[Candidate]:
    """A unit's candidates in key order."""
    unit = Candidate.objects.filter(
        pool_id=revision.pool_id, problem=problem, subtask=subtask, revision__lte=revision.number
    )
    return unit.order_by("index", "attempt")


def ranges(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """`start`..`stop` in pieces of at most RANGE."""
    for at in range(start, stop, RANGE):
        yield at, min(at + RANGE, stop)


def limits_measured(problem: Problem, reading: LimitReading) -> None:
    """Gives freshly measured limits to the judgings that wait for them."""
    waiting = JudgedProblem.objects.filter(problem=problem, version=reading.version, limits=None)
    for row in waiting.select_related("judging__revision", "judging__environment"):
        row.limits = reading
        row.save(update_fields=["limits"])
        judging = row.judging
        assert judging.environment is not None
        rows = list(judging.problems.select_related("version", "limits"))
        key = _key(judging.revision, judging.environment, rows)
        if not Judging.objects.filter(key=key).exists():
            Judging.objects.filter(pk=judging.pk).update(key=key)


def _judged_problem(problem: Problem) -> JudgedProblem:
    version = problem.current_version
    assert version is not None
    return JudgedProblem(problem=problem, version=version, limits=version.limit_readings.order_by("-pk").first())


def _key(revision: PoolRevision, environment: Environment, rows: Sequence[JudgedProblem]) -> str:
    parts = [f"revision {revision.pk}", f"environment {environment.key}"]
    for row in sorted(rows, key=lambda row: row.problem_id):
        limits = row.limits
        limit = f"{limits.time_limit_s} {limits.memory_limit_mib} {limits.output_limit_mib}" if limits else "to measure"
        parts.append(f"{row.version_id} {limit}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _plan_work(judging: Judging, rows: Sequence[JudgedProblem], units: Counter[Unit]) -> None:
    """The chunks that are taken over, a piece for every range between them, and the counts."""
    pieces: list[Work] = []
    taken: list[Chunk] = []
    for row in rows:
        if row.version.unjudgeable:
            continue
        earlier = _chunks_to_take_over(judging, row)
        for (problem, subtask), n in sorted(units.items(), key=lambda item: (item[0][0], item[0][1] or 0)):
            if problem != row.problem_id:
                continue
            chunks = _still_valid(judging, row, subtask, earlier.get(subtask, []))
            taken += chunks
            at = 0
            for start, stop in [*((chunk.start, chunk.stop) for chunk in chunks), (n, n)]:
                pieces += [_piece(judging, row, subtask, *part) for part in ranges(at, start)]
                at = stop
    judged = sum(chunk.stop - chunk.start for chunk in taken)
    for chunk in taken:
        chunk.pk, chunk.judging = None, judging
        chunk._state.adding = True
    Chunk.objects.bulk_create(taken, batch_size=500)
    leases.add(pieces)
    judging.judged, judging.total = judged, judged + sum(piece.stop - piece.start for piece in pieces)
    judging.save(update_fields=["judged", "total"])


def _piece(judging: Judging, row: JudgedProblem, subtask: int | None, start: int, stop: int) -> Work:
    return Work(
        kind=Work.Kind.JUDGE,
        key=f"judge:{judging.pk}:{row.problem_id}:{subtask}:{start}",
        judging=judging,
        problem_id=row.problem_id,
        subtask=subtask,
        start=start,
        stop=stop,
        position=row.problem.position * 10 + 1,
    )


def _chunks_to_take_over(judging: Judging, row: JudgedProblem) -> dict[int | None, list[Chunk]]:
    """Chunks, newest first, of this pool's other judgings where nothing that matters differs; by aimed subtask."""
    found: dict[int | None, list[Chunk]] = defaultdict(list)
    if row.limits is None:
        return found
    equal = JudgedProblem.objects.filter(
        problem=row.problem_id,
        version=row.version_id,
        limits__time_limit_s=row.limits.time_limit_s,
        limits__memory_limit_mib=row.limits.memory_limit_mib,
        limits__output_limit_mib=row.limits.output_limit_mib,
        judging__environment=judging.environment,
        judging__revision__pool=judging.revision.pool_id,
    ).exclude(judging=judging)
    chunks = Chunk.objects.filter(judging__in=equal.values("judging"), problem=row.problem_id)
    for chunk in chunks.select_related("judging__revision").order_by("-judging", "start"):
        found[chunk.subtask].append(chunk)
    return found


def _still_valid(judging: Judging, row: JudgedProblem, subtask: int | None, chunks: Sequence[Chunk]) -> list[Chunk]:
    """Those chunks, in order and without overlap, whose places hold the same candidates in this revision and that
    leave no candidate unsettled by our fault: such a one is judged anew."""
    ids: dict[int, list[int]] = {}

    def placed(revision: PoolRevision) -> list[int]:
        if revision.pk not in ids:
            ids[revision.pk] = candidate_ids(revision, row.problem_id, subtask)
        return ids[revision.pk]

    kept: list[Chunk] = []
    for chunk in chunks:
        assert chunk.judging is not None
        place = slice(chunk.start, chunk.stop)
        if any(chunk.start < other.stop and other.start < chunk.stop for other in kept):
            continue
        # A later revision may bring another attempt of an early draw, which moves all that follow.
        if placed(chunk.judging.revision)[place] != placed(judging.revision)[place]:
            continue
        if chunk.judging.infra_errors and bool(np.any(blobs.get_arrays(chunk.digest)["verdict"] == Verdict.IE.code)):
            continue
        kept.append(chunk)
    return sorted(kept, key=lambda chunk: chunk.start)
