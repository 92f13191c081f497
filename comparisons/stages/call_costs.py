"""What a call costs: at its worst before it is sent, and once it was answered.

Money is counted in nano-dollars, whole numbers, so that a cap is kept exactly by one conditional UPDATE whatever the
database.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, Decimal
from typing import Any

from django.utils import timezone

from comparisons.metrics import Prices
from comparisons.models import Pool, Price
from comparisons.samplers.estimating import most_input_tokens
from comparisons.samplers.extras import sent_bytes
from comparisons.samplers.providers import Prompt, Usage

NANO = 1_000_000_000
#: Nano-dollars per token and USD per million tokens.
_PER_MILLION = Decimal(NANO) / Decimal(1_000_000)


def price_now(pool: Pool) -> Price | None:
    """The price that holds today, as this pool is billed; None where none is known. One query."""
    today = timezone.localdate()
    held = Price.objects.filter(model=pool.model_id, valid_from__lte=today).order_by("-valid_from", "-pk").first()
    return held.counted(is_batch=pool.is_batch) if held else None


def worst_nano_usd(
    prices: Prices | None, prompt: Prompt, *, max_tokens: int | None, n: int, extra: Mapping[str, Any]
) -> int | None:
    """What a call may cost at most; None where that has no bound: no price, or no limit of tokens. `extra`: what is
    sent beside the prompt, which may be read as input. Every token is counted at the dearest rate of its side."""
    if prices is None or prices.input_usd is None or prices.output_usd is None or max_tokens is None:
        return None
    read_usd = max(prices.input_usd, prices.cached_input_usd or Decimal(0))
    written_usd = max(prices.output_usd, prices.reasoning_usd or Decimal(0))
    read = most_input_tokens(prompt) + sent_bytes(extra)
    exact = (read * read_usd + n * max_tokens * written_usd) * _PER_MILLION
    return int(exact.to_integral_value(ROUND_CEILING))


def charge_nano_usd(prices: Prices | None, usage: Usage, *, at_most: bool = False) -> int | None:
    """What a call with these tokens cost; None where a count or a price that it takes is unknown. The disjoint parts
    are priced: cached input, the rest of the input, reasoning, the rest of the output. Where reasoning is dearer and
    its count unknown, the output is counted as none of it, or `at_most` as all of it (see `is_exact`)."""
    if prices is None or usage.input_tokens is None or usage.output_tokens is None:
        return None
    if prices.input_usd is None or prices.output_usd is None:
        return None
    cached = usage.cached_input_tokens or 0
    untold = usage.output_tokens if at_most and not is_exact(prices, usage) else 0
    reasoning = untold if usage.reasoning_tokens is None else usage.reasoning_tokens
    cached_usd = prices.input_usd if prices.cached_input_usd is None else prices.cached_input_usd
    reasoning_usd = prices.output_usd if prices.reasoning_usd is None else prices.reasoning_usd
    exact = (
        (usage.input_tokens - cached) * prices.input_usd
        + cached * cached_usd
        + (usage.output_tokens - reasoning) * prices.output_usd
        + reasoning * reasoning_usd
    ) * _PER_MILLION
    return int(exact.to_integral_value(ROUND_CEILING))


def is_exact(prices: Prices | None, usage: Usage) -> bool:
    """False where some of the output may have been reasoning, which is dearer, and the call does not say how much."""
    is_untold = usage.reasoning_tokens is None and bool(usage.output_tokens)
    return prices is None or not (is_untold and prices.is_reasoning_dearer)
