"""The calls that made a model's probes: what they cost, whatever came of them, and how long they took.

They are fixed costs of a run that uses the probes: not scaled with its draws. Failed and lost calls count, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from decimal import Decimal

from comparisons.metrics.latency import schedule
from comparisons.models import Pool, Price, Request
from comparisons.samplers.providers import Usage
from comparisons.stages.call_costs import NANO, charge_nano_usd, is_exact


def costs(programs: Pool, problems: Collection[int], price: Price | None) -> tuple[list[Decimal | None], list[str]]:
    """(what each call for these problems cost at this price in USD, None where that is not known; what is missing, in
    words). A call that certainly cost nothing is not counted. One query."""
    if price is None:
        return [None], [f"no price of {programs.model.slug}, which made the probes"]
    prices = price.to_prices()
    found: list[Decimal | None] = []
    untold = 0
    for request in Request.objects.filter(pool=programs, problem__in=problems):
        if request.is_charge_known and not request.charged_nano_usd and request.outcome == Request.Outcome.FAILED:
            continue
        usage = Usage(
            request.input_tokens, request.cached_input_tokens, request.output_tokens, request.reasoning_tokens
        )
        charged = charge_nano_usd(prices, usage)
        untold += not is_exact(prices, usage)
        found.append(None if charged is None else Decimal(charged) / NANO)
    unknown = sum(one is None for one in found)
    lacks = [f"the cost of {unknown} of {len(found)} calls that made the probes"] if unknown else []
    if untold:  # the rest of these calls
        lacks.append(f"how much of the output of {untold} of {len(found)} calls that made the probes was reasoning")
        found.append(None)
    return found, lacks


def seconds(programs: Pool, *, slots: int | None) -> dict[int, float | None]:
    """By problem, the seconds that its calls take on `slots` at once (None: all), in the order they were sent; None
    where an answer has no recorded time. Waits and tries that brought nothing are no part of it. One query."""
    times: dict[int, list[float | None]] = defaultdict(list)
    answered = Request.objects.filter(pool=programs, outcome__in=(Request.Outcome.ANSWERED, Request.Outcome.REFUSED))
    for problem, latency_s in answered.values_list("problem", "latency_s"):
        if problem is not None:
            times[problem].append(latency_s)
    return {problem: _scheduled(found, slots) for problem, found in times.items()}


def _scheduled(times: Sequence[float | None], slots: int | None) -> float | None:
    known = [time for time in times if time is not None]
    return schedule(known, slots=slots) if len(known) == len(times) else None
