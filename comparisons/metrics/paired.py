"""Differences *over problems*: other problems like these. t and bootstrap intervals, sign-flip tests, Holm.

Below 20 clusters (of problems; by default each problem is its own) the interval is Student's t on the differences: a
percentile bootstrap with 6 clusters covers 87 %, not 95 %. From 20 on it is a cluster bootstrap: whole clusters are
drawn with replacement and percentiles of the resampled mean are taken, at the tails that make it as wide as t where the
differences are normal (the expanded percentile interval of Hesterberg 2015, The American Statistician 69(4)); plain
percentiles are too narrow by sqrt((n - 1) / n) and by a normal quantile.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from comparisons.metrics.arrays import FloatArray
from comparisons.metrics.intervals import Interval
from comparisons.metrics.student import student_cdf, student_quantile

# 2^19 sign patterns (the first sign is fixed by symmetry) take 5 ms; beyond, lots are drawn.
_EXACT_CLUSTERS = 20
_LOTS = 20_000
#: From so many clusters on, the interval is bootstrapped.
BOOTSTRAP_CLUSTERS = 20
RESAMPLES = 9_999
# Resamples are drawn in blocks of about this many numbers.
_BLOCK = 2_000_000


class PairedDifference(NamedTuple):
    """Mean of a - b, its 95 % interval and two-sided p. lo and hi are None where no spread can be measured."""

    difference: float
    lo: float | None
    hi: float | None
    p: float


def paired_difference(
    a: npt.ArrayLike, b: npt.ArrayLike, *, clusters: Sequence[Hashable] | None = None, seed: int = 0
) -> PairedDifference:
    """Mean difference a - b of paired scores, with a t interval and a sign-flip p.

    a, b: one number per item (a problem, say), paired by position. clusters: one label per item; items of one label
    (problems of one contest, draws of one problem) are not independent and are taken together: the interval is the t
    interval of the cluster-robust standard error with (clusters - 1) degrees of freedom below 20 clusters, a cluster
    bootstrap from 20 on, and signs are flipped per cluster. None: each item is its own. seed: of the resamples, and of
    the lots drawn for p beyond 20 clusters; below, p is exact.
    lo and hi are None with fewer than two clusters or when all differ by the same amount. Raises ValueError on NaN,
    unequal lengths or nothing to compare.
    """
    spread = Spread.of(a, b, clusters=clusters, seed=seed)
    p = sign_flip_p(spread.sums, seed=seed)
    interval = spread.at(0.95)
    n, mean = spread.items, spread.total / spread.items
    if interval.lo is None or interval.hi is None:
        return PairedDifference(mean, None, None, p)
    return PairedDifference(mean, interval.lo / n, interval.hi / n, p)


def over_problems(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    clusters: Sequence[Hashable] | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Interval of the summed difference a - b over problems, or the reason why there is none.

    a, b: per-problem scores of run and baseline. level: that of the difference's step in its family.
    """
    return Spread.of(a, b, clusters=clusters, seed=seed).at(level)


@dataclass(frozen=True)
class Spread:
    """Differences by cluster, from which the interval of their sum follows at any level.

    total: summed difference; items: how many; sums: the difference of each cluster; deviations: of the sums from what
    the mean difference would give; resampled: sums of bootstrap resamples, sorted, brought to `items`; empty below 20.
    """

    total: float
    items: int
    sums: FloatArray
    deviations: FloatArray
    resampled: FloatArray
    largest: float

    @classmethod
    def of(
        cls, a: npt.ArrayLike, b: npt.ArrayLike, *, clusters: Sequence[Hashable] | None = None, seed: int = 0
    ) -> Spread:
        """Raises ValueError as `paired_difference` does."""
        difference = _differences(a, b)
        sums, sizes = _by_cluster(difference, clusters)
        resampled = np.empty(0)
        if len(sums) >= BOOTSTRAP_CLUSTERS:
            resampled = np.sort(_resampled(sums, sizes, seed)) * len(difference)
        deviations = sums - difference.mean() * sizes
        largest = float(np.abs(difference).max())
        return cls(float(difference.sum()), len(difference), sums, deviations, resampled, largest)

    @property
    def has_none(self) -> str:
        """Why there is no interval at any level; "" where there is one."""
        if len(self.sums) < 2:
            return "one problem only: nothing shows how other problems would differ"
        if float(np.abs(self.deviations).max()) > 1e-12 * max(1.0, self.largest):
            return ""
        if not self.largest:
            return "the two score the same on every problem"
        return "the difference is the same on every problem: no spread to measure"

    @property
    def p(self) -> float | None:
        """The p-value that belongs to the interval: it excludes 0 at every level below 1 - p. None without one."""
        if self.has_none:
            return None
        groups = len(self.sums)
        if len(self.resampled):
            beyond = min((self.resampled <= 0).mean(), (self.resampled >= 0).mean())
            reach = NormalDist().inv_cdf(1 - max(float(beyond), 1 / (len(self.resampled) + 1)))
            t = reach * math.sqrt((groups - 1) / groups)
        else:
            t = abs(self.total) / self._error
        return 2 * (1 - student_cdf(max(t, 0.0), groups - 1))

    @property
    def _error(self) -> float:
        """Cluster-robust standard error of the sum."""
        groups = len(self.sums)
        return math.sqrt(float(self.deviations @ self.deviations) * groups / (groups - 1))

    def at(self, level: float) -> Interval:
        """The interval of the summed difference."""
        if self.has_none:
            return Interval.absent(self.has_none, level)
        groups = len(self.sums)
        quantile = student_quantile(0.5 + level / 2, groups - 1)
        if len(self.resampled):
            tail = 1 - NormalDist().cdf(math.sqrt(groups / (groups - 1)) * quantile)
            lo, hi = np.quantile(self.resampled, [tail, 1 - tail])
            return Interval(float(lo), float(hi), level)
        half = quantile * self._error
        return Interval(self.total - half, self.total + half, level)


def _resampled(sums: FloatArray, sizes: FloatArray, seed: int) -> FloatArray:
    """Mean difference per item of each resample of whole clusters."""
    rng = np.random.default_rng(seed)
    means = np.empty(RESAMPLES)
    block = max(1, _BLOCK // len(sums))
    for start in range(0, RESAMPLES, block):
        stop = min(start + block, RESAMPLES)
        chosen = rng.integers(0, len(sums), size=(stop - start, len(sums)))
        means[start:stop] = sums[chosen].sum(axis=1) / sizes[chosen].sum(axis=1)
    return means


def simultaneous_level(family: int, level: float = 0.95) -> float:
    """Level of each of `family` intervals that hold together with `level` (Bonferroni)."""
    return 1 - (1 - level) / max(1, family)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for their number by Holm's step-down rule, in the order given. Source: Holm 1979."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for place, i in enumerate(order):
        highest = max(highest, min(1.0, p_values[i] * (len(p_values) - place)))
        adjusted[i] = highest
    return adjusted


def sign_flip_p(differences: npt.ArrayLike, *, seed: int = 0) -> float:
    """Two-sided p of the hypothesis that each difference is as likely with either sign.

    Exact up to 20 differences that are not 0; beyond, from 20,000 seeded lots (never below 1 / 20,001).
    """
    values = np.abs(np.asarray(differences, dtype=np.float64).ravel())
    observed = abs(float(np.sum(np.asarray(differences, dtype=np.float64))))
    values = values[values > 0]
    if not len(values):
        return 1.0
    # Sums of the same numbers in another order differ in the last bits.
    least = observed - 1e-9 * float(values.sum())
    if len(values) <= _EXACT_CLUSTERS:
        sums = values[:1]
        for value in values[1:]:
            sums = np.concatenate((sums + value, sums - value))
        return float((np.abs(sums) >= least).mean())
    rng = np.random.default_rng(seed)
    hits = 0
    for start in range(0, _LOTS, 1000):
        signs = rng.integers(0, 2, size=(min(1000, _LOTS - start), len(values)), dtype=np.int8) * 2 - 1
        hits += int((np.abs(signs @ values) >= least).sum())
    return (hits + 1) / (_LOTS + 1)


def _differences(a: npt.ArrayLike, b: npt.ArrayLike) -> FloatArray:
    left, right = (np.asarray(x, dtype=np.float64).ravel() for x in (a, b))
    if left.shape != right.shape:
        raise ValueError(f"paired scores differ in number: {len(left)} and {len(right)}")
    if not len(left):
        raise ValueError("no pair of scores to compare")
    difference = left - right
    if np.isnan(difference).any():
        raise ValueError("an unknown score (NaN) cannot be compared")
    return difference


def _by_cluster(difference: FloatArray, clusters: Sequence[Hashable] | None) -> tuple[FloatArray, FloatArray]:
    """Per cluster: the sum of differences, and how many there are."""
    if clusters is None:
        return difference, np.ones(len(difference))
    if len(clusters) != len(difference):
        raise ValueError(f"{len(clusters)} cluster labels for {len(difference)} pairs")
    places: dict[Hashable, int] = {}
    codes = np.array([places.setdefault(label, len(places)) for label in clusters])
    sums = np.zeros(len(places))
    np.add.at(sums, codes, difference)
    return sums, np.bincount(codes).astype(np.float64)
