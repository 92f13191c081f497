"""What a run costs and how long it would take, problem by problem, with everything that is not known by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from comparisons.metrics import Cost, Prices, cost_of_draws, cost_of_run, latency_of_draws, latency_of_problem
from comparisons.models import Pool, Price, Probing, Run
from comparisons.queries.repricing import price_of, with_measured_speed
from comparisons.stages import probe_calls
from comparisons.stages.floors import floor_choices
from comparisons.stages.pool_views import ProblemPool
from comparisons.stages.rules import Result, Rule

#: Calls to the provider at once, and cores that run programs, in a replayed latency. Constants of the method: a run
#: says the same whatever machine it was replayed on.
SLOTS, CORES = 64, 8


@dataclass(frozen=True)
class Spent:
    """Cost and latency of one problem. `execution_cpu_s`: public tests and probes of the draws needed."""

    cost: Cost
    latency_s: float | None
    latency_unlimited_s: float | None
    latency_is_lower_bound: bool
    execution_cpu_s: float
    probe_making_s: float | None
    draws_latency_s: float | None


@dataclass(frozen=True)
class RunCost:
    """The sums over all problems, and what is missing in them."""

    cost: Cost
    missing: tuple[str, ...]
    latency_s: float | None
    latency_unlimited_s: float | None
    parts: dict[str, Any]


def price_as_asked(pool: Pool, chosen: Price | None, *, is_batch: bool) -> Price | None:
    """The price that a run over the pool is counted at: the chosen one, else the pool's own; in batches or not."""
    found = with_measured_speed(chosen, pool) if chosen else price_of(pool)
    return found.counted(is_batch=is_batch) if found else None


def price_of_run(run: Run) -> Price | None:
    """The price a run was asked to be counted at, else that of its pool."""
    return price_as_asked(run.revision.pool, run.price, is_batch=run.is_batch)


def price_row(price: Price) -> dict[str, Any]:
    """A price as a run keeps it: the row may be corrected later, the run says what it was computed with."""
    names = ("input", "cached_input", "output", "reasoning")
    usd = {f"{name}_usd_per_mtok": getattr(price, f"{name}_usd_per_mtok") for name in names}
    return {
        "id": price.pk,
        "model": price.model.slug,
        "valid_from": price.valid_from.isoformat(),
        "source": price.source,
        **{name: None if value is None else str(value) for name, value in usd.items()},
        **({"batch_discount": _text(price.batch_discount)} if price.is_batch else {}),
        **_hourly(price),
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"


def _hourly(price: Price) -> dict[str, Any]:
    """What else a price by the machine-hour says."""
    if price.usd_per_machine_hour is None:
        return {}
    return {
        "usd_per_machine_hour": str(price.usd_per_machine_hour),
        "machines": price.machines,
        "tokens_per_second": price.tokens_per_second,
    }


def probe_calls_s(rule: Rule, probing: Probing | None) -> tuple[dict[int, float | None], dict[int, float | None]]:
    """By problem, the seconds of the calls that made its probes: on `SLOTS` at once, and all at once. Nothing where no
    model made them, or the rule looks at none."""
    programs = probing.probe_set.programs if probing is not None and rule.uses_probes else None
    if programs is None:
        return {}, {}
    return probe_calls.seconds(programs, slots=SLOTS), probe_calls.seconds(programs, slots=None)


def spent_on(
    rule: Rule,
    pool: ProblemPool,
    result: Result,
    price: Price | None,
    calls_s: tuple[Mapping[int, float | None], Mapping[int, float | None]] = ({}, {}),
) -> Spent:
    """Cost and latency of a rule's result on one problem; `calls_s` as `probe_calls_s` gives it."""
    needed = rule.needs(pool, result.draws_needed)
    cost = cost_of_draws(pool.calls, _prices(price), needed)
    looked_at = np.flatnonzero(needed)
    choices = floor_choices(pool, rule.options, rule.budget) if rule.is_random else [looked_at]
    execution = 0.0
    if rule.uses_public and pool.public_cpu_s is not None:
        execution += float(np.nansum(pool.public_cpu_s[looked_at]))
    if rule.uses_probing and pool.probes_cpu_s is not None:
        execution += float(np.nansum(pool.probes_cpu_s[looked_at]))
    making = pool.probe_making_s if rule.uses_probing else 0.0
    found = []
    for slots, asking_s in zip((SLOTS, None), calls_s, strict=True):
        asked_s = asking_s.get(pool.problem_id, 0.0)
        draws = latency_of_draws(pool.draw_latency_s, choices, slots=slots)
        total = latency_of_problem(
            draws,
            probe_making_s=None if making is None or asked_s is None else making + asked_s,
            execution_cpu_s=execution,
            cores=CORES,
            ranking_s=result.ranking_s,
            submissions=result.submissions,
            submission_s=0.0,
        )
        found.append((draws, total))
    (draws, limited), (_, unlimited) = found
    return Spent(
        cost,
        limited.seconds,
        unlimited.seconds,
        limited.is_lower_bound,
        execution,
        making,
        draws.seconds,
    )


def cost_of_all(
    rule: Rule,
    pools: Sequence[ProblemPool],
    results: Sequence[Result],
    spent: Sequence[Spent],
    *,
    pool: Pool,
    price: Price | None,
    probing: Probing | None,
) -> RunCost:
    """The run's cost and latency. Latency is unknown (None) where a problem's is."""
    fixed: list[Decimal | None] = []
    missing = _missing(rule, pools, results, pool, price)
    programs = probing.probe_set.programs if probing is not None and rule.uses_probes else None
    if programs is not None:
        # Another model's calls have a price of their own. A pool counted as it was drawn leaves its probes' calls as
        # they were made; one counted in batches, or not, though it was drawn otherwise takes them with it.
        asked = price if programs.model_id == pool.model_id else price_of(programs)
        if asked and programs.model_id == pool.model_id and asked.is_batch == pool.is_batch:
            asked = asked.counted(is_batch=programs.is_batch)
        fixed, lacks = probe_calls.costs(programs, [one.problem_id for one in pools], asked)
        missing += lacks
    n_calls, calls_usd = len(fixed), _known(fixed)
    if rule.uses_generated:
        fixed.append(None)
        missing.append("the model's calls that wrote the generated tests")
    cost = cost_of_run([one.cost for one in spent], fixed_calls=fixed)
    latencies = [one.latency_s for one in spent]
    unlimited = [one.latency_unlimited_s for one in spent]
    making = [one.probe_making_s for one in spent]
    parts = {
        "slots": SLOTS,
        "cores": CORES,
        "draws_s": _sum([one.draws_latency_s for one in spent]),
        "probe_making_cpu_s": _sum(making),
        "execution_cpu_s": sum(one.execution_cpu_s for one in spent),
        "ranking_s": sum(result.ranking_s for result in results),
        "probe_calls": None if programs is None else n_calls,
        "probe_calls_usd": None if programs is None else calls_usd,
        "is_lower_bound": any(one.latency_is_lower_bound for one in spent),
    }
    return RunCost(cost, tuple(missing), _sum(latencies), _sum(unlimited), parts)


def _known(costs: Sequence[Decimal | None]) -> str | None:
    """The sum of what is known, as a run keeps it; None where nothing is."""
    known = [one for one in costs if one is not None]
    return str(sum(known, Decimal(0))) if known else None


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _prices(price: Price | None) -> Prices | None:
    return price.to_prices() if price else None


def _missing(
    rule: Rule, pools: Sequence[ProblemPool], results: Sequence[Result], pool: Pool, price: Price | None
) -> list[str]:
    """What the cost lacks, in words."""
    model = pool.model.slug
    if price is None:
        return [f"no price of {model}"]
    if price.is_batch and price.batch_discount is None:
        return [f"the batch discount of {model}"]
    prices = price.to_prices()
    missing = [
        f"the {name} price of {model}"
        for name, value in (("input", prices.input_usd), ("output", prices.output_usd))
        if value is None
    ]
    calls = unknown = untold = 0
    for one, result in zip(pools, results, strict=True):
        counted = rule.needs(one, result.draws_needed)[one.calls.row] > 0
        calls += int(counted.sum())
        unknown += int((np.isnan(one.calls.input_tokens) | np.isnan(one.calls.output_tokens))[counted].sum())
        untold += int((np.isnan(one.calls.reasoning_told) & (one.calls.output_tokens > 0))[counted].sum())
    if untold and prices.is_reasoning_dearer:
        missing.append(f"how much of the output of {untold} of {calls} calls was reasoning, which is dearer")
    if unknown:
        missing.append(f"the token counts of {unknown} of {calls} calls")
    return missing
