"""A chart as data: a Plotly figure as plain dicts, its title and caption, and the table that says the same.

Plain dicts and not `plotly.graph_objects`, whose import takes longer than a page may: the script in the browser and
`charts.svg` read them as they are. Both axes always carry a range, so both draw the same picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from comparisons.metrics import words


@dataclass(frozen=True)
class Cell:
    """A cell of a chart's table: what a person reads, and the value that goes into a CSV file (None: unknown)."""

    text: str
    value: float | str | None = None
    title: str = ""


@dataclass(frozen=True)
class Table:
    """The data of a chart. `columns` are (name in CSV, heading); the first column is text, the others are figures."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Figure:
    """A chart. `narrow` replaces parts of the layout below 480 px; `problem` says why there is nothing to draw."""

    name: str
    title: str
    subtitle: str
    caption: str
    table: Table
    data: tuple[dict[str, Any], ...] = ()
    layout: dict[str, Any] = field(default_factory=dict)
    narrow: dict[str, Any] = field(default_factory=dict)
    problem: str = ""

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.layout.get("height", 340))

    @property
    def plotly(self) -> dict[str, Any]:
        """What the script in the browser draws: data, layout and narrow, colours as token names."""
        return {"data": list(self.data), "layout": self.layout, "narrow": self.narrow}


def linear_range(lowest: float, highest: float, top: float) -> tuple[float, float]:
    """The range of an axis of points: from 0, unless everything lies in the upper part; up to `top` at most, which
    nothing exceeds: marks on it are not clipped."""
    step = nice_step(max(highest - lowest, top / 20), 6)
    low = 0.0 if lowest < 0.35 * highest else math.floor((lowest - step / 4) / step) * step
    high = math.ceil((highest + step / 4) / step) * step
    return max(low, 0.0) if lowest >= 0 else low, min(high, top)


def nice_step(width: float, n: int) -> float:
    """A step of 1, 2 or 5 times a power of ten that cuts `width` into about n parts."""
    if width <= 0:
        return 1.0
    raw = width / n
    power = 10.0 ** math.floor(math.log10(raw))
    for factor in (1, 2, 5):
        if raw <= factor * power:
            return factor * power
    return 10 * power


def log_ticks(low: float, high: float) -> list[float]:
    """1-2-5 ticks within [low, high], both above 0; only powers of ten where there would be more than ten, even steps
    where there would be fewer than two."""
    exponents = range(math.floor(math.log10(low)) - 1, math.ceil(math.log10(high)) + 2)
    ticks = [f * 10.0**e for e in exponents for f in (1, 2, 5)]
    ticks = [t for t in ticks if low <= t <= high]
    if len(ticks) > 10:
        ticks = [t for t in ticks if math.isclose(math.log10(t), round(math.log10(t)))]
    if len(ticks) < 2:
        step = nice_step(high - low, 4)
        ticks = [n * step for n in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return [float(f"{t:.6g}") for t in ticks]


def tick_text(tick: float) -> str:
    """A tick with the decimals it needs."""
    digits = next((d for d in range(7) if math.isclose(round(tick, d), tick, rel_tol=1e-9)), 6)
    return words.number(tick, digits)


def log_range(values: Sequence[float], pad: float = 0.08) -> tuple[float, float]:
    """The range of a log axis as Plotly wants it (exponents), with some room at both ends."""
    low, high = math.log10(min(values)), math.log10(max(values))
    room = max((high - low) * pad, 0.12)
    return low - room, high + room


def plain(text: str) -> str:
    """Text for Plotly, which reads a few tags and %{...} in what it is given."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("%{", "% {")
