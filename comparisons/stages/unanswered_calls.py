"""Calls of a pool that brought no candidate and may have been paid for: broken answers, time-outs, calls of workers
that died, turns of a review whose last one was never answered. Whoever draws as many candidates makes them again, so
what runs cost without them is a lower bound.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Coalesce

from comparisons.metrics import Calls
from comparisons.metrics.arrays import FloatArray, IntArray
from comparisons.models import Candidate, PoolRevision, Request
from comparisons.strategies.pool_view import WHOLE_PROBLEM


@dataclass(frozen=True)
class Unanswered:
    """A call for `n` draws from `index` on, of the unit that aims at `aimed`."""

    aimed: int
    index: int
    n: int
    attempt: int


def unanswered_of(revision: PoolRevision) -> Mapping[int, tuple[Unanswered, ...]]:
    """By problem, those that were sent before this revision was frozen. What a provider certainly asks nothing for (too
    many calls, no connection) is none. One query."""
    is_answered = Q(outcome__in=(Request.Outcome.ANSWERED, Request.Outcome.REFUSED))
    same = {name: OuterRef(name) for name in ("pool", "problem", "index", "attempt")}
    attempt = Candidate.objects.annotate(aimed=Coalesce("subtask", 0)).filter(
        **same, aimed=Coalesce(OuterRef("subtask"), 0), revision__lte=revision.number
    )
    is_spent = Q(is_charge_known=False) & ~is_answered | Q(answer__gt="") & ~Exists(attempt)
    calls = Request.objects.filter(
        is_spent, pool=revision.pool_id, sent_at__lte=revision.created_at, problem__isnull=False
    ).order_by()
    found: dict[int, list[Unanswered]] = defaultdict(list)
    for problem, aimed, *call in calls.values_list("problem", "subtask", "index", "n_draws", "attempt"):
        found[problem].append(Unanswered(aimed or WHOLE_PROBLEM, *call))
    return {problem: tuple(every) for problem, every in found.items()}


def with_unanswered(calls: Calls, unanswered: Sequence[Unanswered], aimed: IntArray, index: IntArray) -> Calls:
    """The calls and these, their tokens unknown. `aimed`, `index`: of the draws, in drawing order. A call for a draw
    that was never answered goes to the unit's next one, or its last: who needed that had asked for this before."""
    known = unanswered if len(index) else ()
    rows = [_row(aimed, index, call, call.index + k) for call in known for k in range(call.n)]
    unknown = np.full(len(rows), np.nan)

    def longer(counts: FloatArray) -> FloatArray:
        return np.concatenate([counts, unknown])

    return Calls(
        np.concatenate([calls.row, np.array(rows, dtype=np.int64)]),
        longer(calls.input_tokens),
        longer(calls.cached_input_tokens),
        longer(calls.output_tokens),
        longer(calls.reasoning_told),
    )


def _row(aimed: IntArray, index: IntArray, call: Unanswered, draw: int) -> int:
    unit = np.flatnonzero(aimed == call.aimed)
    unit = unit if len(unit) else np.arange(len(aimed))
    return int(unit[min(int(np.searchsorted(index[unit], draw)), len(unit) - 1)])
