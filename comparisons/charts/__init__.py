"""Pure: rows of a comparison -> charts as data (plain Plotly dicts with their tables), and their drawing as SVG."""

from comparisons.charts.clusters import cluster_sizes
from comparisons.charts.figure import Cell, Figure, Table
from comparisons.charts.gap import oracle_gap
from comparisons.charts.learning import calibration_curve, gain_span, search_spread
from comparisons.charts.marks import Key, key, style_of
from comparisons.charts.svg import to_svg
from comparisons.charts.tradeoff import cost_against_score, latency_against_score
from comparisons.charts.waterfall import waterfall

__all__ = [
    "Cell",
    "Figure",
    "Key",
    "Table",
    "calibration_curve",
    "cluster_sizes",
    "cost_against_score",
    "gain_span",
    "key",
    "latency_against_score",
    "oracle_gap",
    "search_spread",
    "style_of",
    "to_svg",
    "waterfall",
]
