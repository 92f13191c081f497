"""What a run keeps beside its score: where the points went, how many problems it solved, what its pool holds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from comparisons.metrics import (
    cons_at_k,
    coverage,
    effective_sample_size,
    fit_coverage_law,
    gap_parts,
    n_at_k,
)
from comparisons.metrics.effective import SUBSETS
from comparisons.stages.floors import floor_draws, floor_means, floor_solves, frame_of
from comparisons.stages.pool_views import ProblemPool
from comparisons.stages.rules import Result, Rule
from comparisons.strategies import PoolView, StrategyError
from comparisons.strategies.clustering import UNCLUSTERED, On, cluster

#: Without a limit a rule may send a whole pool; above so many draws one seed stands for all.
MANY_DRAWS = 1000
#: Subsets that cons@k is a mean over where there are so many draws.
FEW_SUBSETS = 100
#: Seeded random choices of each problem that the exact expectation is shown beside.
CHECK_DRAWS = 200
_FULL = 1e-9
_STEPS = (1, 2, 5)


def parts_of(rule: Rule, pools: Sequence[ProblemPool], results: Sequence[Result]) -> dict[str, list[list[float]]]:
    """Per problem and subtask: points got, chosen too late, sampled but not chosen, lost to infrastructure, never
    sampled; see `metrics.gap_parts`. Of strategies and the floor; a problem that cannot be replayed is left out.

    Where outcomes are missing they count as 0, so what unjudged candidates might hold is "infrastructure".
    """
    if rule.kind == "ceiling":
        return {}
    found = {}
    for pool, result in zip(pools, results, strict=True):
        if pool.unjudged or not len(pool) or (result.score is None and result.replay is None and not rule.is_random):
            continue
        known = replace(pool, scores=np.nan_to_num(pool.scores))
        try:
            got = result if result.score is not None else rule.on(known)
            unlimited = _without_limit(rule, len(pool)).on(known)
        except StrategyError:
            continue
        if got.score is None or unlimited.score is None:
            continue
        reached, all_sent = (np.array(one.subtask_scores, dtype=np.float64) for one in (got, unlimited))
        parts = gap_parts(pool.points, pool.scores, reached, all_sent)
        found[pool.slug] = np.round(np.array(parts).T, 6).tolist()
    return found


def _without_limit(rule: Rule, n: int) -> Rule:
    return replace(rule, budget=max(rule.budget, n), seeds=rule.seeds if n <= MANY_DRAWS else 1)


def solved_of(rule: Rule, pools: Sequence[ProblemPool], results: Sequence[Result]) -> float | None:
    """How many problems the run solves (full score): of random choice exactly expected, else the mean over its seeds.
    None where that is not known."""
    total = 0.0
    for pool, result in zip(pools, results, strict=True):
        if result.score is None:
            return None
        if result.replay is not None:
            full = [one.score >= pool.total_points * (1 - _FULL) for one in result.replay.seeds]
            total += sum(full) / len(full)
        elif not rule.is_random:
            total += result.score >= pool.total_points * (1 - _FULL)
        else:
            chance = floor_solves(pool, frame_of(pool, rule.options), rule.budget)
            if chance is None:
                return None
            total += chance
    return total


def drawn_of(rule: Rule, pools: Sequence[ProblemPool], results: Sequence[Result]) -> dict[str, Any]:
    """{"drawn": ...}: the mean of seeded random choices with its Monte Carlo error, as a check of the expectation. Of
    random choice where every score is known; else empty."""
    if not rule.is_random or any(result.score is None for result in results):
        return {}
    parts = [
        floor_draws(pool, frame_of(pool, rule.options), rule.budget, draws=CHECK_DRAWS, seed=place)
        for place, pool in enumerate(pools)
    ]
    total = np.sum(parts, axis=0)
    error = float(total.std(ddof=1)) / math.sqrt(CHECK_DRAWS)
    return {"drawn": {"draws": CHECK_DRAWS, "mean": float(total.mean()), "error": error}}


def held_of(pools: Sequence[ProblemPool], *, budget: int, cost_per_draw: float | None) -> dict[str, Any]:
    """What the draws hold, whatever is chosen: coverage (mean pass@k of full scores) and cons@k by k, n@k, the law of
    coverage with its error, the effective sample size, and the price of the next expected point by one more random draw
    of each unit. Problems without all outcomes are left out and counted."""
    judged = [pool for pool in pools if not pool.unjudged and len(pool) and pool.is_judged.all()]
    held: dict[str, Any] = {"problems": len(judged), "left_out": len(pools) - len(judged)}
    if not judged:
        return held
    counts = [(len(pool), int(_right(pool).sum())) for pool in judged]
    most = min(n for n, _ in counts)
    # The law is the pool's: the budget of one run is no point of it.
    law_ks = sorted({*_round_numbers(most), most})
    ks = sorted({*law_ks, min(budget, most)})
    by_k = {k: coverage(counts, k=k) for k in ks}
    held |= {"coverage": [[k, value] for k, value in by_k.items()], "n_at_k": _n_at_k(judged, budget)}
    held |= _consensus(judged, ks)
    shares = [pool.scores.sum(axis=1) / pool.total_points for pool in judged if pool.total_points]
    effective = effective_sample_size(shares)
    if effective is not None:
        held["effective"] = {"draws": effective.draws, "size": effective.size, "correlation": effective.correlation}
    try:
        law = fit_coverage_law(law_ks, [by_k[k] for k in law_ks])
    except ValueError as refusal:
        held["law_reason"] = str(refusal)
    else:
        held["law"] = law._asdict() | {"ks": list(law.ks), "beyond": 10 * most, "at_beyond": law.at(10 * most)}
    return held | _next_point(judged, budget, cost_per_draw)


def _right(pool: ProblemPool) -> Any:
    return pool.scores.sum(axis=1) >= pool.total_points * (1 - _FULL)


def _round_numbers(most: int) -> list[int]:
    found, size = [], 1
    while size <= most:
        found += [size * step for step in _STEPS if size * step <= most]
        size *= 10
    return found


def _n_at_k(pools: Sequence[ProblemPool], budget: int) -> float | None:
    """Mean n@k: n of all draws that pass the public tests, sent at random; None where these were not run."""
    if any(not pool.view.public_total or (pool.view.public_passed < 0).any() for pool in pools):
        return None
    values = []
    for pool in pools:
        passing = pool.view.public_passed >= pool.view.public_total
        right = int((_right(pool) & passing).sum())
        values.append(n_at_k(len(pool), int(passing.sum()), right, k=len(pool), n=budget))
    return sum(values) / len(values)


def _consensus(pools: Sequence[ProblemPool], ks: Sequence[int]) -> dict[str, Any]:
    """{"consensus": mean cons@k of full scores by k}, or why it cannot be had. Equal answers agree, and programs with
    equal outputs on every probe; who gives no output on any takes no part."""
    groups = [(pool, pool.view.once("answers", partial(_answers, pool.view))) for pool in pools]
    without = next((pool.slug for pool, answers in groups if answers is None), None)
    if without is not None:
        return {"consensus_reason": f"{without} was not run on probes: nothing says which programs agree"}
    # Runs on one pool ask for the same numbers; a pool judged again has the same answers and other scores.
    found = []
    for k in ks:
        values = [
            pool.view.once(("cons@k", k, hash(pool.scores.tobytes())), partial(_cons, pool, answers, k))
            for pool, answers in groups
        ]
        found.append([k, sum(values) / len(values)])
    return {"consensus": found}


def _answers(view: PoolView) -> list[int | None] | None:
    """Per draw the number of its answer, None where it gives none; None where nothing was run."""
    if not any(matrix.probes for matrix in (view.probes or {}).values()):
        return None
    clusters = cluster(view, view.has_program & view.compiled, on=On.ALL)
    is_out = (clusters.labels == UNCLUSTERED) | np.append(clusters.only_fails, True)[clusters.labels]
    return [None if out else int(label) for label, out in zip(clusters.labels, is_out, strict=True)]


def _cons(pool: ProblemPool, answers: list[int | None] | None, k: int) -> float:
    assert answers is not None
    subsets = SUBSETS if len(pool) <= MANY_DRAWS else FEW_SUBSETS
    return cons_at_k(answers, _right(pool), k=k, subsets=subsets)


def _next_point(pools: Sequence[ProblemPool], budget: int, cost_per_draw: float | None) -> dict[str, Any]:
    """Points that one more random draw of each unit is expected to add, sent as well, and the price of a point."""
    gain, draws = 0.0, 0
    for pool in pools:
        units = len(np.unique(pool.view.aimed))
        if budget + units > len(pool):
            continue
        everyone = np.arange(len(pool), dtype=np.int64)
        now, more = (floor_means(pool, pool.scores, everyone, k).sum() for k in (budget, budget + units))
        gain += float(more - now)
        draws += units
    if gain <= _FULL:
        return {}
    return {"next_gain": gain, "next_point_usd": None if cost_per_draw is None else draws * cost_per_draw / gain}
