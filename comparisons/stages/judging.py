"""Judging a pool revision: judging a range of candidates into a chunk, merging the chunks of a problem.

A unit is (problem, aimed subtask); its candidates are taken in key order (index, attempt) and cut into ranges. One
piece judges one range and leaves one chunk. When a problem's last piece is done its chunks become one set of arrays,
so a person sees the first problem while the others are still judged. `stages.planning` makes the pieces.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from comparisons.models import Candidate, Chunk, JudgedProblem, Judging, LimitReading, PoolState, Problem, Work, blobs
from comparisons.stages import measuring, outcome_cache, planning, pool_state
from comparisons.stages import work as leases
from comparisons.stages.environment import machine_note, sandbox
from comparisons.stages.outcomes import aggregates_of, arrays_of, concatenate, outcome_of, without_program
from judge.allowing import refusal
from judge.judgement import ANSWER_LANGUAGE
from judge.judging import Judge, Source
from judge.outputs import OUTPUTS_LANGUAGE
from judge.problem import TaskType
from judge.verdicts import Verdict

#: How often a candidate is tried again within its piece when the failure was ours.
FAULT_TRIES = 3


def not_ready() -> Q:
    """Pieces whose limits are still to be measured. One query, of problems, so that the pieces need no look each."""
    unmeasured = JudgedProblem.objects.filter(limits=None, judging__state__in=pool_state.ACTIVE)
    waiting: dict[int, list[int]] = defaultdict(list)
    measured = LimitReading.objects.filter(version=OuterRef("version"))
    for judging, problem in unmeasured.exclude(Exists(measured)).values_list("judging", "problem"):
        waiting[judging].append(problem)
    found = Q(pk__in=())
    for judging, problems in waiting.items():
        found |= Q(kind=Work.Kind.JUDGE, judging=judging, problem__in=problems)
    return found


def judge_range(piece: Work) -> None:
    """Judges the candidates of one piece and stores its chunk. Raises SandboxUnavailable, LeaseLost."""
    judging = piece.judging
    assert judging is not None and piece.problem is not None
    row = _with_limits(judging, piece.problem)
    assert row.limits is not None
    candidates = list(candidates_of(piece))
    judge = judge_of(row.version_id, row.limits.pk)
    results = _judge_all(judge, candidates, row, judging)
    digest = blobs.put_arrays(**arrays_of(judge.problem, candidates, results))
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
            machine=machine_note(),
        )
        Judging.objects.filter(pk=judging.pk).update(
            judged=F("judged") + len(candidates), infra_errors=F("infra_errors") + faults
        )


def merge(piece: Work) -> None:
    """Merges the chunks of one problem into its arrays and aggregates. Raises LeaseLost, and ValueError where the
    chunks are not those of the pool's candidates."""
    judging = piece.judging
    assert judging is not None and piece.problem is not None
    row = JudgedProblem.objects.select_related("version").get(judging=judging, problem=piece.problem)
    chunks = judging.chunks.filter(problem=piece.problem).order_by(F("subtask").asc(nulls_first=True), "start")
    arrays = concatenate([blobs.get_arrays(chunk.digest) for chunk in chunks])
    check_complete(judging, piece.problem, arrays)
    digest = blobs.put_arrays(**arrays)
    with leases.finishing(piece):
        JudgedProblem.objects.filter(pk=row.pk).update(outcomes=digest, aggregates=aggregates_of(row, arrays))


def merges_due(judging: Judging) -> list[Work]:
    """The merge pieces of problems whose candidates are all judged; created where they do not exist yet. Three
    queries."""
    open_ids = judging.work.filter(kind=Work.Kind.JUDGE).exclude(state=Work.State.DONE).values("problem_id")
    ready = unmerged(judging).exclude(problem_id__in=open_ids)
    return leases.add(
        Work(
            kind=Work.Kind.MERGE,
            key=f"merge:{judging.pk}:{row.problem_id}",
            judging=judging,
            problem_id=row.problem_id,
            position=row.problem.position * 10 + 2,
        )
        for row in ready.select_related("problem")
    )


def unmerged(judging: Judging) -> QuerySet[JudgedProblem]:
    """The problems of a judging that have no arrays yet and are to have them."""
    return judging.problems.filter(outcomes="", version__unjudgeable="")


def settle(judging: Judging) -> PoolState:
    """Writes and returns the judging's state after a piece of it was done or has failed."""
    unmeasured = dict(judging.problems.filter(limits=None).values_list("version", "problem"))
    for version, error in measuring.failed(unmeasured) if unmeasured else ():
        left = judging.work.filter(problem=unmeasured[version])
        leases.fail_waiting(left, f"its time limit could not be measured: {error}")
    return pool_state.settle(judging, unmerged=set(unmerged(judging).values_list("problem", flat=True)))


def check_complete(parent: Any, problem: Problem, arrays: dict[str, Any]) -> None:
    """Raises ValueError where merged arrays of a judging or probing are not, one for one and in order, of the
    candidates of its revision: better no result than one with a candidate twice."""
    units = [unit for unit in planning.units_of(parent.revision) if unit[0] == problem.pk]
    units.sort(key=lambda unit: unit[1] or 0)
    wanted = [pk for _, subtask in units for pk in planning.candidate_ids(parent.revision, problem.pk, subtask)]
    if not np.array_equal(arrays.get("candidate", ()), wanted):
        raise ValueError(f"the chunks of {problem} in {parent} are not those of its {len(wanted)} candidates")


def candidates_of(piece: Work) -> QuerySet[Candidate]:
    """The candidates of a piece's range, in key order."""
    parent = piece.judging or piece.probing
    assert parent is not None
    unit = planning.unit_candidates(parent.revision, piece.problem_id, piece.subtask)
    return unit.defer("raw", "extra")[piece.start : piece.stop]


@lru_cache(maxsize=32)
def judge_of(version_id: int, limits_id: int) -> Judge:
    """A judge whose checker, interactor and grader are compiled once per worker. Raises PackageError where the problem
    cannot be judged."""
    reading = LimitReading.objects.select_related("version").get(pk=limits_id, version_id=version_id)
    return Judge(reading.version.to_problem(), blobs.BlobFiles(), reading.to_limits(), sandbox())


def _with_limits(judging: Judging, problem: Problem) -> JudgedProblem:
    """The row of this problem. Limits measured while the judging was being planned have not been told to it: it takes
    them here."""
    rows = JudgedProblem.objects.select_related("version", "limits", "problem")
    row = rows.get(judging=judging, problem=problem)
    if row.limits is None:
        planning.limits_measured(row.problem, row.version.limits)
        row = rows.get(pk=row.pk)
    return row


def _judge_all(
    judge: Judge, candidates: Sequence[Candidate], row: JudgedProblem, judging: Judging
) -> list[dict[str, Any]]:
    assert row.limits is not None and judging.environment is not None
    limits = f"{row.limits.time_limit_s}:{row.limits.memory_limit_mib}:{row.limits.output_limit_mib}"
    what = f"{row.version.content_hash}:{limits}:{judging.environment.key}"
    return [_judge_candidate(judge, candidate, what) for candidate in candidates]


def _judge_candidate(judge: Judge, candidate: Candidate, what: str) -> dict[str, Any]:
    """One candidate's outcome as JSON-ready data. Equal programs (by token hash) are judged once per machine."""
    if judge.problem.task_type is TaskType.ANSWER:
        return _judge_answer(judge, candidate)
    if not candidate.source:
        return without_program(judge.problem, candidate.no_program or "no program")
    if judge.problem.task_type is TaskType.OUTPUT_ONLY:
        return outcome_of(judge.judge(Source.of(candidate.source, OUTPUTS_LANGUAGE)))
    source = Source.of(candidate.source, candidate.language)
    if refusal(judge.problem, source):  # by its own text: equal programs may differ in size
        return outcome_of(judge.judge(source))
    key = f"{candidate.program_hash}:{what}"
    known = outcome_cache.get(key) if candidate.program_hash else None
    if known is not None:
        return known
    text = outcome_cache.representative(candidate.program_hash, candidate.source)
    for _ in range(FAULT_TRIES):
        outcome = outcome_of(judge.judge(Source.of(text, candidate.language)))
        if outcome["verdict"] != Verdict.IE:
            if candidate.program_hash:
                outcome_cache.put(key, outcome)
            break
    return outcome


def _judge_answer(judge: Judge, candidate: Candidate) -> dict[str, Any]:
    """A short answer's outcome; the judge itself remembers what it said of equal ones."""
    if not candidate.answer.strip():
        return without_program(judge.problem, candidate.no_program or "no answer")
    return outcome_of(judge.judge(Source.of(candidate.answer, ANSWER_LANGUAGE)))
