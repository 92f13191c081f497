"""Deviations over draws of a rule on a pool: half-samples, evaluated anew, shared by all runs on the same pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from comparisons.metrics import DrawDeviations, Evaluation, ProblemDraws, over_draws_samples
from comparisons.metrics.arrays import FloatArray, IntArray
from comparisons.models import PoolRevision
from comparisons.stages.pool_views import ProblemPool
from comparisons.stages.rules import Result, Rule, sent_rows
from comparisons.strategies import StrategyError

#: Rule of three: n draws without a solution leave the chance of one at up to 3 / n (at 95 %), three in another pool.
UNSEEN_DRAWS = 3
CEILING_REASON = "a ceiling grows with the draws: half of them cannot show how another pool's would lie"


def lots_name(revision: PoolRevision) -> str:
    """What the lots of half-samples are drawn by: the content of the pool's first revision, so that all revisions of
    a pool, and the same samples in another database, share them. One query."""
    first: str = revision.pool.revisions.order_by("number").values_list("content_hash", flat=True)[0]
    return first


def deviations_of(rule: Rule, pools: Sequence[ProblemPool], results: Sequence[Result], *, pool: str) -> DrawDeviations:
    """Scaled deviations per problem with a complete score, or the reason why they cannot be had.

    Candidates without an outcome are left out of the halves.
    """
    if rule.kind == "ceiling":
        return _absent(CEILING_REASON)
    complete = [(one, result) for one, result in zip(pools, results, strict=True) if result.score is not None]
    if not complete:
        return _absent("no problem has a complete score")
    judged = [np.flatnonzero(one.is_judged) for one, _ in complete]
    draws = [
        ProblemDraws(one.slug, one.place[rows], one.view.aimed[rows].astype(np.int64))
        for (one, _), rows in zip(complete, judged, strict=True)
    ]
    # `whole` is what the rule looked at; random choice is an average over all draws.
    whole = [
        Evaluation(
            result.score or 0.0,
            float(len(one) if rule.is_random else result.draws_needed),
            rule.seeds,
            sent=sent_rows(result.replay, np.arange(len(one))),
            unseen=_unseen(result, one, rule.budget),
        )
        for one, result in complete
    ]

    def evaluate(p: int, rows: IntArray) -> Evaluation:
        return rule.evaluate(complete[p][0], judged[p][rows], n_problems=len(complete))

    def evaluate_all(p: int, halves: IntArray) -> FloatArray:
        return rule.evaluate_all(complete[p][0], judged[p][halves])

    try:
        return over_draws_samples(
            evaluate, draws, whole, pool=pool, budget=rule.budget, evaluate_all=evaluate_all if rule.is_random else None
        )
    except StrategyError as refusal:
        # A half may lack what the whole has (the one candidate with a token count, say).
        return _absent(f"half of the draws cannot be replayed: {refusal}")


_OF_EACH_PROBLEM = ("freedom", "skewness", "unseen")


def arrays_of(deviations: DrawDeviations) -> dict[str, NDArray[Any]]:
    """Deviations as a run stores them."""
    of_each = {name: getattr(deviations, name) for name in _OF_EACH_PROBLEM}
    return {
        "values": deviations.values.astype(np.float32),
        "problems": np.array(deviations.problems, dtype=np.str_),
        **{name: array for name, array in of_each.items() if array is not None},
    }


def deviations_from(arrays: Mapping[str, NDArray[Any]]) -> DrawDeviations:
    """Deviations as a run stored them; a run replayed before one of these was recorded lacks it."""
    problems = tuple(str(slug) for slug in arrays["problems"])
    of_each = (arrays.get(name) for name in _OF_EACH_PROBLEM)
    return DrawDeviations(problems, arrays["values"].astype(np.float64), "", *of_each)


def _unseen(result: Result, pool: ProblemPool, budget: int) -> float:
    """Points left that better draws would bring: where submissions were left over, mean over the seeds; and in any case
    those of the subtasks that no draw solves, with the chance that random choice meets one of three better draws."""
    if result.subtask_scores[0] is None:
        return 0.0
    best = np.nan_to_num(pool.scores).max(axis=0, initial=0.0)
    scores = np.array(result.subtask_scores, dtype=np.float64)
    unsolved = float((pool.points - scores)[best < pool.points].sum())
    by_chance = unsolved * (1 - max(0.0, 1 - budget / len(pool)) ** UNSEEN_DRAWS)
    if result.replay is None:
        return by_chance
    left = [pool.total_points - one.score if len(one.submissions) < budget else 0.0 for one in result.replay.seeds]
    return max(by_chance, float(np.mean(left)))


def _absent(reason: str) -> DrawDeviations:
    return DrawDeviations((), np.empty((0, 0)), reason)
