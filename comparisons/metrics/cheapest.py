"""Which of the compared runs reaches a score for the least money."""

from __future__ import annotations

from collections.abc import Sequence

from comparisons.metrics.rows import CheapestRow, RunRow


def has_price(row: RunRow) -> bool:
    """Is its cost known, and not from below alone? Ceilings are no choices."""
    return row.kind != "ceiling" and row.score is not None and row.cost_usd is not None and not row.cost_is_lower_bound


def cheapest_to_reach(rows: Sequence[RunRow], score: float) -> CheapestRow:
    """The cheapest run whose mean score is at least `score`; of equal costs that of fewest draws.

    A cost that is only a lower bound cannot be said to be the lowest. Where no cost of those that reach the score is
    known, the fewest draws are named, without a cost.
    """
    reaching = [row for row in rows if row.kind != "ceiling" and row.score is not None and row.score >= score - 1e-9]
    priced = [row for row in reaching if has_price(row)]

    def price(row: RunRow) -> float | None:
        return row.cost_usd if has_price(row) else None

    best = min(priced or reaching, key=lambda row: (price(row) or 0.0, row.draws_used, row.run), default=None)
    if best is None:
        return CheapestRow(score, None, None, None, None)
    return CheapestRow(score, best.run, best.draws_used, price(best), best.score)
