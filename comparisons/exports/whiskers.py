"""A difference as a small drawing: thick bar over draws, thin one over problems, zero line, all rows on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from comparisons.metrics.rows import PairRow

WIDTH = 120
MIDDLE = 9


@dataclass(frozen=True)
class Whisker:
    """SVG path data in a box of 120 x 18; "" for a bar that is not known. `words` says the same."""

    direction: str
    zero: str
    bar: str
    thick: str
    dot: str


def scale(pairs: Sequence[PairRow]) -> tuple[float, float]:
    """The range that holds 0 and every difference and interval."""
    values = [0.0]
    for pair in pairs:
        for value in (
            pair.difference,
            pair.over_draws.lo,
            pair.over_draws.hi,
            pair.over_problems.lo,
            pair.over_problems.hi,
        ):
            if value is not None:
                values.append(value)
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 1, high + 1)


def whisker(
    pair: PairRow, common: tuple[float, float], *, width: int = WIDTH, middle: float = MIDDLE
) -> Whisker | None:
    """The drawing of one pair; None where there is no difference to draw."""
    if pair.difference is None:
        return None
    low, high = common

    def at(value: float) -> str:
        return f"{6 + (value - low) / (high - low) * (width - 12):.1f}"

    bar = thick = ""
    if pair.over_problems.lo is not None and pair.over_problems.hi is not None:
        a, b = at(pair.over_problems.lo), at(pair.over_problems.hi)
        bar = f"M{a} {middle}H{b}M{a} {middle - 3}v6M{b} {middle - 3}v6"
    if pair.over_draws.lo is not None and pair.over_draws.hi is not None:
        thick = f"M{at(pair.over_draws.lo)} {middle}H{at(pair.over_draws.hi)}"
    direction = "same"
    if pair.shown == "problems":
        direction = "up" if pair.difference > 0 else "down"
    return Whisker(direction, f"M{at(0.0)} 0V{2 * middle}", bar, thick, at(pair.difference))
