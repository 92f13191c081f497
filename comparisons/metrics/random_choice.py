"""Random choice from several pools at once: equal shares of the submissions, exact mean and deviation.

A problem whose candidates were asked for one subtask each is as many pools. How the published random baseline spread
its 50 submissions over them is not said (A19): here each pool gets an equal share, the hardest the remainder.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from comparisons.metrics.arrays import FloatArray, IntArray, as_scores
from comparisons.metrics.estimators import chances_all_within


class RandomChoice(NamedTuple):
    """Mean and standard deviation (over the choice) of the score, and the mean of each subtask."""

    mean: float
    sd: float
    by_subtask: tuple[float, ...]


def equal_shares(sizes: Sequence[int], k: int) -> list[int]:
    """How many of k submissions each pool gets: equal shares, the remainder one by one to the first pools, which are
    the hardest. What a pool is too small for goes to the others in the same way."""
    shares = [0] * len(sizes)
    left = min(k, sum(sizes))
    while left:
        open_pools = [i for i, size in enumerate(sizes) if shares[i] < size]
        each = max(1, left // len(open_pools))
        for i in open_pools:
            more = min(each, sizes[i] - shares[i], left)
            shares[i] += more
            left -= more
    return shares


def random_choice(scores: npt.ArrayLike, units: IntArray, *, k: int, hardest: Sequence[int] = ()) -> RandomChoice:
    """The score of k candidates drawn at random, an equal share from each unit's pool, without replacement. Exact.

    scores: candidates × subtasks; units: the pool of each candidate; hardest: units, hardest first (default: the
    highest number first). A subtask's best is at most v where every pool's draws are: the product of the pools'
    distribution functions. Raises ValueError on NaN, k below 1 and no candidates.
    """
    table = as_scores(scores)
    if k < 1 or not len(table):
        raise ValueError(f"k = {k} of {len(table)} candidates: at least one of one is needed")
    present = np.unique(units).tolist()
    order = [*(unit for unit in hardest if unit in present), *(u for u in reversed(present) if u not in hardest)]
    members = [np.flatnonzero(units == unit) for unit in order]
    shares = equal_shares([len(rows) for rows in members], k)
    # A pool that gets no submission has no say, not even in what is the least that is reached.
    drawn = [(rows, share) for rows, share in zip(members, shares, strict=True) if share]
    kept = table[np.concatenate([rows for rows, _ in drawn])]
    pools = [(table[rows], chances_all_within(len(rows), share)) for rows, share in drawn]
    levels = [np.unique(column) for column in kept.T]
    below = [_chance_below(pools, (j,), levels) for j in range(table.shape[1])]
    steps = [np.diff(values) for values in levels]
    means = tuple(float(v[0] + s @ (1.0 - p[:-1])) for v, s, p in zip(levels, steps, below, strict=True))
    variance = 0.0
    for a in range(len(levels)):
        for b in range(a, len(levels)):
            both = _chance_below(pools, (a, b), levels)[:-1, :-1]
            covariance = float(steps[a] @ (both - np.outer(below[a][:-1], below[b][:-1])) @ steps[b])
            variance += covariance if a == b else 2 * covariance
    return RandomChoice(math.fsum(means), math.sqrt(max(variance, 0.0)), means)


def _chance_below(
    pools: Sequence[tuple[FloatArray, FloatArray]], subtasks: tuple[int, ...], levels: Sequence[FloatArray]
) -> FloatArray:
    """Per level of each of these subtasks: the chance that no draw of any pool is above it."""
    shape = tuple(len(levels[j]) for j in subtasks)
    chance = np.ones(shape)
    for table, within in pools:
        codes = tuple(np.searchsorted(levels[j], table[:, j]) for j in subtasks)
        counts = np.bincount(np.ravel_multi_index(codes, shape), minlength=math.prod(shape)).reshape(shape)
        for axis in range(len(shape)):
            counts = counts.cumsum(axis=axis)
        chance = chance * within[counts]
    return chance


def draw_scores(
    scores: npt.ArrayLike, units: IntArray, *, k: int, hardest: Sequence[int] = (), draws: int, seed: int
) -> FloatArray:
    """The score of each of so many seeded draws, as `random_choice` describes them: a check of the closed form."""
    table = as_scores(scores)
    rng = np.random.default_rng(seed)
    present = np.unique(units).tolist()
    order = [*(unit for unit in hardest if unit in present), *(u for u in reversed(present) if u not in hardest)]
    members = [np.flatnonzero(units == unit) for unit in order]
    shares = equal_shares([len(rows) for rows in members], k)
    found = np.empty(draws)
    for number in range(draws):
        chosen = [rng.choice(rows, share, replace=False) for rows, share in zip(members, shares, strict=True)]
        found[number] = table[np.concatenate(chosen)].max(axis=0).sum()
    return found
