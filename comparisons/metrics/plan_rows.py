"""Plans from a comparison: how many problems, draws and dollars would show a difference of so many points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comparisons.metrics.planner import POWER, draws_for, problems_for
from comparisons.metrics.rows import ComparisonReport, PairRow, RunRow


@dataclass(frozen=True)
class PlanRow:
    """For one run against the baseline.

    difference: points per problem to be shown. problems: how many like these it takes (None: it cannot be said, or no
    set would do; `reason` says which). draws: per unit, to show the same for these problems (None with `reason`); in
    several pools as large as these where not both are random choice. cost_usd: of the run and the baseline on that many
    problems at today's cost per problem, None where nothing of it is known; `cost_is_lower_bound`: a part is not.
    """

    run: int
    label: str
    difference: float
    n_problems: int
    problems: int | None
    draws: int | None
    cost_usd: float | None
    cost_is_lower_bound: bool = False
    reason: str = ""


def plan_rows(
    report: ComparisonReport, *, difference: float | None = None, power: float = POWER
) -> tuple[PlanRow, ...]:
    """One row for each difference of the comparison. difference: points per problem; None = as large as the one seen.

    power: the chance that it is then shown. The level is that of the pair's step in its family.
    """
    runs = {row.run: row for row in report.runs}
    return tuple(_row(pair, runs, difference, power) for pair in report.pairs)


def _row(pair: PairRow, runs: dict[int, RunRow], difference: float | None, power: float) -> PlanRow:
    run, base = runs[pair.run], runs[pair.baseline]
    scores = [(a, b) for a, b in zip(run.problem_scores, base.problem_scores, strict=True)]
    seen = np.array([a - b for a, b in scores if a is not None and b is not None], dtype=np.float64)
    wanted = abs(float(seen.mean()) if difference is None and len(seen) else difference or 0.0)
    reasons = []
    problems = draws = None
    if len(seen) < 2 or not wanted:
        reasons.append("fewer than two problems to plan from" if wanted else "the two score the same")
    else:
        plan = problems_for(seen, difference=wanted, level=pair.over_problems.level, power=power)
        problems = plan.problems
        if problems is None:
            no_spread = "the difference is the same on every problem: no spread to plan from"
            reasons.append("no set of problems like these would show it" if plan.sd else no_spread)
    interval = pair.over_draws
    if interval.lo is None or interval.hi is None:
        reasons.append(f"draws: {interval.reason}")
    elif wanted:
        half, n = (interval.hi - interval.lo) / 2, min(run.n, base.n)
        draws = draws_for(half, n, wanted * len(seen), is_mean=are_means(run, base), level=interval.level, power=power)
        if draws is None:
            reasons.append("draws: no number of them would show it")
    cost = _cost(run, base, len(scores), problems)
    is_bound = cost is not None and any(one.cost_usd is None or one.cost_is_lower_bound for one in (run, base))
    return PlanRow(run.run, run.label, wanted, len(seen), problems, draws, cost, is_bound, "; ".join(reasons))


def are_means(run: RunRow, base: RunRow) -> bool:
    """Are both scores means over all draws of their pools?"""
    return run.kind == base.kind == "floor"


def _cost(run: RunRow, base: RunRow, n_problems: int, problems: int | None) -> float | None:
    """On `problems` problems, from the costs of both runs on all of theirs, `n_problems` of them complete or not."""
    costs = [one.cost_usd for one in (run, base) if one.cost_usd is not None]
    if not costs or not n_problems or problems is None:
        return None
    # Runs on one pool share its draws; paying for the dearer one pays for both.
    return (max(costs) if run.pool == base.pool else sum(costs)) / n_problems * problems
