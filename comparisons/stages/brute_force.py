"""After a replay: how often brute force, which strategies may trust, contradicts programs that were accepted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from comparisons.metrics import contradictions
from comparisons.stages.pool_views import ProblemPool
from comparisons.stages.rules import Rule
from comparisons.strategies import UNKNOWN_OUTPUT, Failure

#: Scores are kept in single precision.
_EPSILON = 1e-4


def brute_force_of(rule: Rule, pools: Sequence[ProblemPool]) -> dict[str, Any]:
    """{"brute_force": sums over the subtasks of all problems}, empty where the rule looks at no brute force or where
    none is known. Candidates are counted once for each subtask they have full score on."""
    if not rule.uses_brute_force:
        return {}
    found = [
        contradictions(
            matrix.outputs,
            matrix.expected,
            pool.scores[:, place] >= pool.points[place] - _EPSILON,
            unknown=UNKNOWN_OUTPUT,
            not_run=int(Failure.NOT_RUN),
        )
        for pool in pools
        for place, subtask in enumerate(pool.view.subtasks)
        if (matrix := (pool.view.probes or {}).get(subtask.index)) is not None
    ]
    totals = [sum(one[field] for one in found) for field in range(4)]
    names = ("accepted", "contradicted", "probes", "against_all")
    return {"brute_force": dict(zip(names, totals, strict=True))} if totals[2] else {}
