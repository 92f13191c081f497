"""What a pool's calls cost at each price of its model: tokens are stored, money is derived."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum
from django.utils import timezone

from comparisons.metrics.cost import Prices
from comparisons.models import Candidate, Pool, Price, Request

_MILLION = Decimal(1_000_000)
#: Time is measured, so its cost has no more digits than say something.
_EXACT = Decimal("0.000001")
#: Calls that `calls_at_once` looks at.
NEWEST_CALLS = 1000
#: Seconds in which nothing is open and that are still a wait for the endpoint; longer, and nobody drew.
LONGEST_WAIT_S = 60.0
#: Calls that were answered and charged at their worst, because they do not say how much of the output was reasoning.
UNTOLD = Q(
    is_charge_known=False, price__isnull=False, input_tokens__isnull=False, output_tokens__gt=0, reasoning_tokens=None
)


@dataclass(frozen=True)
class PricedRow:
    """A pool at one price. `cost_usd` is None where nothing is known; `batch_usd`: the same in the provider's batch
    mode, None where the price knows none. For a price by the machine-hour, `idle_usd`: machines that waited between
    the first call and the last, which are no part of the cost."""

    price: Price
    cost_usd: Decimal | None
    is_lower_bound: bool
    batch_usd: Decimal | None
    idle_usd: Decimal | None = None


@dataclass(frozen=True)
class MachineTime:
    """Seconds of a pool's drawing in which a call was open, seconds from its first call to its last, output tokens.
    `is_lower_bound`: how long some calls were open nobody knows."""

    busy_s: float
    span_s: float
    output_tokens: int
    is_lower_bound: bool = False

    @property
    def tokens_per_second(self) -> float | None:
        """What all machines together answered while they were busy."""
        return self.output_tokens / self.busy_s if self.busy_s and self.output_tokens else None


def machine_time(pool: Pool) -> MachineTime | None:
    """When the pool's calls were open; None where it was not drawn from a machine here. Two queries, all its calls."""
    if not pool.n_asked or pool.model.provider == "recorded":
        return None
    # What the machine never took up, a refused connection say, kept it busy for no time. When a lost call ended nobody
    # knows: its row says when that it is lost was noticed, perhaps the next morning.
    unread = Q(outcome=Request.Outcome.FAILED, is_charge_known=True)
    open_ended = Q(outcome__in=(Request.Outcome.LOST, Request.Outcome.SENT))
    every = Request.objects.filter(pool=pool).exclude(unread)
    calls = every.exclude(open_ended).filter(ended_at__isnull=False).order_by("sent_at")
    busy_s, first, until, tokens = 0.0, None, None, 0
    for sent, ended, output in calls.values_list("sent_at", "ended_at", "output_tokens").iterator(chunk_size=5000):
        first, tokens = first or sent, tokens + (output or 0)
        if ended is None:  # the filter left none
            continue
        begins = sent if until is None or sent > until else until
        if until is None or ended > until:
            busy_s += max(0.0, (ended - begins).total_seconds())
            until = ended
    if first is None or until is None:
        return None
    return MachineTime(busy_s, (until - first).total_seconds(), tokens, every.filter(open_ended).exists())


def calls_at_once(pool: Pool) -> float | None:
    """How many calls that were answered a pool had open together, on average while it was drawn, waits of up to
    `LONGEST_WAIT_S` included; None where it was not drawn from a server. By its newest calls. One query."""
    if pool.model.provider == "recorded":
        return None
    answered = Request.objects.filter(pool=pool, outcome=Request.Outcome.ANSWERED, ended_at__isnull=False)
    newest = answered.order_by("-pk").values_list("sent_at", "ended_at", "latency_s")[:NEWEST_CALLS]
    calls = sorted((sent, ended, latency_s or 0.0) for sent, ended, latency_s in newest if ended is not None)
    lasted_s, open_s, until = 0.0, 0.0, calls[0][0] if calls else timezone.now()
    for sent, ended, latency_s in calls:
        since = until if (sent - until).total_seconds() <= LONGEST_WAIT_S else sent
        until = max(until, ended)
        lasted_s += max(0.0, (until - since).total_seconds())
        open_s += latency_s
    return open_s / lasted_s if lasted_s and open_s else None


def with_measured_speed(price: Price | None, pool: Pool) -> Price | None:
    """The price, by the machine-hour with the speed that this pool's drawing measured, where none is stated."""
    if price is not None and price.usd_per_machine_hour is not None and not price.tokens_per_second:
        measured = machine_time(pool)
        price.tokens_per_second = measured.tokens_per_second if measured else None
    return price


def price_of(pool: Pool) -> Price | None:
    """The newest price that was valid when the pool was made, else the earliest there is. By the machine-hour, with the
    speed that the pool's drawing measured where none is stated. One query, or two."""
    prices = list(Price.objects.filter(model=pool.model_id).order_by("valid_from"))
    valid = [price for price in prices if price.valid_from <= pool.created_at.date()]
    chosen = valid[-1] if valid else (prices[0] if prices else None)
    found = with_measured_speed(chosen, pool)
    return found.counted(is_batch=pool.is_batch) if found else None


def priced_rows(pool: Pool) -> list[PricedRow]:
    """The pool at every price of its model, newest first. Two queries, and one for each price by the machine-hour."""
    prices = list(pool.model.prices.all())
    if not prices:
        return []
    sums = _sums(pool)
    return [_priced(price, pool, sums) for price in prices]


def priced_row(price: Price, pool: Pool) -> PricedRow:
    """The pool at this price. One query."""
    return _priced(price, pool, _sums(pool))


def batch_of(pool: Pool, prices: Iterable[Price]) -> bool | None:
    """Whether the pool is billed at the batch rate; None where it is not, and none of its model's prices has a discount
    that could be counted."""
    return pool.is_batch or (False if any(price.batch_discount is not None for price in prices) else None)


def _sums(pool: Pool) -> Mapping[str, Any]:
    """Token sums of all calls, or of the candidates where they came in; `n`, and `known`: those with counts."""
    calls: Any = Request.objects.filter(pool=pool) if pool.n_asked else Candidate.objects.filter(pool=pool)
    known = Q(input_tokens__isnull=False, output_tokens__isnull=False)
    free = Q(is_charge_known=True, charged_nano_usd=0, input_tokens__isnull=True) if pool.n_asked else Q(pk__in=())
    found: Mapping[str, Any] = calls.order_by().aggregate(
        n=Count("pk", filter=~free),
        known=Count("pk", filter=known),
        input=Sum("input_tokens", filter=known),
        cached=Sum("cached_input_tokens", filter=known),
        output=Sum("output_tokens", filter=known),
        reasoning=Sum("reasoning_tokens", filter=known),
        untold=Count("pk", filter=known & Q(reasoning_tokens=None, output_tokens__gt=0)),
    )
    return found


def _priced(price: Price, pool: Pool, sums: Mapping[str, Any]) -> PricedRow:
    if price.usd_per_machine_hour is not None and not price.tokens_per_second:
        return _by_the_hour(price, pool)
    prices = price.to_prices()
    if prices.input_usd is None or prices.output_usd is None or not sums["known"]:
        return PricedRow(price, None, False, None)
    cost = _cost_at(prices.input_usd, prices.output_usd, prices, sums)
    batch = None if price.batch_discount is None else cost * (1 - price.batch_discount)
    is_untold = prices.is_reasoning_dearer and sums["untold"] > 0
    return PricedRow(price, cost, is_untold or sums["known"] < sums["n"], batch)


def untold_usd(pool: Pool) -> Decimal:
    """At least what those calls of a pool cost that do not say how much of their output was reasoning, which is dearer.
    Two queries."""
    calls = Request.objects.filter(UNTOLD, pool=pool).order_by().values("price")
    names = ("input", "cached_input", "output", "reasoning")
    rows = list(calls.annotate(**{name.split("_")[0]: Sum(f"{name}_tokens") for name in names}))
    prices = Price.objects.in_bulk([row["price"] for row in rows])
    total = Decimal(0)
    for row in rows:
        rates = prices[row["price"]].counted(is_batch=pool.is_batch).to_prices()
        if rates.input_usd is not None and rates.output_usd is not None:
            total += _cost_at(rates.input_usd, rates.output_usd, rates, row)
    return total


def _cost_at(input_usd: Decimal, output_usd: Decimal, prices: Prices, sums: Mapping[str, Any]) -> Decimal:
    """USD of the disjoint parts: `sums` are inclusive, reasoning that no call tells of is in the output."""
    cached, reasoning = sums["cached"] or 0, sums["reasoning"] or 0
    cached_usd = input_usd if prices.cached_input_usd is None else prices.cached_input_usd
    reasoning_usd = output_usd if prices.reasoning_usd is None else prices.reasoning_usd
    return (
        (sums["input"] - cached) * input_usd
        + cached * cached_usd
        + (sums["output"] - reasoning) * output_usd
        + reasoning * reasoning_usd
    ) / _MILLION


def _by_the_hour(price: Price, pool: Pool) -> PricedRow:
    measured = machine_time(pool)
    if measured is None or price.usd_per_machine_hour is None:
        return PricedRow(price, None, False, None)
    usd_per_second = price.usd_per_machine_hour * price.machines / 3600
    busy, idle = Decimal(str(measured.busy_s)), Decimal(str(max(0.0, measured.span_s - measured.busy_s)))
    cost_usd, idle_usd = ((usd_per_second * time).quantize(_EXACT) for time in (busy, idle))
    return PricedRow(price, cost_usd, measured.is_lower_bound, None, idle_usd)
