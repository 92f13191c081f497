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

Few draws decide. A spread that few draws carry is known badly: widths grow by Student's t over the normal quantile,
with the degrees of freedom of `metrics.influence`, over problems by the variance that each carries (Satterthwaite).
Below 1.5 degrees one or two draws are the whole spread, and there is no interval. (Where one draw is sent by an order
of one problem there are 2: the interval is as good as the whole range.)

Rare draws that raise the score lean it: a pool that holds few of them has a low score and a small spread. So the side
that the skewness points to is longer by t²/2 times the third cumulant by the variance, the term that Poisson limits
have above normal ones. The other side stays as it is.

Better draws of other pools. An interval knows what its draws show: a rule that sends all it has, with submissions over,
has the score of the pools that hold nothing better. There one more draw is reckoned with, at full score, that another
pool may hold with chance 1/2: half of the points left join the spread, upwards only, since a better draw cannot lower
the score. And any rule meets a better draw at least as often as random choice does: of a subtask that no draw has
solved, the points left count with the chance that random choice meets one of three (n draws without one leave 3 in n
open at 95 %: Hanley and Lippman-Hand 1983). In a difference, what both runs leave cancels out.

What was measured stands in `docs/intervals.md`, with where it is less than 93 %.

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
from comparisons.metrics.student import student_quantile

#: Fewer degrees of freedom than this give no interval.
LEAST_FREEDOM = 1.5
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
    return _interval(score, steps, Deciding.of(deviations), (0.0, points), level, _unseen(deviations))


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
    return _interval(difference, steps, Deciding.of(a, b), (None, None), level, _unseen(a) - _unseen(b))


@dataclass(frozen=True)
class Deciding:
    """How well the draws that decide show the spread of one run, or of the first minus the second.

    freedom: degrees of freedom of the spread; third: third cumulant of the score, or of the difference.
    """

    freedom: float
    third: float

    @classmethod
    def of(cls, *runs: DrawDeviations) -> Self:
        variances = [run.values.var(axis=0) for run in runs]
        by = [np.full(len(run.problems), np.inf) if run.freedom is None else run.freedom for run in runs]
        carried = sum(float((v**2 / f).sum()) for v, f in zip(variances, by, strict=True))
        leans = [np.zeros(len(run.problems)) if run.skewness is None else run.skewness for run in runs]
        thirds = [float(lean @ v**1.5) for lean, v in zip(leans, variances, strict=True)]
        total = sum(float(v.sum()) for v in variances)
        return cls(total**2 / carried if carried else math.inf, thirds[0] - sum(thirds[1:]))

    @property
    def reason(self) -> str:
        """Why so few draws give no interval; "" where they do."""
        is_enough = self.freedom >= LEAST_FREEDOM
        return "" if is_enough else "one or two draws decide the result: too few to measure a spread"

    def half_width(self, steps: FloatArray, level: float) -> float:
        """Half the width that deviations (one per replay) ask for; see the module's text."""
        tail = 100 * (1 - level) / 2
        low, high = np.percentile(steps, [tail, 100 - tail])
        widest = max(-float(low), float(high), _normal(level) * float(steps.std()))
        return widest * self._quantile(level) / _normal(level)

    def lean(self, steps: FloatArray, level: float) -> float:
        """By how much the side above is longer; negative: the one below."""
        spread = float(steps.std())
        # Of runs that share draws the third cumulants need not cancel as the variances do: so few draws give no more.
        most = spread**3 / math.sqrt(self.freedom)
        return self._quantile(level) ** 2 / 2 * min(max(self.third, -most), most) / spread**2

    def _quantile(self, level: float) -> float:
        return _normal(level) if math.isinf(self.freedom) else student_quantile(0.5 + level / 2, self.freedom)


def _normal(level: float) -> float:
    return NormalDist().inv_cdf(0.5 + level / 2)


def _interval(
    value: float, steps: FloatArray, deciding: Deciding, limits: tuple[float | None, float | None], level: float,
    unseen: FloatArray,
) -> Interval:  # fmt: skip
    half = deciding.half_width(steps, level)
    # A pool whose halves always agree says "no spread seen", not "no spread".
    if half <= _RELATIVE_ZERO * max(1.0, abs(value)):
        return Interval.absent("every half of the draws gives the same result: too uniform to measure a spread", level)
    if is_two_valued(steps):
        return Interval.absent("halves of the draws give two results only: too few to measure a spread", level)
    if deciding.reason:
        return Interval.absent(deciding.reason, level)
    # A better draw raises the score, so it widens to one side only.
    up, down = (
        math.hypot(half, _normal(level) * UNSEEN_SD * float(np.linalg.norm(np.maximum(side, 0.0))))
        for side in (unseen, -unseen)
    )
    lean = deciding.lean(steps, level)
    lo, hi = value - down + min(lean, 0.0), value + up + max(lean, 0.0)
    lo = lo if limits[0] is None else max(lo, limits[0])
    hi = hi if limits[1] is None else min(hi, limits[1])
    return Interval(lo, hi, level)


def is_two_valued(deviations: FloatArray) -> bool:
    """Do the replays know two results only, such as the one right candidate kept or not?"""
    return len(np.unique(np.round(deviations / np.abs(deviations).max(), 5))) < 3


def _unseen(run: DrawDeviations) -> FloatArray:
    return np.zeros(len(run.problems)) if run.unseen is None else run.unseen
