"""Differences *over problems*: other problems like these. t intervals, sign-flip tests, simultaneous levels."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from comparisons.metrics.arrays import FloatArray
from comparisons.metrics.intervals import Interval
from comparisons.metrics.student import student_quantile

# 2^19 sign patterns (the first sign is fixed by symmetry) take 5 ms; beyond, lots are drawn.
_EXACT_CLUSTERS = 20
_LOTS = 20_000


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
    (problems of one contest, draws of one problem) are not independent and are taken together: the standard error is
    the cluster-robust one, with (clusters - 1) degrees of freedom, and signs are flipped per cluster. None: each item
    is its own. seed: of the lots drawn for p beyond 20 clusters; below, p is exact.
    lo and hi are None with fewer than two clusters or when all differ by the same amount. Raises ValueError on NaN,
    unequal lengths or nothing to compare.
    """
    difference = _differences(a, b)
    sums, spread = _by_cluster(difference, clusters)
    p = sign_flip_p(sums, seed=seed)
    half = _half_width(difference, spread, 0.95)
    mean = float(difference.mean())
    if half is None:
        return PairedDifference(mean, None, None, p)
    return PairedDifference(mean, mean - half, mean + half, p)


def over_problems(
    a: npt.ArrayLike, b: npt.ArrayLike, *, clusters: Sequence[Hashable] | None = None, family: int = 1
) -> Interval:
    """t interval of the summed difference a - b over problems, or the reason why there is none.

    a, b: per-problem scores of run and baseline. family: how many runs meet the same baseline; the level is raised
    to 1 - 0.05 / family (Bonferroni), so that all intervals of the family hold at once with 95 %.
    """
    level = simultaneous_level(family)
    difference = _differences(a, b)
    sums, spread = _by_cluster(difference, clusters)
    if len(sums) < 2:
        return Interval.absent("one problem only: nothing shows how other problems would differ", level)
    half = _half_width(difference, spread, level)
    if half is None:
        if not difference.any():
            return Interval.absent("the two score the same on every problem", level)
        return Interval.absent("the difference is the same on every problem: no spread to measure", level)
    total = float(difference.sum())
    half *= len(difference)
    return Interval(total - half, total + half, level)


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
    """Per cluster: the sum of differences, and the sum of deviations from the mean difference."""
    if clusters is None:
        return difference, difference - difference.mean()
    if len(clusters) != len(difference):
        raise ValueError(f"{len(clusters)} cluster labels for {len(difference)} pairs")
    places: dict[Hashable, int] = {}
    codes = np.array([places.setdefault(label, len(places)) for label in clusters])
    sums = np.zeros(len(places))
    np.add.at(sums, codes, difference)
    return sums, sums - difference.mean() * np.bincount(codes)


def _half_width(difference: FloatArray, spread: FloatArray, level: float) -> float | None:
    groups = len(spread)
    if groups < 2 or float(np.abs(spread).max()) <= 1e-12 * max(1.0, float(np.abs(difference).max())):
        return None
    se = math.sqrt(float(spread @ spread) * groups / (groups - 1)) / len(difference)
    return student_quantile(0.5 + level / 2, groups - 1) * se
