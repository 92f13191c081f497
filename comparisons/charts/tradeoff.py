"""What a score costs, in money and in time: one mark a run on a log axis, error bars over draws, the Pareto front."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from comparisons.charts.figure import (
    Cell,
    Figure,
    Table,
    linear_range,
    log_range,
    log_ticks,
    plain,
    tick_text,
)
from comparisons.charts.marks import dash, hue, symbol
from comparisons.metrics import words
from comparisons.metrics.pareto import pareto_front
from comparisons.metrics.rows import ComparisonReport, RunRow

_Value = Callable[[RunRow], float | None]


def cost_against_score(report: ComparisonReport, runs: Sequence[RunRow]) -> Figure:
    """US dollars for the whole problem set against the score. The front is the report's, ceilings left out."""
    shown = {row.run for row in runs}
    front = [run for run in report.front if run in shown]
    return _tradeoff(
        report,
        [row for row in runs if row.kind != "ceiling"],
        value=lambda row: row.cost_usd,
        front=front,
        name="cost",
        title="Cost against score",
        subtitle="The draws each strategy needs and its fixed calls, problem set as a whole, list prices",
        axis="USD for the whole problem set",
        unit="USD",
        text=lambda row: words.money(row.cost_usd, is_lower_bound=row.cost_is_lower_bound),
    )


def latency_against_score(report: ComparisonReport, runs: Sequence[RunRow]) -> Figure:
    """Replayed seconds against the score, with the front of these two."""
    rows = [row for row in runs if row.kind != "ceiling"]
    known = [row for row in rows if row.latency_s is not None and row.score is not None]
    known = [row for row in known if not row.latency_is_lower_bound and not row.is_incomplete]
    points = [(row.latency_s or 0.0, row.score or 0.0) for row in known]
    front = [known[i].run for i in sorted(pareto_front(points), key=lambda i: points[i])]
    slots = sorted({row.latency_slots for row in rows})
    at = f"{words.number(slots[0])} requests at once" if len(slots) == 1 else "the slots of each run"
    return _tradeoff(
        report,
        rows,
        value=lambda row: row.latency_s,
        front=front,
        name="latency",
        title="Latency against score",
        subtitle=f"Replayed at {at}, problems one after another; waits for rate limits are not in it",
        axis="seconds, replayed",
        unit="s",
        text=lambda row: words.seconds(row.latency_s, is_lower_bound=row.latency_is_lower_bound),
    )


def _tradeoff(
    report: ComparisonReport,
    rows: Sequence[RunRow],
    *,
    value: _Value,
    front: Sequence[int],
    name: str,
    title: str,
    subtitle: str,
    axis: str,
    unit: str,
    text: Callable[[RunRow], str],
) -> Figure:
    drawn = [row for row in rows if value(row) is not None and row.score is not None]
    table = Table(
        (
            ("run", "Run"),
            (f"{name}_{unit.lower()}", unit),
            ("score", f"Score of {words.whole(report.points)}"),
            ("over_draws_lo", "95 % over draws"),
            ("on_front", "On front"),
        ),
        tuple(_cells(row, text(row), value(row), row.run in front) for row in rows),
    )
    caption = _caption(rows, drawn, front, name)
    if not drawn:
        return Figure(
            name,
            title,
            subtitle,
            "",
            table,
            problem=f"No run has a score and a known {name}.",
        )
    values = [value(row) or 0.0 for row in drawn]
    is_log = min(values) > 0
    x: dict[str, Any]
    if is_log:
        low, high = log_range(values)
        x = {
            "type": "log",
            "range": [low, high],
            "title": f"{axis} (log)",
            "tickvals": log_ticks(10**low, 10**high),
        }
        x["ticktext"] = [tick_text(tick) for tick in x["tickvals"]]
    else:
        x = {"range": [0, max(values) * 1.08 or 1.0], "title": axis}
    x["zeroline"] = False
    ends = [y for row in drawn for y in (row.score, row.over_draws.lo, row.over_draws.hi) if y is not None]
    y_low, y_high = linear_range(min(ends), max(ends), report.points)
    if y_low > 0:
        caption += f" The axis of points starts at {words.whole(y_low)}."
    data = [_step([row for row in drawn if row.run in front], value)] if front else []
    data += [_mark(row, value(row) or 0.0, text(row), unit) for row in drawn]
    layout = {
        "height": 340,
        "margin": {"l": 56, "r": 18, "t": 12, "b": 46},
        "xaxis": x,
        "yaxis": {
            "range": [y_low, y_high],
            "title": f"points of {words.whole(report.points)}",
            "zeroline": False,
        },
    }
    return Figure(name, title, subtitle, caption, table, tuple(data), layout)


def _step(rows: Sequence[RunRow], value: _Value) -> dict[str, Any]:
    rows = sorted(rows, key=lambda row: (value(row) or 0.0, row.score or 0.0))
    return {
        "type": "scatter",
        "mode": "lines",
        "cliponaxis": False,
        "x": [value(row) for row in rows],
        "y": [row.score for row in rows],
        "line": {"shape": "hv", "color": "@text-3/0.28", "width": 5},
        "hoverinfo": "skip",
    }


def _mark(row: RunRow, x: float, x_text: str, unit: str) -> dict[str, Any]:
    """One run; an open mark where its x is only a lower bound."""
    open_mark = row.cost_is_lower_bound if unit == "USD" else row.latency_is_lower_bound
    trace: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers",
        "cliponaxis": False,
        "name": plain(row.label),
        "x": [x],
        "y": [row.score],
        "line": {"dash": dash(row)},
        "marker": {
            "symbol": symbol(row) + ("-open" if open_mark else ""),
            "size": 12,
            "color": hue(row.colour),
            "line": {
                "width": 2 if open_mark else 1.5,
                "color": hue(row.colour) if open_mark else "@surface",
            },
        },
        "hovertemplate": f"<b>%{{fullData.name}}</b><br>%{{y:.1f}} points<br>{x_text} {unit}, "
        f"{words.count(row.draws_used)} draws<extra></extra>",
    }
    lo, hi = row.over_draws.lo, row.over_draws.hi
    if row.score is not None and lo is not None and hi is not None:
        trace["error_y"] = {
            "type": "data",
            "symmetric": False,
            "array": [hi - row.score],
            "arrayminus": [row.score - lo],
            "color": hue(row.colour) + "/0.6",
            "thickness": 1.2,
            "width": 3,
        }
    return trace


def _cells(row: RunRow, text: str, value: float | None, on_front: bool) -> tuple[Cell, ...]:
    reason = "" if value is not None else ", ".join(row.cost_missing) or "unknown"
    return (
        Cell(row.label, row.label),
        Cell(text, value, reason),
        Cell(words.points(row.score, is_lower_bound=row.is_incomplete), row.score),
        Cell(words.level_span(row.over_draws), row.over_draws.lo, row.over_draws.reason),
        Cell("yes" if on_front else "", "yes" if on_front else "no"),
    )


def _caption(rows: Sequence[RunRow], drawn: Sequence[RunRow], front: Sequence[int], name: str) -> str:
    known = {row.run: row.label for row in drawn}
    labels = [known[run] for run in front if run in known]
    said = []
    if labels:
        said.append(
            f"On the front (no other run is both {'cheaper' if name == 'cost' else 'faster'} and higher, "
            f"by mean scores on these problems): {', '.join(labels)}."
        )
    said.append("Bars: 95 % over draws, these problems.")
    bare = [row.label for row in drawn if not row.over_draws.is_known]
    if bare:
        said.append(f"Without an interval, for the reason in the table: {', '.join(bare)}.")
    if any(row.cost_is_lower_bound if name == "cost" else row.latency_is_lower_bound for row in drawn):
        said.append(f"Open marks: a part of the {name} is unknown, so they lie at or right of where they stand.")
    left_out = [row.label for row in rows if row not in drawn]
    if left_out:
        said.append(f"Not drawn, {name} or score unknown: {', '.join(left_out)}.")
    said.append("Ceilings are not choices and are left out.")
    return " ".join(said)
