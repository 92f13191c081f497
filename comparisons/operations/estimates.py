"""Estimates as commands print them."""

from __future__ import annotations

from typing import Any

from comparisons.models import Price
from comparisons.samplers.estimating import Estimate


def estimate_data(estimate: Estimate, price: Price | None) -> dict[str, Any]:
    """The object of `--json`. Spans are [lowest, highest], the highest null where there is no bound."""
    return {
        "cost_usd": _span(estimate.cost_usd),
        "likely_usd": estimate.likely_usd,
        "input_tokens": estimate.input_tokens,
        "input_tokens_span": _span(estimate.input_span),
        "output_tokens": estimate.output_tokens,
        "output_tokens_span": _span(estimate.output_span),
        "seconds": estimate.seconds,
        "seconds_span": _span(estimate.seconds_span),
        "prices_from": price.valid_from.isoformat() if price else None,
        "basis": estimate.basis,
    }


def estimate_lines(estimate: Estimate, price: Price | None) -> list[str]:
    """The same for a person."""
    if estimate.cost_usd is None:
        cost = "unknown: the model has no price per token"
    else:
        low, high = estimate.cost_usd
        cost = f"${low:.4f} to " + ("no bound" if high is None else f"${high:.4f}")
        cost += f" at prices from {price.valid_from}" if price else ""
    lines = [f"Estimate: cost {cost}. It rests on {estimate.basis}.", f"Input {_tokens(estimate.input_span)} tokens"]
    if estimate.output_span is not None:
        lines[-1] += f", output {_tokens(estimate.output_span)} tokens"
    if estimate.seconds_span is not None:
        lines[-1] += f", {estimate.seconds_span[0]:,.0f} to {estimate.seconds_span[1]:,.0f} s"
    lines[-1] += "."
    return lines


def _span(span: tuple[Any, Any] | None) -> list[Any] | None:
    return None if span is None else list(span)


def _tokens(span: tuple[int, int | None] | None) -> str:
    if span is None:
        return "unknown"
    return f"{span[0]:,} to " + ("no bound" if span[1] is None else f"{span[1]:,}")
