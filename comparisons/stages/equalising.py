"""How many draws of each unit a run may have so that it is like another: equal draws, or equal cost."""

from __future__ import annotations

from collections.abc import Sequence

from comparisons.metrics import cost_of_draws
from comparisons.models import Run
from comparisons.stages.costing import price_of_run
from comparisons.stages.pool_views import index_after, load_pool
from comparisons.stages.rules import rule_of


class Unequal(Exception):
    """Why runs cannot be made equal."""


def equal_firsts(runs: Sequence[Run], how: str) -> dict[int, int]:
    """Draws of each unit by run id. "draws": the fewest any of them has. "cost": as many as cost no more than the
    cheapest run that is no ceiling. Raises Unequal where a cost is not known, or not one draw is paid for."""
    if how == "draws":
        fewest = min(run.first for run in runs)
        return {run.pk: fewest for run in runs}
    paying = [run for run in runs if run.strategy.kind != "ceiling"]
    if not paying:
        raise Unequal("ceilings alone have no cost to make equal")
    unknown = next((run for run in paying if run.cost_usd is None or run.cost_is_lower_bound), None)
    if unknown is not None:
        raise Unequal(f"the cost of run {unknown.pk} ({unknown}) is not known in full")
    limit = min(float(run.cost_usd or 0) for run in paying)
    return {run.pk: _affordable(run, limit) for run in runs}


def _affordable(run: Run, limit: float) -> int:
    """The most draws of each unit whose cost under the run's rule is within `limit` dollars."""
    rule = rule_of(
        run.strategy.slug,
        budget=run.budget,
        options=run.options,
        seeds=run.seeds,
        version=run.strategy.version,
        fit=run.fit,
    )
    pools = load_pool(run.judging, run.probing, run.attempt)
    price = price_of_run(run)
    prices = price.to_prices() if price else None

    def cost(first: int) -> float | None:
        below = index_after(run.revision, first)
        total = 0.0
        for pool in pools:
            taken = pool.first(first, below)
            one = cost_of_draws(taken.calls, prices, rule.needs(taken, rule.needed(taken)))
            if one.cost_usd is None:
                return None
            total += float(one.cost_usd)
        return total

    low, high = 0, run.first
    while low < high:
        middle = (low + high + 1) // 2
        found = cost(middle)
        if found is None:
            raise Unequal(f"the cost of run {run.pk} ({run}) is not known in full")
        low, high = (middle, high) if found <= limit * (1 + 1e-9) else (low, middle - 1)
    if low < 1:
        raise Unequal(f"{limit:.4g} USD, the cost of the cheapest run, do not pay for one draw a unit of run {run.pk}")
    return low
