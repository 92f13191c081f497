"""How a run is drawn: the hue is its model's, dash and mark are its strategy's. Colours are token names ("@m1")."""

from __future__ import annotations

from dataclasses import dataclass

from comparisons.metrics.rows import RunRow

HUES = 8

_DASHES = {
    "solid": "",
    "dot": "1.5 3",
    "dash": "6 3",
    "dashdot": "6 2 1.5 2",
    "longdash": "9 3",
    "longdashdot": "9 2 1.5 2",
    "5px 2px": "5 2",
    "2px 2px": "2 2",
}

# Shapes around (13, 6) in a box of 26 x 12: the key of a run in tables.
_SHAPES = {
    "circle": "M9 6a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
    "diamond": "M13 1l5 5-5 5-5-5z",
    "square": "M9.2 2.2h7.6v7.6H9.2z",
    "triangle-up": "M13 1.2l4.8 8.6H8.2z",
    "triangle-down": "M13 10.8l4.8-8.6H8.2z",
    "cross": "M11.4 1.2h3.2v3.2h3.2v3.2h-3.2v3.2h-3.2V7.6H8.2V4.4h3.2z",
    "star": "M13 .6l1.5 3.4 3.7.4-2.8 2.5.8 3.7-3.2-1.9-3.2 1.9.8-3.7-2.8-2.5 3.7-.4z",
    "hexagon": "M13 1l4.4 2.5v5L13 11 8.6 8.5v-5z",
}

# Dash and mark of the strategies that ship; any other gets one by the sum of its letters, so it never moves.
_STYLES = {
    "random-k": ("dot", "diamond"),
    "public-filter": ("dashdot", "square"),
    "largest-cluster": ("solid", "circle"),
    "largest-cluster-first": ("solid", "circle"),
    "longest-thought": ("dash", "triangle-up"),
    "first-k": ("longdash", "triangle-down"),
    "o1-ioi": ("solid", "hexagon"),
    "alphacode": ("longdash", "circle"),
    "alphacode2": ("5px 2px", "circle"),
    "majority": ("2px 2px", "circle"),
    "mbr-exec": ("2px 2px", "square"),
    "open-r1": ("dash", "triangle-down"),
    "oracle-k": ("longdashdot", "cross"),
    "no-limit": ("5px 2px", "star"),
}
_SPARE_DASHES = ("longdash", "longdashdot", "5px 2px", "2px 2px")
_SPARE_MARKS = ("triangle-down", "cross", "star", "hexagon")


@dataclass(frozen=True)
class Key:
    """What a template needs to draw the 26 x 12 key of a run: hue slot, `stroke-dasharray`, path of the mark."""

    colour: int
    dasharray: str
    shape: str


def style_of(strategy: str) -> tuple[str, str]:
    """Plotly's names of the dash and the mark of a strategy's slug; stable for life."""
    turn = sum(map(ord, strategy)) % 4
    return _STYLES.get(strategy, (_SPARE_DASHES[turn], _SPARE_MARKS[turn]))


def symbol(row: RunRow) -> str:
    """Plotly's name of the mark of a run's strategy."""
    return style_of(row.strategy)[1]


def dash(row: RunRow) -> str:
    """Plotly's name of the dash of a run's strategy."""
    return style_of(row.strategy)[0]


def hue(colour: int) -> str:
    """The token of a model's hue slot, 1 to 8."""
    return f"@m{slot(colour)}"


def slot(colour: int) -> int:
    """A hue slot, 1 to 8, whatever number a model carries."""
    return (max(colour, 1) - 1) % HUES + 1


def key(row: RunRow) -> Key:
    """The key of a run."""
    return key_of(row.colour, row.strategy)


def key_of(colour: int, strategy: str) -> Key:
    """The key of a model's hue and a strategy's slug, for pages that list runs without a comparison."""
    dash_name, mark_name = style_of(strategy)
    return Key(slot(colour), _DASHES[dash_name], _SHAPES[mark_name])
