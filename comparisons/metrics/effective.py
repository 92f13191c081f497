"""How much a pool says: its effective sample size, and what the most frequent answer of k draws is worth."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from comparisons.metrics.arrays import FloatArray

_SUBSETS = 1000


class EffectiveSize(NamedTuple):
    """draws: all of them. size: how many draws of as many different problems would say as much of the mean over
    problems like these. correlation: of two draws of one problem (intraclass, 0 to 1)."""

    draws: int
    size: float
    correlation: float


def effective_sample_size(problems: Sequence[npt.ArrayLike]) -> EffectiveSize | None:
    """Effective sample size of draws that come in problems: n / (1 + (m - 1) ρ).

    problems: the outcomes (share of the points, say) of each problem's draws. m: draws a problem, weighted by size. ρ
    by analysis of variance, not below 0. None with fewer than two problems, or where nothing varies.
    Source: Kish 1965, Survey Sampling, section 5.4; Donner 1986 for unequal sizes.
    """
    groups: list[FloatArray] = [np.asarray(one, dtype=np.float64).ravel() for one in problems]
    groups = [one for one in groups if len(one)]
    sizes = np.array([len(one) for one in groups], dtype=np.float64)
    n, k = float(sizes.sum()), len(groups)
    if k < 2 or n <= k:
        return None
    whole = np.concatenate(groups)
    means = np.array([one.mean() for one in groups])
    between = float(sizes @ (means - whole.mean()) ** 2) / (k - 1)
    within = sum(float(((one - mean) ** 2).sum()) for one, mean in zip(groups, means, strict=True)) / (n - k)
    typical = (n - float(sizes @ sizes) / n) / (k - 1)
    spread = between + (typical - 1) * within
    if spread <= 0:
        return None
    correlation = min(1.0, max(0.0, (between - within) / spread))
    heaviest = float(sizes @ sizes) / n
    return EffectiveSize(int(n), n / (1 + (heaviest - 1) * correlation), correlation)


def cons_at_k(answers: Sequence[Hashable], right: npt.ArrayLike, *, k: int, seed: int = 0) -> float:
    """Chance that the most frequent answer of k draws is right; ties are broken by lot, so they count in parts.

    answers: one per draw, equal ones agreeing (a short answer, or the cluster of a program); None takes no part in the
    vote. right: is each draw right? Exact for k = n; else the mean over 1,000 seeded subsets without replacement.
    Raises ValueError for unequal lengths or k outside 1..n.
    """
    correct = np.asarray(right, dtype=np.float64).ravel()
    n = len(correct)
    if len(answers) != n:
        raise ValueError(f"{len(answers)} answers and {n} outcomes")
    if not 1 <= k <= n:
        raise ValueError(f"k = {k} must lie between 1 and n = {n}")
    places: dict[Hashable, int] = {}
    codes = np.array([-1 if one is None else places.setdefault(one, len(places)) for one in answers])
    if k == n:
        return _consensus(codes, correct)
    rng = np.random.default_rng(seed)
    chosen = [rng.permutation(n)[:k] for _ in range(_SUBSETS)]
    return sum(_consensus(codes[rows], correct[rows]) for rows in chosen) / _SUBSETS


def _consensus(codes: np.ndarray[tuple[int, ...], np.dtype[np.int64]], correct: FloatArray) -> float:
    voting = codes >= 0
    if not voting.any():
        return 0.0
    votes = np.bincount(codes[voting])
    values = np.bincount(codes[voting], weights=correct[voting]) / np.maximum(votes, 1)
    return float(values[votes == votes.max()].mean())
