"""How few draws decide a score, and to which side it leans for that: what each draw adds, as half-samples show it.

Over half-samples, the correlation r of "is this draw kept?" with the score says which share of the spread is the
draw's: where draws act one by one, r² of all draws add up to 1. One right candidate that is kept or not has r² = 1; a
hundred draws that matter alike have 1/100 each. Two numbers of a problem follow.

Freedom: 1 / Σ r⁴, the effective number of draws that carry the spread. A variance that so few draws show is known no
better than one of so many normal numbers, so it is the degrees of freedom of Student's t. The draws that are sent bound
it as well: where one is sent by an order of the pool, three are seen in its place (the first of the order in half of
the halves, the second in a quarter), which leaves two degrees.

Skewness: Σ r³. Draws that raise the score and are rare come in a number that scatters like a Poisson count: a pool that
holds few of them has a low score *and* a small spread. The upper end of a Poisson mean, x + z²/2 + z·√x, lies z²/2
above the normal one; with unequal steps that is z²/2 times the third cumulant by the second.

Halves that agree by accident give every draw some correlation, of 1/√replays; below `SEEN` times that it
counts as none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from comparisons.metrics.arrays import FloatArray, IntArray
from comparisons.metrics.half_scale import Evaluation

#: Standard errors beyond which a draw is seen to matter.
SEEN = 3.5


def influences(steps: FloatArray, halves: IntArray, n: int) -> FloatArray:
    """Correlation of each of n draws being kept with the score: n numbers, 0 where none is seen.

    steps: deviations of the score, one per replay, of mean 0. halves: replays × rows kept.
    """
    spread = float(steps.std())
    if not spread:
        return np.zeros(n)
    share = np.bincount(halves.ravel(), minlength=n) / len(halves)
    kept = np.bincount(halves.ravel(), weights=np.repeat(steps / spread, halves.shape[1]), minlength=n) / len(halves)
    scatter = np.sqrt(share * (1 - share))
    found = np.divide(kept, scatter, out=np.zeros(n), where=scatter > 0)
    return np.where(np.abs(found) * math.sqrt(len(halves)) > SEEN, found, 0.0)


def freedom(correlations: FloatArray, seen_in_place: float) -> float:
    """Degrees of freedom of the spread; infinite where no few draws carry it. seen_in_place: see `deciding_draws`."""
    fourth = float((correlations**4).sum())
    return min(1 / fourth if fourth else math.inf, max(seen_in_place - 1, 0.5))


def deciding_draws(halves: Sequence[Evaluation]) -> float:
    """How many draws are seen in the place of those that are sent: (sum of chances)² / sum of squares.

    3 where one is sent by an order of the pool, n for the first of any order. Infinite where lots decide.
    """
    sent = [half.sent for half in halves if half.sent is not None]
    if len(sent) < len(halves) or not any(map(len, sent)):
        return math.inf
    times = np.bincount(np.concatenate(sent)).astype(np.float64)
    return float(times.sum() ** 2 / (times @ times))
