"""What better selection could still win: from the floor over the score to what the pool holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from comparisons.charts.figure import Cell, Figure, Table, linear_range, plain
from comparisons.charts.marks import hue, symbol
from comparisons.metrics import words
from comparisons.metrics.rows import ComparisonReport, RunRow

_COLUMNS = (
    ("run", "Run"),
    ("floor", "Random, exact"),
    ("score", "Score"),
    ("oracle_k", "Best possible with the budget"),
    ("no_limit", "No limit"),
    ("gap_share", "Gap closed"),
    ("gap_share_lo", "95 % over draws"),
)


def oracle_gap(report: ComparisonReport, runs: Sequence[RunRow]) -> Figure:
    """One bar a run, in the order given: floor, score, oracle-k, no-limit. Ceilings are left out: they are its ends."""
    rows = [row for row in runs if row.kind != "ceiling"]
    drawn = [row for row in rows if row.score is not None and row.floor is not None and _end(row) is not None]
    budgets = sorted({row.budget for row in rows})
    budget = f"budget {words.count(budgets[0])} a problem" if len(budgets) == 1 else "budgets differ: see the table"
    figure = Figure(
        name="gap",
        title="Oracle gap",
        subtitle=f"Random choice · run · best possible, points of {words.whole(report.points)}; {budget}; "
        "beside the mark the share of the gap closed with its 95 % interval over draws",
        caption=_caption(drawn, rows),
        table=Table(_COLUMNS, tuple(_cells(row) for row in rows)),
        problem="" if drawn else "No run has a score, a floor and a ceiling yet: there is no gap to draw.",
    )
    if not drawn:
        return figure
    lowest = min(min(_known(row)) for row in drawn)
    low, high = linear_range(lowest, max(max(_known(row)) for row in drawn), report.points)
    layout, narrow = _layout(drawn, [low, high], report.points)
    return Figure(
        figure.name,
        figure.title,
        figure.subtitle,
        figure.caption + (f" The axis starts at {words.whole(low)}." if low > 0 else ""),
        figure.table,
        tuple(_traces(drawn)),
        layout,
        narrow,
    )


def _end(row: RunRow) -> float | None:
    """Where the bar ends: no-limit, else oracle-k."""
    return row.no_limit if row.no_limit is not None else row.oracle_k


def _known(row: RunRow) -> list[float]:
    return [x for x in (row.score, row.floor, row.oracle_k, row.no_limit) if x is not None]


def _position(index: int, n: int) -> int:
    """The first run stands on top."""
    return n - 1 - index


def _traces(rows: Sequence[RunRow]) -> list[dict[str, Any]]:
    n = len(rows)
    at = [_position(i, n) for i in range(n)]
    return [
        _bars(at, [(r.floor, _end(r)) for r in rows], "@line"),
        _bars(at, [(r.floor, r.score) for r in rows], "@text-3/0.45"),
        _ticks(at, rows, [r.floor for r in rows], "Random, exact", "@text-2"),
        _ticks(
            at,
            rows,
            [r.oracle_k for r in rows],
            "Best possible with the budget",
            "@text",
        ),
        _ticks(at, rows, [r.no_limit for r in rows], "No limit", "@text-3"),
        {
            "type": "scatter",
            "mode": "markers+text",
            "x": [r.score for r in rows],
            "y": at,
            "text": [_share_text(r) for r in rows],
            "textposition": [_text_position(r, rows) for r in rows],
            "textfont": {"size": 11, "color": "@text-2"},
            "marker": {
                "symbol": [symbol(r) for r in rows],
                "size": 12,
                "color": [hue(r.colour) for r in rows],
                "line": {"width": 1.5, "color": "@surface"},
            },
            "cliponaxis": False,
            "customdata": [plain(r.label) for r in rows],
            "hovertemplate": "<b>%{customdata}</b><br>%{x:.1f} points<extra></extra>",
        },
    ]


def _bars(at: Sequence[int], ends: Sequence[tuple[float | None, float | None]], colour: str) -> dict[str, Any]:
    """Horizontal bars as one broken line, so that a bar may start anywhere."""
    x: list[float | None] = []
    y: list[float | None] = []
    for position, (start, end) in zip(at, ends, strict=True):
        x += [start, end, None]
        y += [position, position, None]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "line": {"color": colour, "width": 12},
        "hoverinfo": "skip",
    }


def _ticks(
    at: Sequence[int],
    rows: Sequence[RunRow],
    values: Sequence[float | None],
    name: str,
    colour: str,
) -> dict[str, Any]:
    known = [i for i, value in enumerate(values) if value is not None]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [values[i] for i in known],
        "y": [at[i] for i in known],
        "marker": {
            "symbol": "line-ns",
            "size": 16,
            "line": {"width": 2.5, "color": colour},
        },
        "cliponaxis": False,
        "customdata": [plain(rows[i].label) for i in known],
        "hovertemplate": "<b>%{customdata}</b><br>" + name + ": %{x:.1f} points<extra></extra>",
    }


def _share_text(row: RunRow) -> str:
    if row.kind == "floor" or row.gap_share is None:
        return ""
    span = words.share_span(row.gap_share_over_draws)
    return _closed(row) + (f" ({span})" if span else "")


def _closed(row: RunRow) -> str:
    return words.gap_share(row.gap_share, is_bound=row.oracle_is_bound)


def _text_position(row: RunRow, rows: Sequence[RunRow]) -> str:
    """Above the mark, away from an edge it would run into."""
    highest = max(max(_known(other)) for other in rows)
    lowest = min(min(_known(other)) for other in rows)
    margin = 0.12 * (highest - lowest)
    score = row.score if row.score is not None else lowest
    return "top left" if score > highest - margin else "top right" if score < lowest + margin else "top center"


def _layout(rows: Sequence[RunRow], x_range: list[float], points: float) -> tuple[dict[str, Any], dict[str, Any]]:
    at = [_position(i, len(rows)) for i in range(len(rows))]
    y = {
        "range": [-0.6, len(rows) - 0.3],
        "tickvals": at,
        "ticktext": [plain(r.label) for r in rows],
        "ticks": "",
        "showgrid": False,
        "zeroline": False,
    }
    layout = {
        "height": 90 + 38 * len(rows),
        "margin": {"l": 20, "r": 32, "t": 8, "b": 44},
        "xaxis": {
            "range": x_range,
            "title": f"points of {words.whole(points)}",
            "zeroline": False,
        },
        "yaxis": y,
    }
    short = [plain(r.label).replace(" · ", "<br>") for r in rows]
    return layout, {
        "yaxis": {**y, "ticktext": short, "tickfont": {"size": 10}},
        "height": 90 + 46 * len(rows),
    }


def _cells(row: RunRow) -> tuple[Cell, ...]:
    interval = row.gap_share_over_draws
    closed = row.gap_share if row.kind != "floor" else None
    return (
        Cell(row.label, row.label),
        Cell(words.points(row.floor), row.floor),
        Cell(words.points(row.score, is_lower_bound=row.is_incomplete), row.score),
        Cell(
            ("≤" + words.NO_BREAK if row.oracle_is_bound else "") + words.points(row.oracle_k),
            row.oracle_k,
        ),
        Cell(words.points(row.no_limit), row.no_limit),
        Cell(words.gap_share(closed, is_bound=row.oracle_is_bound), closed),
        Cell(
            words.share_span(interval) + " %" if interval.is_known else words.MISSING,
            interval.lo,
            interval.reason,
        ),
    )


def _caption(drawn: Sequence[RunRow], rows: Sequence[RunRow]) -> str:
    said = [
        "The bar runs from what random choice expects (exact) to what the pool holds; the stronger part is what the "
        "run won. Upright marks at its end: best possible with the budget (dark) and with no limit (grey)."
    ]
    best = max(
        (r for r in drawn if r.gap_share is not None and r.kind == "strategy"),
        key=lambda r: r.gap_share or 0.0,
        default=None,
    )
    if best is not None and (best.gap_share or 0) > 0:
        said.append(f"{best.label} closes the largest share of the gaps known, {_closed(best)}.")
        end = _end(best)
        if end is not None and end < best.points:
            said.append(f"To score above {words.whole(end)} its pool must get better, not its selection.")
    below = [
        r.label
        for r in drawn
        if not r.is_incomplete and r.floor is not None and r.score is not None and r.score < r.floor - 1e-9
    ]
    if below:
        said.append(f"Below random choice: {', '.join(below)}.")
    if drawn and all(_coincide(r) for r in drawn):
        said.append(
            "Every budget has room for the best candidate of each subtask: the two ceilings coincide, one mark."
        )
    if any(r.oracle_is_bound for r in drawn):
        said.append("Where the best choice under the budget is not known exactly, its upper bound is drawn (≤).")
    left_out = [r.label for r in rows if r not in drawn]
    if left_out:
        said.append(f"Not drawn, for want of a score, a floor or a ceiling: {', '.join(left_out)}.")
    sizes = sorted({r.n for r in drawn})
    if len(sizes) == 1:
        less = ", less the draws that were never answered" if any(r.missing_draws for r in drawn) else ""
        all_have = f"all pools here have {words.count(sizes[0])} a problem{less}"
        said.append(f"No limit grows with the number of draws; {all_have}.")
    elif sizes:
        said.append("No limit grows with the number of draws, and the pools differ in it: do not compare their gaps.")
    return " ".join(said)


def _coincide(row: RunRow) -> bool:
    return row.oracle_k is not None and row.no_limit is not None and abs(row.oracle_k - row.no_limit) < 1e-9
