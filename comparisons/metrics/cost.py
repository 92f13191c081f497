"""What a run costs: the draws it needs, its fixed calls, and the judge's CPU for what it looks at.

Judging on hidden tests is evaluation and is never charged here. Money is Decimal; token counts are inclusive
(cached input is part of input, reasoning is part of output), and the disjoint parts are priced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np

from comparisons.metrics.arrays import BoolArray, FloatArray, IntArray

_MILLION = Decimal(1_000_000)


@dataclass(frozen=True)
class Prices:
    """USD per million tokens; None = unknown. An unknown cached price falls back to the full input price, an unknown
    price of reasoning to that of output. Where reasoning is dearer, output that does not say how much of it was is
    counted as none of it: a lower bound."""

    input_usd: Decimal | None
    output_usd: Decimal | None
    cached_input_usd: Decimal | None = None
    reasoning_usd: Decimal | None = None

    @property
    def is_reasoning_dearer(self) -> bool:
        """A count of reasoning that is unknown leaves the cost of its output a lower bound."""
        reasoning, output = self.reasoning_usd, self.output_usd
        return reasoning is not None and output is not None and reasoning > output

    def less(self, share: Decimal | None) -> Prices:
        """With this share taken off every rate; a share that is unknown leaves no rate known."""
        if share is None:
            return Prices(None, None)
        rates = (self.input_usd, self.output_usd, self.cached_input_usd, self.reasoning_usd)
        return Prices(*(None if rate is None else rate * (1 - share) for rate in rates))


@dataclass(frozen=True)
class Calls:
    """The paid calls behind one problem's draws, failed, truncated and retried ones too.

    row: the draw's place in drawing order (0-based) that each call served. Token counts: NaN = unknown.
    A call that served several draws stands once per draw with its share of the tokens. reasoning_tokens, a part of the
    output, only matter where they have a price of their own.
    """

    row: IntArray
    input_tokens: FloatArray
    cached_input_tokens: FloatArray
    output_tokens: FloatArray
    reasoning_tokens: FloatArray | None = None

    @property
    def reasoning_told(self) -> FloatArray:
        """Tokens of reasoning; NaN where no count is known."""
        return np.full(len(self.row), np.nan) if self.reasoning_tokens is None else self.reasoning_tokens


@dataclass(frozen=True)
class Cost:
    """cost_usd is None where nothing is known. `is_lower_bound`: a part is unknown, write it with "≥"."""

    cost_usd: Decimal | None
    is_lower_bound: bool


def cost_of_draws(calls: Calls, prices: Prices | None, needed: FloatArray) -> Cost:
    """Cost of the calls behind the draws a rule needs on one problem.

    needed: per draw, in drawing order, the chance that the rule needs it (1 or 0 where nothing is left to lots); the
    cost is the expectation. Without prices it is unknown; a call without token counts makes it a bound.
    """
    wanted = int(np.count_nonzero(needed))
    if not wanted:
        return Cost(Decimal(0), False)
    if prices is None or (prices.input_usd is None and prices.output_usd is None):
        return Cost(None, True)
    total, is_bound = _priced(calls, needed[calls.row], prices)
    if total is None:
        return Cost(None, True)
    # A draw without a recorded call was paid somewhere, but not here.
    served = len(np.unique(calls.row[needed[calls.row] > 0]))
    return Cost(total, is_bound or served < wanted)


def first_draws(draws_needed: float, n: int) -> FloatArray:
    """`needed` of a rule that takes the first so many of n draws."""
    first: FloatArray = (np.arange(n) < draws_needed).astype(np.float64)
    return first


def _priced(calls: Calls, chance: FloatArray, prices: Prices) -> tuple[Decimal | None, bool]:
    """(expected cost of the calls, whether a part of it is unknown). chance: per call, that it is paid for."""
    counted = chance > 0
    cached = np.where(np.isnan(calls.cached_input_tokens), 0.0, calls.cached_input_tokens)
    cached_price = prices.input_usd if prices.cached_input_usd is None else prices.cached_input_usd
    reasoning = _reasoning(calls, prices)
    parts = [
        (calls.input_tokens - cached, prices.input_usd),
        (np.where(np.isnan(calls.input_tokens), np.nan, cached), cached_price),
        (calls.output_tokens - reasoning, prices.output_usd),
        (reasoning, prices.reasoning_usd),
    ]
    total, is_bound, is_anything_known = Decimal(0), _is_reasoning_untold(calls, counted, prices), False
    for tokens, price in parts:
        wanted = tokens[counted] * chance[counted]
        known = wanted[~np.isnan(wanted)]
        if len(known) < len(wanted):
            is_bound = True
        if price is None:
            is_bound = is_bound or bool(known.any())
        elif len(known):
            is_anything_known = True
            total += _decimal(float(known.sum())) * price / _MILLION
    return (total if is_anything_known else None), is_bound


def _is_reasoning_untold(calls: Calls, counted: BoolArray, prices: Prices) -> bool:
    """Some output may hold reasoning that is dearer than what it is counted at."""
    untold = counted & np.isnan(calls.reasoning_told)
    return prices.is_reasoning_dearer and bool((calls.output_tokens[untold] > 0).any())


def _reasoning(calls: Calls, prices: Prices) -> FloatArray:
    """Tokens that are priced as reasoning; none where that has no price of its own or no counts."""
    if prices.reasoning_usd is None or calls.reasoning_tokens is None:
        return np.zeros(len(calls.row))
    return np.where(np.isnan(calls.reasoning_tokens), 0.0, calls.reasoning_tokens)


def cost_of_run(
    draws: Sequence[Cost],
    *,
    fixed_calls: Sequence[Decimal | None] = (),
    judge_cpu_s: float | None = 0.0,
    cpu_hour_usd: Decimal | None = None,
) -> Cost:
    """Cost of a run: the draws of all problems, the fixed calls (None = unknown), and the judge's CPU.

    CPU is charged only where the user gave a price per CPU hour; `judge_cpu_s` None = unknown. Unknown parts make
    the sum a lower bound; the cost is None where no part is known.
    """
    parts = [part.cost_usd for part in draws] + list(fixed_calls)
    is_bound = any(part.is_lower_bound for part in draws) or any(part is None for part in fixed_calls)
    if cpu_hour_usd is not None:
        cpu = None if judge_cpu_s is None else _decimal(judge_cpu_s) * cpu_hour_usd / 3600
        is_bound = is_bound or cpu is None
        parts.append(cpu)
    total = sum((part for part in parts if part is not None), Decimal(0))
    is_known = any(part is not None for part in parts)
    # "At least nothing" says nothing.
    return Cost(total if is_known and (total or not is_bound) else None, is_bound)


def _decimal(value: float) -> Decimal:
    exact = Fraction(value)
    return Decimal(exact.numerator) / Decimal(exact.denominator)
