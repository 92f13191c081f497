"""Random choice on one problem: who may be drawn (the frame), and from which pools.

A pool whose candidates were asked for a subtask each is as many pools: each gets an equal share of the submissions, the
hardest, which contains most others, the remainder.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from comparisons.metrics import expected_best, expected_best_by_subtask, expected_best_of_many
from comparisons.metrics.arrays import FloatArray, IntArray
from comparisons.metrics.random_choice import chance_of_all, draw_scores, random_choice, random_means, shared
from comparisons.queries.strategies import FRAME
from comparisons.stages.pool_views import ProblemPool
from comparisons.strategies import OptionValue, StrategyError
from comparisons.strategies.hardest import hardest_first

#: The deviation takes pairs of score levels of different subtasks, in every pool: left out beyond so many, a second.
MOST_PAIRS = 50_000_000
#: Seeded random choices that a replayed latency is the mean over.
LATENCY_CHOICES = 20


def floor_options(given: Mapping[str, OptionValue]) -> dict[str, OptionValue]:
    """The options of random choice that are not at their default. Raises StrategyError for an unknown one."""
    unknown = next((name for name in given if name != FRAME.name), None)
    if unknown is not None:
        raise StrategyError(f"random-k has no option {unknown!r}; it has {FRAME.name}")
    chosen = {name: FRAME.parse(value) for name, value in given.items()}
    return {name: value for name, value in chosen.items() if value != FRAME.default}


def frame_of(pool: ProblemPool, options: Mapping[str, OptionValue]) -> IntArray:
    """The rows that may be drawn."""
    view, frame = pool.view, options.get(FRAME.name, FRAME.default)
    if frame == "answered":
        return np.arange(len(pool), dtype=np.int64)
    kept = view.has_program & view.compiled if frame == "compiled" else view.has_program
    rows = np.flatnonzero(kept)
    if frame == "distinct":
        # A program of unknown identity is identical to none.
        programs = np.where(view.program_id[rows] < 0, -1 - np.arange(len(rows)), view.program_id[rows])
        rows = rows[np.sort(np.unique(programs, return_index=True)[1])]
    return rows


def floor_means(pool: ProblemPool, scores: FloatArray, rows: IntArray, budget: int) -> FloatArray:
    """Mean score of each subtask; 0 where nobody may be drawn. scores: of all the pool's draws, none unknown."""
    units = pool.view.aimed[rows]
    if not len(rows):
        return np.zeros(scores.shape[1])
    if len(np.unique(units)) == 1:
        return expected_best_by_subtask(scores[rows], k=min(budget, len(rows)))
    return np.array(random_means(scores[rows], units, k=budget, hardest=_hardest(pool)))


def floor_sd(pool: ProblemPool, scores: FloatArray, rows: IntArray, budget: int) -> float | None:
    """Spread of the score of one random choice; None where there are too many score levels to take all pairs."""
    units = pool.view.aimed[rows]
    if not len(rows):
        return 0.0
    levels = [len(np.unique(column)) for column in scores[rows].T]
    n_pools = len(np.unique(units))
    pairs = (sum(levels) ** 2 - sum(n * n for n in levels)) // 2
    if pairs * n_pools > MOST_PAIRS:
        return None
    if n_pools == 1:
        return expected_best(scores[rows], k=min(budget, len(rows))).sd
    return random_choice(scores[rows], units, k=budget, hardest=_hardest(pool)).sd


def floor_solves(pool: ProblemPool, rows: IntArray, budget: int) -> float | None:
    """The chance that one random choice gets full score; None where it takes too many subtasks. NaN counts as 0."""
    full = np.nan_to_num(pool.scores[rows]) >= pool.points * (1 - 1e-9)
    if not len(rows):
        return float(not pool.total_points)
    return chance_of_all(full, pool.view.aimed[rows], k=budget, hardest=_hardest(pool))


def floor_needs(pool: ProblemPool, options: Mapping[str, OptionValue], budget: int) -> FloatArray:
    """Per draw, the chance that one random choice needs it: draws are made until enough may be drawn.

    Who is in the frame is needed where it is chosen, who is not where it comes before the last chosen one: of m in the
    frame and a share of s, with chance s / (m + 1). Where all in the frame are wanted, or each different program once,
    every draw has to be looked at, and so is every draw of a unit that has nobody in the frame.
    """
    rows = frame_of(pool, options)
    if options.get(FRAME.name) == "distinct" or not len(rows):
        return np.ones(len(pool))
    needed, units = np.ones(len(pool)), pool.view.aimed
    inside = np.zeros(len(pool), dtype=bool)
    inside[rows] = True
    for members, share in zip(*shared(units[rows], budget, _hardest(pool)), strict=True):
        mine = units == units[rows[members[0]]]
        if share == len(members):
            continue
        needed[mine & inside] = share / len(members)
        needed[mine & ~inside] = share / (len(members) + 1)
    return needed


def floor_choices(pool: ProblemPool, options: Mapping[str, OptionValue], budget: int) -> list[IntArray]:
    """The draws that each of `LATENCY_CHOICES` seeded random choices needs, as `floor_needs` describes them."""
    certain = floor_needs(pool, options, budget)
    rows, units = frame_of(pool, options), pool.view.aimed
    if (certain == 1).all():
        return [np.arange(len(pool), dtype=np.int64)]
    inside = np.zeros(len(pool), dtype=bool)
    inside[rows] = True
    rng = np.random.default_rng(0)
    found = []
    for _ in range(LATENCY_CHOICES):
        chosen = [np.flatnonzero(certain == 1)]
        for members, share in zip(*shared(units[rows], budget, _hardest(pool)), strict=True):
            order = rng.permutation(np.flatnonzero(units == units[rows[members[0]]]))
            if 0 < share < len(members):
                chosen.append(order[: np.searchsorted(np.cumsum(inside[order]), share) + 1])
        found.append(np.concatenate(chosen))
    return found


def floor_draws(pool: ProblemPool, rows: IntArray, budget: int, *, draws: int, seed: int) -> FloatArray:
    """The score of each of so many seeded random choices: what the expectation is checked by. NaN counts as 0."""
    if not len(rows):
        return np.zeros(draws)
    scores, units = np.nan_to_num(pool.scores[rows]), pool.view.aimed[rows]
    return draw_scores(scores, units, k=budget, hardest=_hardest(pool), draws=draws, seed=seed)


def floor_of_halves(pool: ProblemPool, halves: IntArray, budget: int, options: Mapping[str, OptionValue]) -> FloatArray:
    """Mean score on each of many sets of judged draws (sets × rows)."""
    scores = np.nan_to_num(pool.scores)
    if not options and len(np.unique(pool.view.aimed)) == 1:
        return expected_best_of_many(scores, halves, k=min(budget, halves.shape[1]))
    inside = np.zeros(len(pool), dtype=bool)
    inside[frame_of(pool, options)] = True
    return np.array([floor_means(pool, scores, half[inside[half]], budget).sum() for half in halves])


def _hardest(pool: ProblemPool) -> list[int]:
    return [subtask.index for subtask in hardest_first(pool.view.subtasks)]
