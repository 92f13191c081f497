"""Floor and ceilings of a pool under a budget: random-k, oracle-k and no-limit.

They are computed from the outcomes themselves and send no submissions; they are not strategies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from comparisons.metrics.arrays import FloatArray, as_scores
from comparisons.metrics.estimators import ExpectedBest, expected_best

#: Of floor and ceilings as rules; changes whenever their figures could, so that older runs show as stale.
VERSION = 3
# The exact search looks at all sets of subtasks: 4,096 of them, 0.1 s.
_EXACT_SUBTASKS = 12


class Ceiling(NamedTuple):
    """A ceiling's score. `is_exact` is False where it is a proven upper bound instead of the value itself."""

    score: float
    is_exact: bool


def random_k(scores: npt.ArrayLike, *, k: int) -> ExpectedBest:
    """The floor: mean and deviation of the score of k candidates drawn at random from the pool; all n where k > n."""
    table = as_scores(scores)
    if not len(table):
        raise ValueError("a pool without candidates has no random choice")
    return expected_best(table, k=min(k, len(table)))


def no_limit(scores: npt.ArrayLike) -> float:
    """Score when every candidate is sent. Grows with n."""
    table = as_scores(scores)
    return float(table.max(axis=0).sum()) if len(table) else 0.0


def oracle_k(scores: npt.ArrayLike, *, k: int) -> Ceiling:
    """The highest score any k candidates of the pool reach together.

    Exact where k is at least the number of subtasks (then it is `no_limit`) or there are at most 12 subtasks;
    else the bound of Leskovec et al. 2007 (KDD, section 3.2) on a sum of maxima, flagged. Raises ValueError on NaN.
    """
    table = as_scores(scores)
    if k < 1:
        raise ValueError(f"k = {k} must be at least 1")
    if not len(table):
        return Ceiling(0.0, True)
    table = np.unique(table, axis=0)
    # A subtask in which nobody scores more than another adds a constant, whoever is chosen.
    varying = np.ptp(table, axis=0) > 0
    constant = float(table[0, ~varying].sum())
    table = table[:, varying]
    if k >= table.shape[1] or k >= len(table):
        return Ceiling(constant + float(table.max(axis=0).sum()), True)
    if table.shape[1] <= _EXACT_SUBTASKS:
        return Ceiling(constant + _best_partition(table, k), True)
    return Ceiling(constant + _upper_bound(table, k), False)


def bounds(score: Callable[[FloatArray], float], scores: npt.ArrayLike, points: npt.ArrayLike) -> tuple[float, float]:
    """`score` with every unjudged outcome (NaN) taken as 0, and as full score: lowest and highest possible."""
    table = as_scores(scores, allow_unknown=True)
    full = np.broadcast_to(np.asarray(points, dtype=np.float64), table.shape)
    unknown = np.isnan(table)
    return score(np.where(unknown, 0.0, table)), score(np.where(unknown, full, table))


def _best_partition(table: FloatArray, k: int) -> float:
    """Best sum of maxima of k rows, by giving each subtask to one of k rows: exact over all set partitions."""
    width = table.shape[1]
    masks = np.arange(1 << width)
    members = ((masks[:, None] >> np.arange(width)) & 1).astype(np.float64)
    single = np.full(len(masks), -np.inf)
    for start in range(0, len(table), 512):
        np.maximum(single, (members @ table[start : start + 512].T).max(axis=1), out=single)
    inside = [masks[(masks & mask) == masks] for mask in masks]
    best = single
    for _ in range(k - 1):
        best = np.array([(single[subsets] + best[mask ^ subsets]).max() for mask, subsets in enumerate(inside)])
    return float(best[-1])


def _upper_bound(table: FloatArray, k: int) -> float:
    """Least over the greedy steps of (value so far + the k largest gains still open); never below the true best."""
    best = table.max(axis=0).sum()
    # Scores may be negative nowhere in practice; the empty choice counts as the lowest value of each subtask.
    reached = table.min(axis=0)
    for _ in range(k + 1):
        gains = np.maximum(table - reached, 0.0).sum(axis=1)
        best = min(best, reached.sum() + np.sort(gains)[-k:].sum())
        reached = np.maximum(reached, table[int(gains.argmax())])
    return float(best)
