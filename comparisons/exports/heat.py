"""Points per run and subtask as a table whose colours are classes of the stylesheet (q0-q10, d0-d6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from comparisons.charts.marks import Key, key
from comparisons.metrics import words
from comparisons.metrics.rows import ComparisonReport, RunRow, SubtaskColumn

VIEWS = ("points", "difference", "differing")
_SAME = 1e-9


@dataclass(frozen=True)
class HeatColumn:
    """A subtask as a heading; `href` leads to its clusters, "" where there are none to see."""

    index: int
    title: str
    points: str
    href: str


@dataclass(frozen=True)
class HeatGroup:
    """The columns of one problem."""

    problem: str
    title: str
    columns: tuple[HeatColumn, ...]


@dataclass(frozen=True)
class HeatCell:
    """Class, text and title of a cell, and its problem."""

    kind: str
    text: str
    title: str
    problem: str


@dataclass(frozen=True)
class HeatRow:
    """A run: its cells by group, and its total."""

    row: RunRow
    key: Key
    is_baseline: bool
    groups: tuple[tuple[HeatCell, ...], ...]
    total: str


@dataclass(frozen=True)
class Heat:
    """The matrix. `n_columns` of `n_all` subtasks are shown; `is_difference` says what the cells hold. `has_sums`: of a
    ceiling only the sum over a problem is known, so its cells are missing and its total is not."""

    groups: tuple[HeatGroup, ...]
    rows: tuple[HeatRow, ...]
    is_difference: bool
    n_columns: int
    n_all: int
    n_missing: int
    has_sums: bool
    has_rounded: bool
    one_subtask_each: bool


def heat(
    report: ComparisonReport,
    runs: Sequence[RunRow],
    *,
    view: str = "points",
    baseline: int | None = None,
    links: Mapping[tuple[str, int], str] | None = None,
) -> Heat:
    """Runs x subtasks. `view`: points, difference (to the baseline run) or differing (points where runs differ).

    `links` are addresses by (problem, subtask index), for headings that lead somewhere.
    """
    hrefs = links or {}
    base = next((row for row in report.runs if row.run == baseline), None)
    is_difference = view == "difference" and base is not None
    places = list(range(len(report.columns)))
    if view == "differing":
        places = [i for i in places if _differs(runs, i)]
    groups: list[tuple[str, list[int]]] = []
    for i in places:
        problem = report.columns[i].problem
        if not groups or groups[-1][0] != problem:
            groups.append((problem, []))
        groups[-1][1].append(i)
    rows = tuple(_row(report, row, base if is_difference else None, groups, baseline) for row in runs)
    shown = [value for row in runs for i in places if (value := _at(row, i)) is not None]
    return Heat(
        groups=tuple(
            HeatGroup(name, report.columns[at[0]].title, tuple(_column(report.columns[i], hrefs) for i in at))
            for name, at in groups
        ),
        rows=rows,
        is_difference=is_difference,
        n_columns=len(places),
        n_all=len(report.columns),
        n_missing=len(runs) * len(places) - len(shown),
        has_sums=any(_is_sum(row) and _at(row, i) is None for row in runs for i in places),
        has_rounded=any(abs(value * 10 - round(value * 10)) > _SAME or abs(value) >= 10 for value in shown),
        one_subtask_each=all(len(at) == 1 for _, at in groups) and bool(groups),
    )


def step(value: float, points: float) -> int:
    """The colour step, 0 to 10, of a score: 0 only where it is 0, 10 only where it is all of the points."""
    if points <= 0 or value <= _SAME:
        return 0
    if value >= points - _SAME:
        return 10
    return min(9, max(1, round(10 * value / points)))


def difference_step(value: float, points: float) -> int:
    """The colour step, 0 to 6, of a difference: 3 only where there is none."""
    if points <= 0 or abs(value) <= _SAME:
        return 3
    size = 1 if abs(value) <= points / 3 else 2 if abs(value) <= 2 * points / 3 else 3
    return 3 + size if value > 0 else 3 - size


def cell_text(value: float, points: float, *, is_difference: bool = False) -> str:
    """A value for a cell of two or three characters: whole, a half stays a half, more decimals for small points."""
    fraction = abs(abs(value) % 1 - 0.5)
    digits = 0 if abs(value - round(value)) < 0.005 else 1 if abs(value) < 9.95 or fraction < 0.005 else 0
    if is_difference and abs(value) >= 1 and fraction >= 0.005:
        digits = 0
    if points <= 1 and abs(value - round(value)) > 0.005:
        digits = 2
    return words.signed(value, digits) if is_difference else words.number(value, digits)


def _column(column: SubtaskColumn, links: Mapping[tuple[str, int], str]) -> HeatColumn:
    points = words.count(column.points)
    name = f", {column.name}" if column.name and column.name != f"subtask {column.index}" else ""
    title = f"subtask {column.index}{name}: {points} points"
    return HeatColumn(column.index, title, points, links.get((column.problem, column.index), ""))


def _row(
    report: ComparisonReport,
    row: RunRow,
    base: RunRow | None,
    groups: Sequence[tuple[str, Sequence[int]]],
    baseline: int | None,
) -> HeatRow:
    cells = tuple(tuple(_cell(report.columns[i], row, base, i) for i in at) for _, at in groups)
    total = row.score
    if base is not None:
        total = None if row.score is None or base.score is None else row.score - base.score
    if base is not None and total is not None:
        text = words.signed(total)
    else:
        text = words.points(total, is_lower_bound=row.is_incomplete)
    return HeatRow(row, key(row), row.run == baseline, cells, text)


def _cell(column: SubtaskColumn, row: RunRow, base: RunRow | None, i: int) -> HeatCell:
    value = _at(row, i)
    other = _at(base, i) if base is not None else 0.0
    where = f"{column.title}, subtask {column.index}"
    if value is None or other is None:
        why = "only the sum over the problem is known" if _is_sum(row) else "missing"
        return HeatCell("q-none", words.MISSING, f"{where}: {why}", column.problem)
    points = words.count(column.points)
    if base is None:
        kind = f"q{step(value, column.points)}"
        title = f"{where}: {words.number(value, 2)} of {points}"
        return HeatCell(kind, cell_text(value, column.points), title, column.problem)
    value -= other
    title = f"{where}: {words.signed(value, 2)} of {points}"
    kind = f"d{difference_step(value, column.points)}"
    return HeatCell(kind, cell_text(value, column.points, is_difference=True), title, column.problem)


def _is_sum(row: RunRow) -> bool:
    """The best choice of fewer submissions than subtasks is found as a sum; how it falls on the subtasks is not."""
    return row.kind == "ceiling" and row.score is not None


def _at(row: RunRow, i: int) -> float | None:
    return row.subtask_scores[i] if i < len(row.subtask_scores) else None


def _differs(runs: Sequence[RunRow], i: int) -> bool:
    values = [_at(row, i) for row in runs]
    known = [value for value in values if value is not None]
    return len(known) < len(values) or (bool(known) and max(known) - min(known) > _SAME)
