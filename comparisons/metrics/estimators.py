"""Exact expectations over draws: pass@k, n@k, the best of k, and the IOI rule that scores what was sent.

Closed forms only; nothing here draws lots.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from comparisons.metrics.arrays import FloatArray, IntArray, as_scores

# Two score columns with many distinct values need a table of their pairs; it is built in blocks of this many cells.
_BLOCK_CELLS = 4_000_000


class ExpectedBest(NamedTuple):
    """Mean and standard deviation (over the choice of the k) of a score."""

    mean: float
    sd: float


def pass_at_k(n: int, c: int, *, k: int) -> float:
    """Probability that k of n candidates, drawn without replacement, include a right one.

    n judged candidates, c of them right, 0 <= c <= n, 1 <= k. Raises ValueError when n < k: undefined, not 1.
    Source: Chen et al. 2021, arXiv:2107.03374, section 2.1.
    """
    if not 0 <= c <= n:
        raise ValueError(f"c = {c} must lie between 0 and n = {n}")
    if not 1 <= k <= n:
        raise ValueError(f"k = {k} must lie between 1 and n = {n}")
    if n - c < k:
        return 1.0
    # The product over the smaller of the two ways to write the same ratio of binomials.
    if c <= k:
        return 1.0 - math.prod((n - k - i) / (n - i) for i in range(c))
    return 1.0 - math.prod((n - c - i) / (n - i) for i in range(k))


def n_at_k(total: int, passing: int, correct: int, *, k: int, n: int) -> float:
    """Probability of solving a problem with k draws of which at most n that pass the public tests are sent.

    `total` candidates, `passing` of them pass the public tests, `correct` of those are right. k are drawn without
    replacement, n of the drawn ones that pass are sent at random. Raises ValueError where the counts are impossible.
    Source: AlphaCode, arXiv:2203.07814, appendix A.3 (algorithm 1), in closed form.
    """
    if not 0 <= correct <= passing <= total:
        raise ValueError("need 0 <= correct <= passing <= total")
    if not 1 <= k <= total:
        raise ValueError(f"k = {k} must lie between 1 and total = {total}")
    if n < 1:
        raise ValueError(f"n = {n} must be at least 1")
    least, most = max(0, k - (total - passing)), min(passing, k)
    weights = [_log_comb(passing, e) + _log_comb(total - passing, k - e) for e in range(least, most + 1)]
    highest = max(weights)
    chances = [math.exp(weight - highest) for weight in weights]
    solved = [pass_at_k(passing, correct, k=min(e, n)) if e else 0.0 for e in range(least, most + 1)]
    return math.fsum(p * s for p, s in zip(chances, solved, strict=True)) / math.fsum(chances)


def _log_comb(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def task_score(submissions: npt.ArrayLike) -> float:
    """Score of a task by the IOI rule: the best submission of each subtask, summed. Nothing is rounded.

    `submissions`: submissions × subtasks, scores obtained. Nothing sent scores 0. Raises ValueError on NaN.
    Source: IOI since 2017; CMS `GroupMin` with `score_mode: max_subtask`.
    """
    table = np.asarray(submissions, dtype=np.float64)
    return float(as_scores(table).max(axis=0).sum()) if table.size else 0.0


def expected_best(scores: npt.ArrayLike, *, k: int) -> ExpectedBest:
    """Mean and standard deviation of the IOI score of k candidates drawn without replacement. Exact.

    `scores`: candidates × subtasks. Correlation between subtasks does not touch the mean and is counted in the
    deviation. Raises ValueError when k is not in 1..n, or on NaN.
    """
    table = _checked(scores, k)
    levels = [_levels(table[:, j]) for j in range(table.shape[1])]
    within = chances_all_within(len(table), k)
    means = [_mean_of_levels(values, counts, within) for values, _, counts in levels]
    variance = 0.0
    for a in range(len(levels)):
        for b in range(a, len(levels)):
            variance += _variance(levels[a], within) if a == b else 2 * _covariance(levels[a], levels[b], within)
    # Rounding may leave a tiny negative number where the score is certain.
    return ExpectedBest(math.fsum(means), math.sqrt(max(variance, 0.0)))


def expected_best_by_subtask(scores: npt.ArrayLike, *, k: int) -> FloatArray:
    """Mean best score of each subtask over k candidates drawn without replacement; their sum is the mean above."""
    table = _checked(scores, k)
    within = chances_all_within(len(table), k)
    means = np.empty(table.shape[1])
    for j in range(table.shape[1]):
        values, _, counts = _levels(table[:, j])
        means[j] = _mean_of_levels(values, counts, within)
    return means


def expected_best_of_many(scores: npt.ArrayLike, rows: IntArray, *, k: int) -> FloatArray:
    """Mean IOI score of k candidates for many sub-pools at once, one number each.

    scores: candidates × subtasks; rows: sub-pools × candidates of each. The same expectation as `expected_best`, by
    sorting: the value at rank i (from 0) is the best of k with chance C(i, k - 1) / C(n, k).
    """
    table = as_scores(scores)
    size = rows.shape[1]
    if not 1 <= k <= size:
        raise ValueError(f"k = {k} must lie between 1 and the number of candidates, {size}")
    chances = np.diff(chances_all_within(size, k))
    total = np.zeros(len(rows))
    for column in table.T:
        total += np.sort(column[rows], axis=1) @ chances
    return total


def _checked(scores: npt.ArrayLike, k: int) -> FloatArray:
    table = as_scores(scores)
    if not 1 <= k <= len(table):
        raise ValueError(f"k = {k} must lie between 1 and the number of candidates, {len(table)}")
    return table


_Levels = tuple[FloatArray, IntArray, IntArray]


def _levels(column: FloatArray) -> _Levels:
    """Distinct values ascending, each candidate's level, and how many candidates lie strictly below each value."""
    values, codes, sizes = np.unique(column, return_inverse=True, return_counts=True)
    below = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    return values, codes.astype(np.int64), below.astype(np.int64)


def chances_all_within(n: int, k: int) -> FloatArray:
    """Entry f: C(f, k) / C(n, k), the chance that all k drawn lie among f of the n candidates."""
    chances = np.zeros(n + 1)
    chances[n] = 1.0
    # C(f - 1, k) = C(f, k) (f - k) / f, from the top down: products keep 13 digits where logarithms lose 5 of them.
    f = np.arange(n, k, -1, dtype=np.float64)
    chances[k:n] = np.cumprod((f - k) / f)[::-1]
    return chances


def _mean_of_levels(values: FloatArray, below: IntArray, within: FloatArray) -> float:
    # E[max] = lowest value + sum over the steps of (step height × chance that the best reaches the step).
    reach = 1.0 - within[below[1:]]
    return float(values[0] + np.diff(values) @ reach)


def _variance(levels: _Levels, within: FloatArray) -> float:
    """Variance of one subtask's best score: the levels in order and the chance of each are all it takes."""
    values, _, below = levels
    chances = np.diff(np.append(within[below], 1.0))
    return float(chances @ (values - chances @ values) ** 2)


def _covariance(a: _Levels, b: _Levels, within: FloatArray) -> float:
    """Covariance of two subtasks' best scores, from how many candidates reach neither of each pair of levels."""
    (values_a, codes_a, below_a), (values_b, codes_b, below_b) = a, b
    if len(values_a) == 1 or len(values_b) == 1:
        return 0.0
    miss_a = within[below_a[1:]]
    miss_b = within[below_b[1:]]
    steps_a, steps_b = np.diff(values_a), np.diff(values_b)
    width = len(values_b)
    rows = max(1, _BLOCK_CELLS // width)
    carried = np.zeros(width, dtype=np.int64)
    total = 0.0
    # Row r of the running table counts the candidates at level <= r of a and <= c of b: below level r + 1 and c + 1.
    for start in range(0, len(steps_a), rows):
        stop = min(start + rows, len(steps_a))
        inside = (codes_a >= start) & (codes_a < stop)
        flat = (codes_a[inside] - start) * width + codes_b[inside]
        counts = np.bincount(flat, minlength=(stop - start) * width).reshape(stop - start, width)
        counts = counts.cumsum(axis=1).cumsum(axis=0) + carried
        carried = counts[-1]
        both = within[counts[:, :-1]]
        total += float(steps_a[start:stop] @ (both - np.outer(miss_a[start:stop], miss_b)) @ steps_b)
    return total
