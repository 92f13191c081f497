"""What each stage of a strategy adds: from random choice over filter, clusters and ranking to how it spends."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from comparisons.charts.figure import Cell, Figure, Table, linear_range, plain
from comparisons.metrics import words
from comparisons.metrics.rows import ComparisonReport, PairRow, RunRow
from comparisons.strategies import STRATEGIES
from comparisons.strategies.ablations import Step, build_up

_COLUMNS = (
    ("step", "Step"),
    ("score", "Score"),
    ("added", "Added"),
    ("over_draws_lo", "over draws"),
    ("over_problems_lo", "over problems"),
    ("shown", "Shown"),
)


def waterfall(report: ComparisonReport) -> Figure | None:
    """The build-up of the highest run whose every step is among the runs, on the same draws; None without one."""
    ranked = sorted(
        (row for row in report.runs if row.kind == "strategy" and row.strategy in STRATEGIES and row.score is not None),
        key=lambda row: (row.run != report.baseline, -(row.score or 0.0), row.run),
    )
    for row in ranked:
        steps = _steps_of(report, row)
        if steps is not None:
            return _figure(report, row, steps)
    return None


def _steps_of(report: ComparisonReport, run: RunRow) -> list[tuple[Step, RunRow]] | None:
    strategy = STRATEGIES[run.strategy]
    # A run of an earlier version had other options.
    if run.strategy_version != strategy.version or set(run.options) != {option.name for option in strategy.options}:
        return None
    steps = build_up(strategy, run.options)
    found = []
    for step in steps:
        row = next((row for row in report.runs if _is_step(row, step, run)), None)
        if row is None or row.score is None:
            return None
        found.append((step, row))
    return found if len(found) > 1 and found[-1][1].run == run.run else None


def _is_step(row: RunRow, step: Step, run: RunRow) -> bool:
    """Is `row` this step on the draws of `run`?"""
    alike = (row.pool, row.revision, row.judging, row.n, row.budget) == (
        run.pool, run.revision, run.judging, run.n, run.budget,
    )  # fmt: skip
    if not alike or row.strategy != step.slug:
        return False
    wanted = STRATEGIES[step.slug].complete(step.options) if step.slug in STRATEGIES else {}
    return dict(row.options) == wanted


def _figure(report: ComparisonReport, run: RunRow, steps: Sequence[tuple[Step, RunRow]]) -> Figure:
    pairs = {(pair.run, pair.baseline): pair for pair in report.all_pairs}
    scores = [row.score or 0.0 for _, row in steps]
    added = [None, *(b - a for a, b in zip(scores, scores[1:], strict=False))]
    rows = []
    for place, (step, row) in enumerate(steps):
        pair, is_turned = _between(pairs, row.run, steps[place - 1][1].run) if place else (None, False)
        rows.append(_cells(step, row, added[place], pair, is_turned=is_turned))
    low, high = linear_range(min(scores), max(scores), report.points)
    layout = _layout([step.words for step, _ in steps], [low, high], report.points)
    return Figure(
        name="waterfall",
        title="What each stage adds",
        subtitle=f"{run.label}: one stage more from bar to bar, the same draws and budget, points of "
        f"{words.whole(report.points)}",
        caption="A stage that is not there yet has its options at their plainest. What a stage adds depends on those "
        "before it: it is no share of its own. Intervals of the steps, in the family of all pairs, are in the table; "
        "a step without one that excludes 0 is not shown."
        + (f" The axis starts at {words.whole(low)}." if low else ""),
        table=Table(_COLUMNS, tuple(rows)),
        data=tuple(_traces([step.words for step, _ in steps], scores, added, low)),
        layout=layout,
        narrow=_narrow(layout),
    )


def _between(pairs: dict[tuple[int, int], PairRow], run: int, base: int) -> tuple[PairRow | None, bool]:
    if (run, base) in pairs:
        return pairs[run, base], False
    return pairs.get((base, run)), True


def _cells(step: Step, row: RunRow, added: float | None, pair: PairRow | None, *, is_turned: bool) -> tuple[Cell, ...]:
    def span(name: str) -> Cell:
        if pair is None:
            return Cell("")
        interval = getattr(pair, name)
        if not interval.is_known:
            return Cell(words.MISSING, None, interval.reason)
        lo, hi = (-interval.hi, -interval.lo) if is_turned else (interval.lo, interval.hi)
        return Cell(f"[{words.signed(lo)}, {words.signed(hi)}] at {words.level(interval)}", lo)

    shown = "" if pair is None else words.SHOWN_WORDS[pair.shown]
    return (
        Cell(step.words, step.words),
        Cell(words.points(row.score), row.score),
        Cell("" if added is None else words.signed(added), added),
        span("over_draws"),
        span("over_problems"),
        Cell(shown, shown),
    )


def _traces(
    names: Sequence[str], scores: Sequence[float], added: Sequence[float | None], low: float
) -> list[dict[str, Any]]:
    at = [len(names) - 1 - i for i in range(len(names))]
    starts = [low, *scores[:-1]]
    traces = []
    for tone, colour in _TONES.items():
        mine = [place for place, step in enumerate(added) if _tone(step) == tone]
        if mine:
            traces.append(_bars([(starts[i], scores[i], at[i]) for i in mine], colour))
    highest = max(scores)
    label: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers+text",
        "x": list(scores),
        "y": at,
        "text": [
            words.points(score) if step is None else words.signed(step)
            for score, step in zip(scores, added, strict=True)
        ],
        "textposition": ["top left" if score > 0.9 * highest else "top right" for score in scores],
        "textfont": {"size": 12, "color": "@text"},
        "marker": {"symbol": "line-ns", "size": 18, "line": {"width": 2, "color": "@text-2"}},
        "cliponaxis": False,
        "customdata": [plain(name) for name in names],
        "hovertemplate": "<b>%{customdata}</b><br>%{x:.1f} points<extra></extra>",
    }
    return [*traces, label]


_TONES = {"start": "@text-3/0.45", "up": "@better", "down": "@worse"}


def _tone(step: float | None) -> str:
    return "start" if step is None else "up" if step >= 0 else "down"


def _bars(bars: Sequence[tuple[float, float, int]], colour: str) -> dict[str, Any]:
    """Horizontal bars as one broken line."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [value for start, end, _ in bars for value in (start, end, None)],
        "y": [value for _, _, at in bars for value in (at, at, None)],
        "line": {"color": colour, "width": 14},
        "hoverinfo": "skip",
    }


def _narrow(layout: Mapping[str, Any]) -> dict[str, Any]:
    """Names in lines of a few words, so that the bars keep most of a small screen."""
    names = ["<br>".join(textwrap.wrap(name, 17, break_long_words=False)) for name in layout["yaxis"]["ticktext"]]
    return {
        "height": 90 + 54 * len(names),
        "margin": {**layout["margin"], "r": 24},
        "xaxis": {**layout["xaxis"], "nticks": 4, "tickangle": 0},
        "yaxis": {**layout["yaxis"], "ticktext": names, "tickfont": {"size": 10}},
    }


def _layout(names: Sequence[str], x_range: list[float], points: float) -> dict[str, Any]:
    n = len(names)
    return {
        "height": 90 + 38 * n,
        "margin": {"l": 20, "r": 48, "t": 8, "b": 44},
        "xaxis": {"range": x_range, "title": f"points of {words.whole(points)}", "zeroline": False},
        "yaxis": {
            "range": [-0.6, n - 0.4],
            "tickvals": [n - 1 - i for i in range(n)],
            "ticktext": [plain(name) for name in names],
            "ticks": "",
            "showgrid": False,
            "zeroline": False,
        },
    }
