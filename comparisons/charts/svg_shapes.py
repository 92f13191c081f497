"""SVG path data of the marks that stand for strategies."""

from __future__ import annotations

import math
from collections.abc import Sequence


def px(value: float) -> str:
    """A length in SVG: one decimal at most."""
    return f"{value:.1f}".removesuffix(".0")


def shape_path(name: str, point: tuple[float, float], radius: float) -> str:
    """The outline of Plotly's symbol `name` around `point`; of about this radius in pixels."""
    x, y = point
    if name == "circle":
        return (
            f"M{px(x - radius)} {px(y)}a{radius} {radius} 0 1 0 {2 * radius} 0a{radius} {radius} 0 1 0 {-2 * radius} 0z"
        )
    if name == "cross":
        arm, side = radius, radius / 2.6
        steps = [
            (-side, -arm),
            (side, -arm),
            (side, -side),
            (arm, -side),
            (arm, side),
            (side, side),
        ]
        steps += [
            (side, arm),
            (-side, arm),
            (-side, side),
            (-arm, side),
            (-arm, -side),
            (-side, -side),
        ]
        return _polygon(x, y, steps)
    corners = {
        "square": (4, 45.0, 1.3),
        "triangle-up": (3, -90.0, 1.25),
        "triangle-down": (3, 90.0, 1.25),
    }
    corners |= {"diamond": (4, -90.0, 1.3), "hexagon": (6, -90.0, 1.15)}
    if name == "star":
        turns = [(math.radians(-90 + 36 * i), radius * (1.35 if i % 2 == 0 else 0.55)) for i in range(10)]
        return _polygon(x, y, [(r * math.cos(a), r * math.sin(a)) for a, r in turns])
    n, first, scale = corners.get(name, (8, 0.0, 1.0))
    angles = [math.radians(first + 360 * i / n) for i in range(n)]
    return _polygon(
        x,
        y,
        [(radius * scale * math.cos(a), radius * scale * math.sin(a)) for a in angles],
    )


def _polygon(x: float, y: float, corners: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{px(x + dx)} {px(y + dy)}" for dx, dy in corners) + "z"
