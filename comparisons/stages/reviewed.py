"""What further attempts changed: of one judged problem, how many draws were right before and after a review."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from comparisons.metrics.arrays import BoolArray
from comparisons.models import Candidate, JudgedProblem

#: Scores are kept in single precision.
_EPSILON = 1e-4


def attempts_changed(row: JudgedProblem, arrays: Mapping[str, Any]) -> list[dict[str, int]]:
    """For each attempt t from 2 on, over the draws whose first attempt and t-th both have an outcome: `n`, `first` and
    `second` (right at attempt 1 and at t), `gained` (wrong, then right), `lost` (right, then wrong). Empty where no
    draw has two. Right is full score: of the aimed subtask, of the whole problem where none was aimed at.

    Two queries where there are further attempts, else one.
    """
    of_problem = Candidate.objects.filter(pool=row.judging.revision.pool_id, problem=row.problem_id).order_by()
    if not of_problem.filter(attempt__gt=1).exists():
        return []
    right = dict(zip(arrays["candidate"].tolist(), _right(row, arrays), strict=True))
    draws: dict[tuple[int | None, int], dict[int, bool]] = {}
    for pk, subtask, index, attempt in of_problem.values_list("pk", "subtask", "index", "attempt"):
        outcome = right.get(pk)
        if outcome is not None and outcome[subtask or 0] is not None:
            draws.setdefault((subtask, index), {})[attempt] = bool(outcome[subtask or 0])
    last = max((attempt for attempts in draws.values() for attempt in attempts), default=1)
    found = []
    for t in range(2, last + 1):
        pairs = np.array([(one[1], one[t]) for one in draws.values() if 1 in one and t in one], dtype=bool)
        first, second = pairs.reshape(-1, 2).T
        found.append(_counts(t, first, second))
    return [counts for counts in found if counts["n"]]


def _counts(t: int, first: BoolArray, second: BoolArray) -> dict[str, int]:
    return {
        "attempt": t,
        "n": len(first),
        "first": int(first.sum()),
        "second": int(second.sum()),
        "gained": int((~first & second).sum()),
        "lost": int((first & ~second).sum()),
    }


def _right(row: JudgedProblem, arrays: Mapping[str, Any]) -> list[list[bool | None]]:
    """Per candidate: right on the whole problem, then on each subtask; None where it has no outcome."""
    points = np.array([subtask.points for subtask in row.version.subtasks.all()], dtype=np.float64)
    scores = np.asarray(arrays["scores"], dtype=np.float64).reshape(-1, len(points))
    totals = np.column_stack([scores.sum(axis=1), scores])
    full = np.append(points.sum(), points)
    return [
        [None if np.isnan(got) else bool(got >= most - _EPSILON) for got, most in zip(line, full, strict=True)]
        for line in totals
    ]
