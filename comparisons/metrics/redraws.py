"""Half-samples of a pool's draws, and how a run's score deviates over them: `metrics.intervals` has the method."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from comparisons.metrics.arrays import FloatArray, IntArray
from comparisons.metrics.half_scale import Evaluation, scale_of, scale_of_mean
from comparisons.metrics.influence import deciding_draws, freedom, influences

DEFAULT_REPLAYS = 200


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

    Column p belongs to `problems[p]`. Summing columns gives the deviations of the total. Of each problem, None where
    they were not recorded: freedom: degrees of freedom of its spread, and skewness: of its score over pools
    (`metrics.influence`); unseen: points that better draws of another pool would bring (`Evaluation.unseen`).
    """

    problems: tuple[str, ...]
    values: FloatArray
    reason: str = ""
    freedom: FloatArray | None = None
    skewness: FloatArray | None = None
    unseen: FloatArray | None = None


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
    values, free, skewness = np.empty((replays, len(problems))), np.empty(len(problems)), np.empty(len(problems))
    for p, one in enumerate(draws):
        halves = half_samples(one, pool=pool, seed=seed, replays=replays)
        if evaluate_all is not None:
            values[:, p] = evaluate_all(p, halves)
            scale, in_place = scale_of_mean(len(one.index), whole[p].draws_used, halves.shape[1]), math.inf
        else:
            found = [evaluate(p, rows) for rows in halves]
            values[:, p] = [half.score for half in found]
            scale, in_place = scale_of(found, whole[p], len(one.index)), deciding_draws(found)
        values[:, p] = (values[:, p] - values[:, p].mean()) * scale
        correlations = influences(values[:, p], halves, len(one.index))
        free[p], skewness[p] = freedom(correlations, in_place), float((correlations**3).sum())
    return DrawDeviations(problems, values, "", free, skewness, np.array([one.unseen for one in whole]))


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


def of_problem(deviations: DrawDeviations, problem: str) -> DrawDeviations:
    """The deviations of one problem alone."""
    return of_problems(deviations, (problem,))


def of_problems(deviations: DrawDeviations, problems: Sequence[str]) -> DrawDeviations:
    """The deviations of some problems, in the order given. Raises ValueError for one the run does not have."""
    columns = [deviations.problems.index(problem) for problem in problems]
    of_each = (deviations.freedom, deviations.skewness, deviations.unseen)
    return DrawDeviations(
        tuple(problems), deviations.values[:, columns], deviations.reason,
        *(None if one is None else one[columns] for one in of_each),
    )  # fmt: skip
