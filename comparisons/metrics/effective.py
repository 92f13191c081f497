"""How much a pool says: its effective sample size, and what the most frequent answer of k draws is worth."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from comparisons.metrics.arrays import FloatArray, IntArray

#: Subsets of k draws that the consensus is a mean over.
SUBSETS = 1000
_BLOCK_CELLS = 4_000_000


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


def cons_at_k(
    answers: Sequence[Hashable], right: npt.ArrayLike, *, k: int, seed: int = 0, subsets: int = SUBSETS
) -> float:
    """Chance that the most frequent answer of k draws is right; ties are broken by lot, so they count in parts.

    answers: one per draw, equal ones agreeing (a short answer, or the cluster of a program); None takes no part in the
    vote. right: is each draw right? A group whose members differ in that counts by its share of right ones. Exact for
    k = n; else the mean over so many seeded subsets without replacement. Raises ValueError for unequal lengths or k
    outside 1..n.
    Source: Wang et al. 2023, arXiv:2203.11171 (self-consistency); reported as maj@k or cons@k.
    """
    correct = np.asarray(right, dtype=np.float64).ravel()
    n = len(correct)
    if len(answers) != n:
        raise ValueError(f"{len(answers)} answers and {n} outcomes")
    if not 1 <= k <= n:
        raise ValueError(f"k = {k} must lie between 1 and n = {n}")
    places: dict[Hashable, int] = {}
    codes = np.array([-1 if one is None else places.setdefault(one, len(places)) for one in answers], dtype=np.int64)
    if not places:
        return 0.0
    if k == n:
        return float(_consensus(codes[None], correct[None], len(places))[0])
    rng = np.random.default_rng(seed)
    # So many subsets at once that neither their draws nor their tables of votes take more than some megabytes.
    block = max(1, _BLOCK_CELLS // (n + 2 * len(places)))
    found = []
    for start in range(0, subsets, block):
        lots = rng.random((min(block, subsets - start), n), dtype=np.float32)
        rows = np.argpartition(lots, k - 1, axis=1)[:, :k]
        found.append(_consensus(codes[rows], correct[rows], len(places)))
    return float(np.concatenate(found).mean())


def _consensus(codes: IntArray, correct: FloatArray, answers: int) -> FloatArray:
    """The value of the most frequent of so many answers, a number per row of draws; 0 where none votes."""
    voting = codes >= 0
    flat = (np.arange(len(codes))[:, None] * answers + codes)[voting]
    votes = np.bincount(flat, minlength=len(codes) * answers).reshape(len(codes), answers)
    sums = np.bincount(flat, weights=correct[voting], minlength=len(codes) * answers).reshape(votes.shape)
    most = votes.max(axis=1, keepdims=True)
    is_first = (votes == most) & (most > 0)
    values: FloatArray = (sums / np.maximum(votes, 1) * is_first).sum(axis=1) / np.maximum(is_first.sum(axis=1), 1)
    return values
