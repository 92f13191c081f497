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

Coverage. Simulated 200 times each: 200 draws, of which 1, 2, 5, 80 or a mixture are right, scores of 0 and 1 or in 5
levels, 1, 4 and 12 problems, 1, 10 and 50 submissions, a random candidate that passes the public tests and a random
member of each cluster: over 133 such settings intervals held the truth in 96 % (98 % before lots were taken out), in 10
of them in less than 90 %. The lowest have one cause. An interval knows what its draws show: a rule that sends
everything of a pool without a right draw has the score of the pools that hold none (one problem, 5 levels, 1 right in
200, all clusters sent: 70 %). With scores of 0 and 1 there is no spread at all then, and the interval is refused.

Rare right candidates. Where the whole spread comes from one candidate that a half keeps or not, the interval would be
too narrow upwards (8 problems, 20 draws, 2 % right, budget 4: it held the truth in 82 %); such a spread of two results
is not taken for one.

Random choice. The variance of its expectation over pools has an unbiased closed form (a U-statistic's, through pairs of
choices without a common draw; `tests/comparisons/metrics/random_spread.py`, exact against enumeration). Half-samples
have the same spread where the budget is small against the pool (within 10 %) and a larger one towards half of it (twice
to three times at k = n / 2). Normal intervals from the closed form held the truth in 77 % (8 problems, 40 draws, 10 %
right, budget 20) and 83 % (20 draws, 2 % right, budget 4) of 150 simulated pools, half-sampled ones in 93 to 100 %
wherever there were any. So half-samples stay, also because a difference needs both runs redrawn together.

Where the method cannot tell, there is no interval but a reason. A zero-width interval is never given.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Self

import numpy as np

from comparisons.metrics.arrays import FloatArray, IntArray
from comparisons.metrics.half_scale import Evaluation, scale_of, scale_of_mean

DEFAULT_REPLAYS = 200
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


@dataclass(frozen=True)
class ProblemDraws:
    """The draws of one problem in a run, one entry per row of its pool view.

    index: draw index within the unit; aimed: subtask asked for, 0 = the whole problem.
    """

    problem: str
    index: IntArray
    aimed: IntArray


@dataclass(frozen=True)
class DrawDeviations:
    """Scaled deviations of a run's score, replays × problems, or the reason why they cannot be had.

    Column p belongs to `problems[p]`. Summing columns gives the deviations of the total.
    """

    problems: tuple[str, ...]
    values: FloatArray
    reason: str = ""


def half_samples(draws: ProblemDraws, *, pool: str, seed: int = 0, replays: int = DEFAULT_REPLAYS) -> IntArray:
    """Rows that each replay keeps, in the order it takes them to have been drawn: replays × kept.

    floor(n / 2) of every unit's n, units taking turns as they do in a pool's own drawing order.
    """
    kept, place = [], []
    for aimed in np.unique(draws.aimed):
        rows = np.flatnonzero(draws.aimed == aimed)
        lots = _lots(f"{pool}\0{draws.problem}\0{aimed}\0{seed}", int(draws.index[rows].max()) + 1, replays)
        half = len(rows) // 2
        kept.append(rows[np.argsort(lots[draws.index[rows]], axis=0, kind="stable")[:half]])
        place.append(np.arange(half))
    if not kept:
        return np.empty((replays, 0), dtype=np.int64)
    turns = np.argsort(np.concatenate(place), kind="stable")
    return np.ascontiguousarray(np.concatenate(kept)[turns].T)


def _lots(name: str, draws: int, replays: int) -> FloatArray:
    # Rows are filled one after the other: a draw's lots do not depend on how many draws follow it, so that a run on
    # the first N draws shares them.
    entropy = int.from_bytes(hashlib.sha256(name.encode()).digest()[:16], "little")
    return np.random.default_rng(entropy).random((draws, replays))


def over_draws_samples(
    evaluate: Callable[[int, IntArray], Evaluation],
    draws: Sequence[ProblemDraws],
    whole: Sequence[Evaluation],
    *,
    pool: str,
    budget: int,
    seed: int = 0,
    replays: int = DEFAULT_REPLAYS,
    evaluate_all: Callable[[int, IntArray], FloatArray] | None = None,
) -> DrawDeviations:
    """Scaled deviations of a run's score per problem, from `replays` half-samples.

    evaluate: (position in `draws`, rows kept) -> score and draws looked at, on those rows alone. evaluate_all, where
    given, takes its place: (position, replays × rows kept) -> all scores at once, of a rule that looks at every row.
    whole: the same on all rows of each problem. pool: a key shared by all runs on the pool, whatever its revision.
    A reason instead of values: a unit with one draw, or a budget beyond half of a problem's draws.
    """
    problems = tuple(one.problem for one in draws)
    reason = _refusal(draws, budget)
    if reason:
        return DrawDeviations(problems, np.empty((0, len(problems))), reason)
    values = np.empty((replays, len(problems)))
    for p, one in enumerate(draws):
        halves = half_samples(one, pool=pool, seed=seed, replays=replays)
        if evaluate_all is not None:
            values[:, p] = evaluate_all(p, halves)
            scale = scale_of_mean(len(one.index), whole[p].draws_used, halves.shape[1])
        else:
            found = [evaluate(p, rows) for rows in halves]
            values[:, p] = [half.score for half in found]
            scale = scale_of(found, whole[p], len(one.index))
        values[:, p] = (values[:, p] - values[:, p].mean()) * scale
    return DrawDeviations(problems, values)


def _refusal(draws: Sequence[ProblemDraws], budget: int) -> str:
    if not draws:
        return "no problem has a draw"
    for one in draws:
        units, sizes = np.unique(one.aimed, return_counts=True)
        if not len(units) or sizes.min() < 2:
            return f"one draw per unit ({one.problem}): nothing shows how other draws would differ"
        half = int((sizes // 2).sum())
        if budget > half:
            return (
                f"k near n: the budget of {budget} is more than half of the {len(one.index)} draws of {one.problem}, "
                "so half of them cannot stand for the whole"
            )
    return ""


def over_draws(
    score: float, deviations: DrawDeviations, *, points: float | None = None, level: float = 0.95
) -> Interval:
    """The over-draws interval of a run's total (or of one problem: pass `of_problem`'s result).

    score: the run's own; points: obtainable, the interval is cut at 0 and there.
    """
    return _interval(score, deviations.values.sum(axis=1), deviations.reason, (0.0, points), level)


def of_problem(deviations: DrawDeviations, problem: str) -> DrawDeviations:
    """The deviations of one problem alone."""
    return of_problems(deviations, (problem,))


def of_problems(deviations: DrawDeviations, problems: Sequence[str]) -> DrawDeviations:
    """The deviations of some problems, in the order given. Raises ValueError for one the run does not have."""
    columns = [deviations.problems.index(problem) for problem in problems]
    return DrawDeviations(tuple(problems), deviations.values[:, columns], deviations.reason)


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
    a, b = of_problems(run, shared).values, of_problems(baseline, shared).values
    if len(a) != len(b):
        return Interval.absent("the two runs were redrawn a different number of times", level)
    return _interval(difference, (a - b).sum(axis=1), "", (None, None), level)


def half_width(deviations: FloatArray, level: float) -> float:
    """Half the width that deviations (one per replay) ask for; see the module's text."""
    tail = 100 * (1 - level) / 2
    low, high = np.percentile(deviations, [tail, 100 - tail])
    return max(-float(low), float(high), NormalDist().inv_cdf(0.5 + level / 2) * float(deviations.std()))


def _interval(
    value: float, deviations: FloatArray, reason: str, limits: tuple[float | None, float | None], level: float
) -> Interval:
    if reason:
        return Interval.absent(reason, level)
    half = half_width(deviations, level)
    lo, hi = value - half, value + half
    if limits[0] is not None:
        lo = max(lo, limits[0])
    if limits[1] is not None:
        hi = min(hi, limits[1])
    # A pool whose halves always agree says "no spread seen", not "no spread".
    if half <= _RELATIVE_ZERO * max(1.0, abs(value)):
        return Interval.absent("every half of the draws gives the same result: too uniform to measure a spread", level)
    if is_two_valued(deviations):
        return Interval.absent("halves of the draws give two results only: too few to measure a spread", level)
    return Interval(lo, hi, level)


def is_two_valued(deviations: FloatArray) -> bool:
    """Do the replays know two results only, such as the one right candidate kept or not?"""
    return len(np.unique(np.round(deviations / np.abs(deviations).max(), 5))) < 3
