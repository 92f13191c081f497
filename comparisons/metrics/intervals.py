"""Intervals *over draws*: these problems, other candidates from the same model.

Method: half-sampling. For each of B replays, every unit (problem, aimed subtask) keeps m = floor(n / 2) of its n
draws, chosen without replacement; the run is evaluated anew on what is kept, and the spread of the B results around
their mean is brought to the scale of the whole pool (`metrics.half_scale`). Without replacement, because draws with
repeats would hold copies of one program, which every clustering would take for agreement.

Order. Draws of a unit are exchangeable, so the kept ones are also put into a new order. Otherwise a rule that goes by
drawing order would only ever meet the first few draws of the pool (measured: first-10 of 100 covered 51 % instead
of 95 %).

Joint redraws. Which draws are kept follows from (pool, problem, aimed subtask, draw index, seed, replay) alone. Runs
that share a pool therefore meet the same candidates in replay b, even with another n, and a difference is taken
replay by replay; runs on different pools are redrawn independently.

Width. score ± the larger of the two percentile deviations, and no less than the normal one from their standard
deviation. Measured on simulated pools (8 to 100 draws, 1 and 8 problems, budgets up to half of the draws, easy and hard
problems, random-k and first-k), 95 % intervals held the truth in 88 to 100 % (in 82 % where next to nothing can be
lost: the interval is then half a point wide, of 100); the two percentiles taken each for its own side fell to 54 %,
since few draws make few distinct scores.

Few draws decide. Where one candidate is sent by an order of the pool, about three draws decide what halves send (the
first of the order in half of them, the second in a quarter), and a spread over three says little (one problem, 5 score
levels, longest-thought with one submission: 87 %, most misses above). The effective number of draws sent, over problems
by the spread that each carries, must reach 5. Where lots decide it is not counted.

Better draws of other pools. An interval knows what its draws show: a rule that sends all it has, with submissions over,
has the score of the pools that hold nothing better (one problem, 5 levels, 1 right in 200, all clusters sent: 61 %).
There one more draw is reckoned with, at full score, that another pool may hold with chance 1/2: half of the points left
join the spread, upwards only, since a better draw cannot lower the score (then 100 %, and 99 instead of 88 % on 4
problems). In a difference, what both runs leave cancels out.

Rare right candidates. Where the whole spread comes from one candidate that a half keeps or not, the interval would be
too narrow upwards (8 problems, 20 draws, 2 % right, budget 4: it held the truth in 82 %); such a spread of two results
is not taken for one. (Two results that carry 95 % of the halves, with a rare third, may be: on pools with levels such
intervals held the truth as often as others.)

Random choice. The variance of its expectation over pools has an unbiased closed form (a U-statistic's, through pairs of
choices without a common draw; `tests/comparisons/metrics/random_spread.py`, exact against enumeration). Half-samples
have the same spread where the budget is small against the pool (within 10 %) and a larger one towards half of it (twice
to three times at k = n / 2). Normal intervals from the closed form held the truth in 77 % (8 problems, 40 draws, 10 %
right, budget 20) and 83 % (20 draws, 2 % right, budget 4) of 150 simulated pools, half-sampled ones in 93 to 100 %
wherever there were any. So half-samples stay, also because a difference needs both runs redrawn together.

Where the method cannot tell, there is no interval but a reason. A zero-width interval is never given.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Self

import numpy as np

from comparisons.metrics.arrays import FloatArray
from comparisons.metrics.redraws import DrawDeviations, of_problems

#: Fewer deciding draws than this give no interval.
LEAST_DECIDING = 5.0
#: Spread, in points left, of the better draw that another pool may hold: kept or not, each with chance 1/2.
UNSEEN_SD = 0.5
_RELATIVE_ZERO = 1e-9


@dataclass(frozen=True)
class Interval:
    """An interval at `level`, or the reason (one sentence) why there is none: then `lo` and `hi` are None."""

    lo: float | None
    hi: float | None
    level: float = 0.95
    reason: str = ""

    @classmethod
    def absent(cls, reason: str, level: float = 0.95) -> Self:
        return cls(None, None, level, reason)

    @property
    def is_known(self) -> bool:
        return self.lo is not None

    @property
    def excludes_zero(self) -> bool:
        return self.lo is not None and self.hi is not None and (self.lo > 0 or self.hi < 0)

    @property
    def half_width(self) -> float | None:
        return None if self.lo is None or self.hi is None else (self.hi - self.lo) / 2


def over_draws(
    score: float, deviations: DrawDeviations, *, points: float | None = None, level: float = 0.95
) -> Interval:
    """The over-draws interval of a run's total (or of one problem: pass `of_problem`'s result).

    score: the run's own; points: obtainable, the interval is cut at 0 and there.
    """
    if deviations.reason:
        return Interval.absent(deviations.reason, level)
    steps = deviations.values.sum(axis=1)
    return _interval(score, steps, _few_decide(deviations), (0.0, points), level, _unseen(deviations))


def over_draws_difference(
    difference: float, run: DrawDeviations, baseline: DrawDeviations, *, level: float = 0.95
) -> Interval:
    """The over-draws interval of score(run) - score(baseline), replay by replay over the problems both have.

    `difference` must be taken over the same problems.
    """
    reason = run.reason or baseline.reason
    if reason:
        return Interval.absent(reason, level)
    shared = [problem for problem in run.problems if problem in baseline.problems]
    a, b = of_problems(run, shared), of_problems(baseline, shared)
    if len(a.values) != len(b.values):
        return Interval.absent("the two runs were redrawn a different number of times", level)
    steps = (a.values - b.values).sum(axis=1)
    return _interval(difference, steps, _few_decide(a, b), (None, None), level, _unseen(a) - _unseen(b))


def half_width(deviations: FloatArray, level: float) -> float:
    """Half the width that deviations (one per replay) ask for; see the module's text."""
    tail = 100 * (1 - level) / 2
    low, high = np.percentile(deviations, [tail, 100 - tail])
    return max(-float(low), float(high), _normal(level) * float(deviations.std()))


def _normal(level: float) -> float:
    return NormalDist().inv_cdf(0.5 + level / 2)


def _interval(
    value: float, steps: FloatArray, reason: str, limits: tuple[float | None, float | None], level: float,
    unseen: FloatArray,
) -> Interval:  # fmt: skip
    half = half_width(steps, level)
    # A pool whose halves always agree says "no spread seen", not "no spread".
    if half <= _RELATIVE_ZERO * max(1.0, abs(value)):
        return Interval.absent("every half of the draws gives the same result: too uniform to measure a spread", level)
    if is_two_valued(steps):
        return Interval.absent("halves of the draws give two results only: too few to measure a spread", level)
    if reason:
        return Interval.absent(reason, level)
    # A better draw raises the score, so it widens to one side only.
    up, down = (
        math.hypot(half, _normal(level) * UNSEEN_SD * float(np.linalg.norm(np.maximum(side, 0.0))))
        for side in (unseen, -unseen)
    )
    lo, hi = value - down, value + up
    lo = lo if limits[0] is None else max(lo, limits[0])
    hi = hi if limits[1] is None else min(hi, limits[1])
    return Interval(lo, hi, level)


def is_two_valued(deviations: FloatArray) -> bool:
    """Do the replays know two results only, such as the one right candidate kept or not?"""
    return len(np.unique(np.round(deviations / np.abs(deviations).max(), 5))) < 3


def _few_decide(*runs: DrawDeviations) -> str:
    """The reason why so few draws give no interval; "" where they are enough. Each problem's number counts by its share
    of the variance, as squares of shares do in an effective number."""
    variances = np.concatenate([run.values.var(axis=0) for run in runs])
    numbers = np.concatenate(
        [np.full(len(run.problems), np.inf) if run.deciding is None else run.deciding for run in runs]
    )
    carried = float((variances**2 / np.maximum(numbers, 1.0)).sum())
    effective = float(variances.sum()) ** 2 / carried if carried else np.inf
    if effective >= LEAST_DECIDING:
        return ""
    return f"too few draws decide the result: about {effective:.0f}, and an interval asks for {LEAST_DECIDING:.0f}"


def _unseen(run: DrawDeviations) -> FloatArray:
    return np.zeros(len(run.problems)) if run.unseen is None else run.unseen
