"""How far random choice's expectation would lie on another pool of the same model: in closed form.

The expectation over all choices of k of n draws is a complete U-statistic of order k (Hoeffding 1948). Its variance
over pools is E[U²] − θ², and θ² is the mean of h(S) h(S') over pairs of choices without a common draw, h being the
score of a choice: U² less that mean is therefore unbiased, and exact for these draws. It needs 2k draws.

It is what half-sampling is held against; `comparisons.metrics.intervals` says why that stays in use.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from comparisons.metrics.arrays import FloatArray, as_scores
from comparisons.metrics.estimators import chances_all_within


def expectation_variance(scores: npt.ArrayLike, *, k: int) -> float:
    """Unbiased estimate of the variance, over pools, of the mean score of k draws at random. May be below 0.

    scores: candidates × subtasks. Cost grows with the square of the number of score levels, times k. Raises ValueError
    where there are fewer than 2k candidates, and on NaN.
    """
    table = as_scores(scores)
    n = len(table)
    if not 1 <= k <= n // 2:
        raise ValueError(f"k = {k} must lie between 1 and half of the {n} candidates")
    steps, below = _levels(table)
    if not len(steps):
        return 0.0
    first, second = chances_all_within(n, k), chances_all_within(n - k, k)
    sizes = below.sum(axis=1)
    shared = below.astype(np.int64) @ below.T.astype(np.int64)
    apart = np.zeros((len(steps), len(steps)))
    for x in range(k + 1):
        # S lies within level a, x of it also within b; S' is drawn from what is left of b.
        chance = _hypergeometric(x, k, shared, sizes[:, None])
        apart += chance * second[np.clip(sizes[None, :] - x, 0, n - k)]
    apart *= first[sizes][:, None]
    missed = first[sizes]
    return float(steps @ (np.outer(missed, missed) - apart) @ steps)


def _levels(table: FloatArray) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """(height of every step between two scores of a subtask, who lies below it: steps × candidates)."""
    heights, below = [], []
    for column in table.T:
        values = np.unique(column)
        heights.append(np.diff(values))
        below.append(column[None, :] < values[1:, None])
    return np.concatenate(heights), np.concatenate(below)


def _hypergeometric(x: int, k: int, marked: npt.NDArray[np.int64], total: npt.NDArray[np.int64]) -> FloatArray:
    """The chance that x of k draws from `total` are among the `marked`; 0 where there are fewer than k."""
    top = int(total.max()) + 1
    logs = np.array([math.lgamma(i + 1) for i in range(top + 1)])

    def choose(a: npt.NDArray[np.int64], b: int) -> FloatArray:
        return np.where(a >= b, logs[np.maximum(a, 0)] - logs[b] - logs[np.maximum(a - b, 0)], -np.inf)

    if k >= top:
        return np.zeros(np.broadcast_shapes(marked.shape, total.shape))
    ways = choose(marked, x) + choose(total - marked, k - x)
    all_ways = choose(total, k)
    return np.where(all_ways > -np.inf, np.exp(ways - np.where(all_ways > -np.inf, all_ways, 0.0)), 0.0)
