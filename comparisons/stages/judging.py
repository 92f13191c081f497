"""Judging a pool revision: planning the pieces, judging a range of candidates into a chunk, merging the chunks.

A unit is (problem, aimed subtask); its candidates are taken in key order (index, attempt) and cut into ranges of
`RANGE`. One piece judges one range and leaves one chunk. When a problem's last piece is done its chunks become one set
of arrays, so a person sees the first problem while the others are still judged.
"""

from __future__ import annotations

import hashlib
import json
import socket
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from django.db import IntegrityError, transaction
from django.db.models import F
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
from comparisons.stages import outcome_cache
from comparisons.stages import work as leases
from comparisons.stages.environment import sandbox
from judge.judging import Judge, Judgement, Source
from judge.verdicts import CODES, Verdict

#: Candidates judged by one piece of work: seconds of work, so that pausing is prompt and a dead worker costs little.
RANGE = 20
#: How often a candidate is tried again within its piece when the failure was ours.
FAULT_TRIES = 3


def plan(revision: PoolRevision, environment: Environment, *, user: User) -> Judging:
    """The judging of this revision with the current versions and limits of its problems, with its pieces of work.

    The same content gives the same judging (a no-op). A problem whose limits are still being measured is judged once
    they are. Chunks of an earlier judging with equal version, limits and environment are taken over.
    Raises ValueError where nothing of the pool can be judged.
    """
    problems = list(_problems_of(revision))
    if not any(p.current_version and not p.current_version.unjudgeable for p in problems):
        raise ValueError("No problem of this pool can be judged here.")
    rows = [_judged_problem(problem) for problem in problems]
    key = _key(revision, environment, rows)
    existing = Judging.objects.filter(key=key).first()
    if existing is not None:
        return existing
    try:
        with transaction.atomic():
            judging = Judging.objects.create(
                revision=revision, environment=environment, key=key, created_by=user, started_at=timezone.now()
            )
            for row in rows:
                row.judging = judging
            JudgedProblem.objects.bulk_create(rows)
            pieces = leases.add(_pieces(judging, rows))
            judging.total = sum(piece.stop - piece.start for piece in pieces)
            judging.state = PoolState.JUDGING
            judging.save(update_fields=["total", "state"])
            _take_over(judging, rows)
    except IntegrityError:  # somebody planned the same judging between our look and our write
        return Judging.objects.get(key=key)
    return judging


def is_ready(piece: Work) -> bool:
    """True once the limits that a JUDGE piece needs are known. One query."""
    row = JudgedProblem.objects.filter(judging=piece.judging_id, problem=piece.problem_id)
    return not row.filter(limits=None).exists()


def judge_range(piece: Work) -> None:
    """Judges the candidates of one piece and stores its chunk. Raises SandboxUnavailable, LeaseLost."""
    judging = piece.judging
    assert judging is not None and piece.problem is not None
    row = JudgedProblem.objects.select_related("version", "limits").get(judging=judging, problem=piece.problem)
    if row.limits is None:
        raise LimitReading.DoesNotExist(f"{piece.problem} has no limits yet")
    candidates = candidates_of(piece)
    judge = judge_of(row.version_id, row.limits.pk)
    results = [_judge_candidate(judge, candidate, row, judging) for candidate in candidates]
    digest = blobs.put_arrays(**_arrays(judge, candidates, results))
    faults = sum(result["verdict"] == Verdict.IE for result in results)
    with leases.finishing(piece):
        Chunk.objects.create(
            kind=Chunk.Kind.TESTS,
            judging=judging,
            problem=piece.problem,
            subtask=piece.subtask,
            start=piece.start,
            stop=piece.stop,
            digest=digest,
            machine={"host": socket.gethostname(), "isolation": str(sandbox().isolation)},
        )
        Judging.objects.filter(pk=judging.pk).update(
            judged=F("judged") + len(candidates), infra_errors=F("infra_errors") + faults
        )


def merge(piece: Work) -> None:
    """Merges the chunks of one problem into its arrays and aggregates; the last problem completes the judging."""
    judging = piece.judging
    assert judging is not None and piece.problem is not None
    row = JudgedProblem.objects.select_related("version").get(judging=judging, problem=piece.problem)
    chunks = judging.chunks.filter(problem=piece.problem).order_by(F("subtask").asc(nulls_first=True), "start")
    parts = [blobs.get_arrays(chunk.digest) for chunk in chunks]
    arrays = concatenate(parts)
    digest = blobs.put_arrays(**arrays)
    with leases.finishing(piece):
        JudgedProblem.objects.filter(pk=row.pk).update(outcomes=digest, aggregates=aggregates_of(row, arrays))
        waiting = judging.problems.filter(outcomes="", version__unjudgeable="").exclude(pk=row.pk)
        if not waiting.exists():
            Judging.objects.filter(pk=judging.pk).update(state=PoolState.DONE, finished_at=timezone.now())


def merges_due(judging: Judging) -> list[Work]:
    """The merge pieces of problems whose candidates are all judged; created where they do not exist yet. Three
    queries."""
    open_ids = judging.work.filter(kind=Work.Kind.JUDGE).exclude(state=Work.State.DONE).values("problem_id")
    ready = judging.problems.filter(outcomes="", version__unjudgeable="").exclude(problem_id__in=open_ids)
    return leases.add(
        Work(
            kind=Work.Kind.MERGE,
            key=f"merge:{judging.pk}:{row.problem_id}",
            judging=judging,
            problem_id=row.problem_id,
            position=row.problem.position * 10 + 3,
        )
        for row in ready.select_related("problem")
    )


def limits_measured(problem: Problem, reading: LimitReading) -> None:
    """Gives freshly measured limits to the judgings that wait for them."""
    waiting = JudgedProblem.objects.filter(problem=problem, version=reading.version, limits=None)
    for row in waiting.select_related("judging__revision", "judging__environment"):
        row.limits = reading
        row.save(update_fields=["limits"])
        judging = row.judging
        rows = list(judging.problems.select_related("version"))
        assert judging.environment is not None
        key = _key(judging.revision, judging.environment, rows)
        if not Judging.objects.filter(key=key).exists():
            Judging.objects.filter(pk=judging.pk).update(key=key)


def candidates_of(piece: Work) -> list[Candidate]:
    """The candidates of a piece's range, in key order. One query."""
    revision = (piece.judging or piece.probing).revision  # type: ignore[union-attr]
    unit = Candidate.objects.filter(
        pool_id=revision.pool_id, problem=piece.problem, subtask=piece.subtask, revision__lte=revision.number
    )
    return list(unit.order_by("index", "attempt").defer("raw", "extra")[piece.start : piece.stop])


def units_of(revision: PoolRevision) -> Counter[tuple[int, int | None]]:
    """Number of candidates per unit (problem id, aimed subtask or None) of a pool revision. One query."""
    keys = Candidate.objects.filter(pool_id=revision.pool_id, revision__lte=revision.number)
    return Counter(keys.order_by().values_list("problem_id", "subtask"))


def concatenate(parts: Sequence[Any]) -> dict[str, Any]:
    """The arrays of several chunks as one, in order; `notes` (JSON bytes) are united."""
    notes: dict[str, str] = {}
    for part in parts:
        if "notes" in part:
            notes.update(json.loads(part["notes"].tobytes()))
    arrays = {
        name: np.concatenate([part[name] for part in parts]) for name in (parts[0] if parts else ()) if name != "notes"
    }
    arrays["notes"] = np.frombuffer(json.dumps(notes).encode(), dtype=np.uint8)
    return arrays


def _problems_of(revision: PoolRevision) -> Any:
    ids = {problem for problem, _ in units_of(revision)}
    return Problem.objects.filter(pk__in=ids).select_related("current_version").order_by("position")


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


def _pieces(judging: Judging, rows: Sequence[JudgedProblem]) -> list[Work]:
    judgeable = {row.problem_id: row.problem for row in rows if not row.version.unjudgeable}
    pieces = []
    for (problem_id, subtask), n in units_of(judging.revision).items():
        if problem_id not in judgeable:
            continue
        for start in range(0, n, RANGE):
            pieces.append(
                Work(
                    kind=Work.Kind.JUDGE,
                    key=f"judge:{judging.pk}:{problem_id}:{subtask}:{start}",
                    judging=judging,
                    problem_id=problem_id,
                    subtask=subtask,
                    start=start,
                    stop=min(start + RANGE, n),
                    position=judgeable[problem_id].position * 10 + 2,
                )
            )
    return pieces


def _take_over(judging: Judging, rows: Sequence[JudgedProblem]) -> None:
    """Copies the chunk rows (not their bytes) of an earlier judging of this pool where nothing that matters differs."""
    for row in rows:
        if row.limits is None:
            continue
        earlier = (
            JudgedProblem.objects.filter(
                problem=row.problem,
                version=row.version,
                limits__time_limit_s=row.limits.time_limit_s,
                limits__memory_limit_mib=row.limits.memory_limit_mib,
                limits__output_limit_mib=row.limits.output_limit_mib,
                judging__environment=judging.environment,
                judging__revision__pool=judging.revision.pool_id,
            )
            .exclude(judging=judging)
            .order_by("-pk")
            .first()
        )
        if earlier is None:
            continue
        for chunk in earlier.judging.chunks.filter(problem=row.problem):
            taken = judging.work.filter(
                kind=Work.Kind.JUDGE,
                problem=row.problem,
                subtask=chunk.subtask,
                start=chunk.start,
                stop=chunk.stop,
            ).update(state=Work.State.DONE, finished_at=timezone.now())
            if taken:
                chunk.pk = None
                chunk._state.adding = True
                chunk.judging = judging
                chunk.save()
                Judging.objects.filter(pk=judging.pk).update(judged=F("judged") + chunk.stop - chunk.start)


@lru_cache(maxsize=32)
def judge_of(version_id: int, limits_id: int) -> Judge:
    """A judge whose checker, interactor and grader are compiled once per worker."""
    reading = LimitReading.objects.select_related("version").get(pk=limits_id, version_id=version_id)
    return Judge(reading.version.to_problem(), blobs.BlobFiles(), reading.to_limits(), sandbox())


def _judge_candidate(judge: Judge, candidate: Candidate, row: JudgedProblem, judging: Judging) -> dict[str, Any]:
    """One candidate's outcome as JSON-ready data. Equal programs (by token hash) are judged once per machine."""
    if not candidate.source:
        return _no_program(judge, candidate.no_program or "no program")
    assert row.limits is not None and judging.environment is not None
    limits = f"{row.limits.time_limit_s}:{row.limits.memory_limit_mib}:{row.limits.output_limit_mib}"
    key = f"{candidate.program_hash}:{row.version.content_hash}:{limits}:{judging.environment.key}"
    known = outcome_cache.get(key) if candidate.program_hash else None
    if known is not None:
        return known
    for _ in range(FAULT_TRIES):
        outcome = _outcome(judge.judge(Source.of(candidate.source, candidate.language)))
        if outcome["verdict"] != Verdict.IE:
            if candidate.program_hash:
                outcome_cache.put(key, outcome)
            break
    return outcome


def _outcome(judgement: Judgement) -> dict[str, Any]:
    return {
        "verdict": str(judgement.verdict),
        "compiled": judgement.verdict is not Verdict.CE,
        "message": judgement.compile_message[:4000],
        "scores": [subtask.score for subtask in judgement.subtasks],
        "subtask_verdicts": [str(subtask.verdict) for subtask in judgement.subtasks],
        "tests": [str(test.verdict) for test in judgement.testcases],
        "cpu_time_s": [test.cpu_time_s for test in judgement.testcases],
        "memory_mib": [test.memory_mib for test in judgement.testcases],
    }


def _no_program(judge: Judge, reason: str) -> dict[str, Any]:
    subtasks, tests = len(judge.problem.subtasks), len(judge.problem.testcases)
    return {
        "verdict": str(Verdict.CE),
        "compiled": False,
        "message": reason,
        "scores": [0.0] * subtasks,
        "subtask_verdicts": [str(Verdict.CE)] * subtasks,
        "tests": [str(Verdict.SK)] * tests,
        "cpu_time_s": [None] * tests,
        "memory_mib": [None] * tests,
    }


def _arrays(judge: Judge, candidates: Sequence[Candidate], results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The arrays that `JudgedProblem` documents, for a range of candidates."""
    codes = {str(verdict): code for code, verdict in enumerate(CODES)}
    samples = [i for i, test in enumerate(judge.problem.testcases) if test.is_sample]
    n, tests, subtasks = len(results), len(judge.problem.testcases), len(judge.problem.subtasks)

    def table(name: str, width: int, dtype: Any) -> Any:
        values = [[np.nan if value is None else value for value in result[name]] for result in results]
        return np.array(values, dtype=dtype).reshape(n, width)

    def verdicts(name: str, width: int) -> Any:
        return np.array([[codes[v] for v in result[name]] for result in results], dtype=np.uint8).reshape(n, width)

    verdict = np.array([codes[result["verdict"]] for result in results], dtype=np.uint8)
    scores = table("scores", subtasks, np.float32)
    scores[verdict == Verdict.IE.code] = np.nan
    cells = verdicts("tests", tests)
    notes = {str(c.pk): r["message"] for c, r in zip(candidates, results, strict=True) if r["message"]}
    return {
        "candidate": np.array([candidate.pk for candidate in candidates], dtype=np.int64),
        "scores": scores,
        "subtask_verdicts": verdicts("subtask_verdicts", subtasks),
        "verdict": verdict,
        "tests": cells,
        "cpu_time_s": table("cpu_time_s", tests, np.float32),
        "memory_mib": table("memory_mib", tests, np.float32),
        "public_passed": (cells[:, samples] == Verdict.AC.code).sum(axis=1).astype(np.int16),
        "compiled": np.array([result["compiled"] for result in results], dtype=bool),
        "notes": np.frombuffer(json.dumps(notes).encode(), dtype=np.uint8),
    }


def aggregates_of(row: JudgedProblem, arrays: dict[str, Any]) -> dict[str, Any]:
    """What pages show of a judged problem without opening its arrays."""
    scores = arrays["scores"]
    known = scores[~np.isnan(scores).any(axis=1)] if len(scores) else scores
    counts = Counter(str(CODES[code]) for code in arrays["verdict"])
    return {
        "candidates": len(scores),
        "compiled": int(arrays["compiled"].sum()),
        "verdicts": dict(counts),
        "full": int((known.sum(axis=1) >= row.version.points - 1e-9).sum()) if len(known) else 0,
        "mean_score": float(known.sum(axis=1).mean()) if len(known) else None,
        "best": [float(value) for value in known.max(axis=0)] if len(known) else [],
        "solved": [int(n) for n in (known >= _points(row) - 1e-6).sum(axis=0)] if len(known) else [],
        "public": int((arrays["public_passed"] == row.version.n_samples).sum()),
        "max_cpu_time_s": float(np.nanmax(arrays["cpu_time_s"])) if np.isfinite(arrays["cpu_time_s"]).any() else None,
    }


def _points(row: JudgedProblem) -> Any:
    return np.array([subtask.points for subtask in row.version.subtasks.all()], dtype=np.float32)
