"""Sizes of the clusters of one subtask, by pool, and which of them are right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from comparisons.charts.figure import Cell, Figure, Table, nice_step, plain
from comparisons.metrics import words
from comparisons.metrics.rows import ClusterRow, ComparisonReport

LARGEST = 12
AT_ONCE = 4
_COLOURS = {"right": "@right", "partial": "@partial", "wrong": "@wrong"}
_GLYPHS = {"right": "✓", "partial": "◐", "wrong": ""}


def cluster_sizes(report: ComparisonReport, problem: str, subtask: int) -> Figure:
    """The largest clusters of each pool on a subtask, side by side on one scale; up to four pools are drawn."""
    rows = [row for row in report.clusters if (row.problem, row.subtask) == (problem, subtask)]
    drawn = [row for row in rows if row.clusters][:AT_ONCE]
    column = next((c for c in report.columns if (c.problem, c.index) == (problem, subtask)), None)
    where = f"{column.title} · subtask {column.index}" if column else f"{problem} · subtask {subtask}"
    table = Table(
        (("cluster", "Cluster"), *((f"pool_{r.pool}", r.pool_name) for r in rows)),
        tuple(_table(rows)),
    )
    probes = sorted({row.n_probes for row in rows})
    on = f"on {words.plural(probes[0], 'probe')}" if len(probes) == 1 else "on their probes"
    problem_text = "" if drawn else f"No pool has clusters on {where}."
    data: list[dict[str, Any]] = []
    layout: dict[str, Any] = {}
    narrow: dict[str, Any] = {}
    if drawn:
        data = [_bars(row, place) for place, row in enumerate(drawn)]
        layout, narrow = _layout(drawn)
    return Figure(
        name="clusters",
        title=f"Cluster sizes: {where}",
        subtitle=f"Candidates grouped by equal outputs {on}; the {LARGEST} largest of each pool",
        caption=_caption(rows, drawn, where) if rows else "",
        table=table,
        data=tuple(data),
        layout=layout,
        narrow=narrow,
        problem=problem_text,
    )


def _bars(row: ClusterRow, place: int) -> dict[str, Any]:
    shown = row.clusters[:LARGEST]
    suffix = "" if place == 0 else str(place + 1)
    colours = [_COLOURS.get(outcome, "@wrong") for _, outcome in shown]
    return {
        "type": "bar",
        "x": list(range(1, len(shown) + 1)),
        "y": [size for size, _ in shown],
        "xaxis": "x" + suffix,
        "yaxis": "y" + suffix,
        "marker": {
            "color": colours,
            # Lists, one entry a bar: where one colour is a list, Plotly wants all of them so.
            "pattern": {
                "shape": ["/" if outcome == "partial" else "" for _, outcome in shown],
                "solidity": 0.25,
                "bgcolor": colours,
                "fgcolor": ["@surface"] * len(shown),
            },
        },
        "text": [_GLYPHS.get(outcome, "") for _, outcome in shown],
        "textposition": "outside",
        "cliponaxis": False,
        "textfont": {"color": "@text", "size": 13},
        "customdata": [outcome for _, outcome in shown],
        "hovertemplate": f"<b>{plain(row.pool_name)}</b><br>cluster %{{x}}: %{{y}} candidates, %{{customdata}}"
        "<extra></extra>",
    }


def _layout(rows: Sequence[ClusterRow]) -> tuple[dict[str, Any], dict[str, Any]]:
    n = len(rows)
    highest = max(size for row in rows for size, _ in row.clusters[:LARGEST])
    longest = max(min(len(row.clusters), LARGEST) for row in rows)
    # Candidates are counted: no tick between two numbers.
    step = max(1.0, nice_step(highest * 1.14, 5))
    gap = 0.05 if n > 1 else 0.0
    width = (1 - gap * (n - 1)) / n
    layout: dict[str, Any] = {
        "height": 290,
        "margin": {"l": 52, "r": 12, "t": 40, "b": 44},
        "bargap": 0.18,
    }
    narrow: dict[str, Any] = {
        "height": 60 + 190 * n,
        "margin": {"l": 44, "r": 8, "t": 34, "b": 44},
    }
    notes, narrow_notes = [], []
    for place, row in enumerate(rows):
        suffix = "" if place == 0 else str(place + 1)
        left = place * (width + gap)
        top = 1 - place / n
        bottom = 1 - (place + 1) / n + (0.22 / n if place < n - 1 else 0)
        x = {
            "range": [0.4, longest + 0.6],
            "tick0": 1,
            "dtick": 2,
            "showgrid": False,
            "zeroline": False,
        }
        x |= {"anchor": "y" + suffix, "title": "cluster, by size"}
        y = {"range": [0, highest * 1.14], "anchor": "x" + suffix, "zeroline": False, "dtick": step}
        layout["xaxis" + suffix] = {**x, "domain": [left, min(left + width, 1.0)]}
        layout["yaxis" + suffix] = {**y, "domain": [0, 1]} | (
            {"title": "candidates"} if place == 0 else {"showticklabels": False, "ticks": ""}
        )
        narrow["xaxis" + suffix] = {
            **x,
            "domain": [0, 1],
            "title": "cluster, by size" if place == n - 1 else "",
        }
        narrow["yaxis" + suffix] = {**y, "domain": [bottom, top - 0.08 / n]}
        text = f"<b>{plain(row.pool_name)}</b>"
        note = {
            "yref": "paper",
            "yanchor": "bottom",
            "showarrow": False,
            "font": {"size": 12, "color": "@text-2"},
        }
        xref = f"x{suffix} domain"
        notes.append(
            {
                **note,
                "x": 0.5,
                "xref": xref,
                "y": 1.02,
                "text": f"{text}  {_rank_text(row)}",
            }
        )
        narrow_notes.append(
            {
                **note,
                "x": 0,
                "xref": "paper",
                "xanchor": "left",
                "y": top - 0.08 / n,
                "text": f"{text}  {_rank_text(row)}",
            }
        )
    layout["annotations"], narrow["annotations"] = notes, narrow_notes
    return layout, narrow


def _rank(row: ClusterRow) -> int | None:
    """The place of the largest right cluster, from 1."""
    return next(
        (i for i, (_, outcome) in enumerate(row.clusters, start=1) if outcome == "right"),
        None,
    )


def _rank_text(row: ClusterRow) -> str:
    rank = _rank(row)
    return "no right cluster" if rank is None else f"first right: {rank} of {len(row.clusters)}"


def _table(rows: Sequence[ClusterRow]) -> list[tuple[Cell, ...]]:
    longest = max((min(len(row.clusters), LARGEST) for row in rows), default=0)
    lines = []
    for i in range(longest):
        cells = [Cell(str(i + 1), i + 1)]
        for row in rows:
            if i < len(row.clusters):
                size, outcome = row.clusters[i]
                cells.append(Cell(f"{words.number(size)} {outcome}", f"{size} {outcome}"))
            else:
                cells.append(Cell(words.MISSING, None, "no more clusters"))
        lines.append(tuple(cells))
    return lines


def _caption(rows: Sequence[ClusterRow], drawn: Sequence[ClusterRow], where: str) -> str:
    said = []
    first = [row.pool_name for row in drawn if _rank(row) == 1]
    later = [f"{row.pool_name} (place {_rank(row)})" for row in drawn if (_rank(row) or 0) > 1]
    none = [row.pool_name for row in drawn if _rank(row) is None]
    if first:
        said.append(f"On {where} the largest cluster is right in {', '.join(first)}: size alone finds it.")
    if later:
        said.append(f"The right cluster is not the largest in {', '.join(later)}: size alone cannot find it.")
    if none:
        said.append(f"No cluster is right in {', '.join(none)}: no selection by clusters can win this subtask there.")
    crashed = [f"{words.number(row.n_crashing)} of {row.pool_name}" for row in rows if row.n_crashing]
    if crashed:
        said.append(f"In no cluster, for they ran cleanly on no probe: {', '.join(crashed)}.")
    if any(row.is_privileged for row in rows):
        said.append("These probes are made from package data: a contestant would not have them.")
    if len(rows) > len(drawn):
        said.append(f"{words.plural(len(rows) - len(drawn), 'more pool')} only in the table.")
    said.append(
        "Right, partial and wrong are by the hidden tests of this subtask, which no strategy sees. Counts, exact."
    )
    return " ".join(said)
