"""Scores that came with their samples -> a judging that is done, in the environment *elsewhere*."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils import timezone

from comparisons.models import JudgedProblem, Judging, PoolRevision, PoolState, Problem, User, blobs
from comparisons.stages.environment import elsewhere
from comparisons.stages.outcomes import aggregates_of
from judge.verdicts import Verdict

_EPSILON = 1e-6
#: How many public tests were passed is not said where only scores are.
UNKNOWN_PUBLIC = -1


@dataclass(frozen=True, slots=True)
class ScoredCandidate:
    """A candidate's key, its row, and its score per subtask in subtask order."""

    problem: int
    subtask: int | None
    index: int
    attempt: int
    candidate: int
    scores: tuple[float, ...]


def score_elsewhere(user: User, revision: PoolRevision, scored: Sequence[ScoredCandidate]) -> Judging:
    """The judging that holds these scores; its arrays have no tests, and `public_passed` is -1, unknown."""
    now = timezone.now()
    judging = Judging.objects.create(
        revision=revision,
        environment=elsewhere(),
        key=hashlib.sha256(f"elsewhere {revision.pk}".encode()).hexdigest(),
        state=PoolState.DONE,
        total=len(scored),
        judged=len(scored),
        created_by=user,
        started_at=now,
        finished_at=now,
    )
    by_problem: dict[int, list[ScoredCandidate]] = defaultdict(list)
    for candidate in scored:
        by_problem[candidate.problem].append(candidate)
    problems = Problem.objects.filter(pk__in=by_problem).select_related("current_version")
    rows = []
    for problem in problems.prefetch_related("current_version__subtasks"):
        assert problem.current_version is not None
        row = JudgedProblem(judging=judging, problem=problem, version=problem.current_version)
        arrays = _arrays(by_problem[problem.pk], [s.points for s in problem.current_version.subtasks.all()])
        row.outcomes = blobs.put_arrays(**arrays)
        row.aggregates = aggregates_of(row, arrays)
        rows.append(row)
    JudgedProblem.objects.bulk_create(rows)
    return judging


def _arrays(scored: list[ScoredCandidate], points: list[float]) -> dict[str, Any]:
    """The arrays that `JudgedProblem` documents, in key order."""
    ordered = sorted(scored, key=lambda s: (s.subtask is not None, s.subtask or 0, s.index, s.attempt))
    n = len(ordered)
    scores = np.array([s.scores for s in ordered], dtype=np.float64).reshape(n, len(points))
    full = np.array(points, dtype=np.float64)
    return {
        "candidate": np.array([s.candidate for s in ordered], dtype=np.int64),
        "scores": scores.astype(np.float32),
        "subtask_verdicts": _verdicts(scores, full),
        "verdict": _verdicts(scores.sum(axis=1), full.sum()),
        "tests": np.zeros((n, 0), dtype=np.uint8),
        "cpu_time_s": np.zeros((n, 0), dtype=np.float32),
        "memory_mib": np.zeros((n, 0), dtype=np.float32),
        "public_passed": np.full(n, UNKNOWN_PUBLIC, dtype=np.int16),
        "compiled": np.ones(n, dtype=bool),
        "notes": np.frombuffer(b"{}", dtype=np.uint8),
    }


def _verdicts(scores: Any, points: Any) -> Any:
    """AC at full score, PA strictly between, WA at 0, as codes."""
    codes = np.where(scores >= points - _EPSILON, Verdict.AC.code, Verdict.PA.code)
    return np.where((scores <= 0) & (points > 0), Verdict.WA.code, codes).astype(np.uint8)
