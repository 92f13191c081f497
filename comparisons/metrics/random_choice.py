"""Random choice from several pools at once: equal shares of the submissions, exact mean and deviation.

A problem whose candidates were asked for one subtask each is as many pools. How the published random baseline spread
its 50 submissions over them is not said (A19): here each pool gets an equal share, the hardest the remainder.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from comparisons.metrics.arrays import BoolArray, FloatArray, IntArray, as_scores
from comparisons.metrics.estimators import chances_all_within

#: Pairs of levels of two subtasks are taken in blocks of so many.
_BLOCK_CELLS = 4_000_000
#: The chance of reaching several subtasks together is a sum over all sets of them: of so many, 65,536 terms.
MOST_TOGETHER = 16


_Pools = Sequence[tuple[FloatArray, FloatArray]]
_Codes = Sequence[npt.NDArray[np.signedinteger[Any]]]


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
    choice = _Choice.of(scores, units, k, hardest)
    means, variance = choice.means, 0.0
    for values, chance, mean in zip(choice.levels, choice.below, means, strict=True):
        variance += float(np.diff(chance, prepend=0.0) @ (values - mean) ** 2)
    for a in range(len(means)):
        for b in range(a + 1, len(means)):
            variance += 2 * choice.covariance(a, b)
    return RandomChoice(math.fsum(means), math.sqrt(max(variance, 0.0)), means)


def random_means(scores: npt.ArrayLike, units: IntArray, *, k: int, hardest: Sequence[int] = ()) -> tuple[float, ...]:
    """`by_subtask` of `random_choice` alone: its deviation takes pairs of levels, the means take each once."""
    return _Choice.of(scores, units, k, hardest).means


@dataclass(frozen=True)
class _Choice:
    """pools: the scores of each pool that gets a share, and the chance that its draws lie within so many. Per subtask:
    levels of the score, codes: the level of each candidate by pool, below: the chance that no draw is above a level."""

    pools: _Pools
    levels: Sequence[FloatArray]
    codes: Sequence[_Codes]
    below: Sequence[FloatArray]

    @classmethod
    def of(cls, scores: npt.ArrayLike, units: IntArray, k: int, hardest: Sequence[int]) -> Self:
        table = as_scores(scores)
        if k < 1 or not len(table):
            raise ValueError(f"k = {k} of {len(table)} candidates: at least one of one is needed")
        members, shares = shared(units, k, hardest)
        # A pool that gets no submission has no say, not even in what is the least that is reached.
        drawn = [(rows, share) for rows, share in zip(members, shares, strict=True) if share]
        kept = table[np.concatenate([rows for rows, _ in drawn])]
        pools = [(table[rows], chances_all_within(len(rows), share)) for rows, share in drawn]
        levels = [np.unique(column) for column in kept.T]
        codes = [[np.searchsorted(v, table[:, j]) for table, _ in pools] for j, v in enumerate(levels)]
        below = [_chance_below(pools, mine, len(v)) for mine, v in zip(codes, levels, strict=True)]
        return cls(pools, levels, codes, below)

    @property
    def means(self) -> tuple[float, ...]:
        """Mean of each subtask's best."""
        pairs = zip(self.levels, self.below, strict=True)
        return tuple(float(v[0] + np.diff(v) @ (1.0 - p[:-1])) for v, p in pairs)

    def covariance(self, a: int, b: int) -> float:
        """Of the best scores of two subtasks."""
        steps = np.diff(self.levels[a]), np.diff(self.levels[b])
        return _covariance(self.pools, (self.codes[a], self.codes[b]), (self.below[a], self.below[b]), steps)


def chance_of_all(reached: BoolArray, units: IntArray, *, k: int, hardest: Sequence[int] = ()) -> float | None:
    """The chance that candidates drawn as `random_choice` describes reach every subtask among them. Exact.

    reached: candidates × subtasks. By inclusion and exclusion over sets of subtasks that all draws miss; None where
    more than `MOST_TOGETHER` subtasks are each reached by some candidates and not by others.
    """
    needed = np.unique(reached[:, ~reached.all(axis=0)], axis=1)
    width = needed.shape[1]
    if not needed.any(axis=0).all():
        return 0.0
    if width > MOST_TOGETHER:
        return None
    masks = needed.astype(np.int64) @ (1 << np.arange(width))
    missing_all = np.ones(1 << width)
    for rows, share in zip(*shared(units, k, hardest), strict=True):
        # Per set of subtasks: how many candidates reach none beyond it.
        inside = np.bincount(masks[rows], minlength=1 << width)
        for bit in range(width):
            halves = inside.reshape(-1, 2, 1 << bit)
            halves[:, 1] += halves[:, 0]
        # Read from the end, the sets are the ones that are missed.
        missing_all *= chances_all_within(len(rows), share)[inside[::-1]]
    sizes = np.array([number.bit_count() for number in range(1 << width)])
    return min(1.0, max(0.0, math.fsum((missing_all * (-1.0) ** sizes).tolist())))


def shared(units: IntArray, k: int, hardest: Sequence[int]) -> tuple[list[IntArray], list[int]]:
    """The rows of each unit's pool, hardest first, and how many of k submissions it gets."""
    present = np.unique(units).tolist()
    order = [*(unit for unit in hardest if unit in present), *(u for u in reversed(present) if u not in hardest)]
    members = [np.flatnonzero(units == unit) for unit in order]
    return members, equal_shares([len(rows) for rows in members], k)


def _chance_below(pools: _Pools, codes: _Codes, levels: int) -> FloatArray:
    """Per level of a subtask: the chance that no draw of any pool is above it. codes: per pool, levels of its draws."""
    chance = np.ones(levels)
    for (_, within), mine in zip(pools, codes, strict=True):
        chance *= within[np.bincount(mine, minlength=levels).cumsum()]
    return chance


def _covariance(
    pools: _Pools,
    codes: tuple[_Codes, _Codes],
    below: tuple[FloatArray, FloatArray],
    steps: tuple[FloatArray, FloatArray],
) -> float:
    """Covariance of two subtasks' best scores, from the chance of being below each pair of levels; a block of the first
    subtask's levels at a time."""
    height, width = (len(one) for one in below)
    rows = max(1, _BLOCK_CELLS // width)
    carried = [np.zeros(width, dtype=np.int64) for _ in pools]
    total = 0.0
    for start in range(0, height - 1, rows):
        stop = min(start + rows, height - 1)
        both = np.ones((stop - start, width))
        for place, ((_, within), mine, others) in enumerate(zip(pools, *codes, strict=True)):
            inside = (mine >= start) & (mine < stop)
            flat = (mine[inside] - start) * width + others[inside]
            counts = np.bincount(flat, minlength=both.size).reshape(both.shape).cumsum(axis=1).cumsum(axis=0)
            counts += carried[place]
            carried[place] = counts[-1]
            both *= within[counts]
        apart = both[:, :-1] - np.outer(below[0][start:stop], below[1][:-1])
        total += float(steps[0][start:stop] @ apart @ steps[1])
    return total


def draw_scores(
    scores: npt.ArrayLike, units: IntArray, *, k: int, hardest: Sequence[int] = (), draws: int, seed: int
) -> FloatArray:
    """The score of each of so many seeded draws, as `random_choice` describes them: a check of the closed form."""
    table = as_scores(scores)
    rng = np.random.default_rng(seed)
    members, shares = shared(units, k, hardest)
    found = np.empty(draws)
    for number in range(draws):
        chosen = [rng.choice(rows, share, replace=False) for rows, share in zip(members, shares, strict=True)]
        found[number] = table[np.concatenate(chosen)].max(axis=0).sum()
    return found
