"""Where two runs part: the subtasks on which their scores differ."""

from __future__ import annotations

from dataclasses import dataclass

from comparisons.metrics import words
from comparisons.metrics.rows import ComparisonReport, RunRow, SubtaskColumn


@dataclass(frozen=True)
class PartingLine:
    """One subtask. `tone` is up where the first run has more, down where it has less."""

    column: SubtaskColumn
    points: str
    first: str
    second: str
    difference: str
    tone: str


@dataclass(frozen=True)
class Parting:
    """Two runs side by side, largest differences first; `n_all` differ, `summary` adds them up."""

    first: RunRow
    second: RunRow
    lines: tuple[PartingLine, ...]
    n_all: int
    summary: str
    is_exact: bool


def parting(report: ComparisonReport, first: int, second: int, *, most: int = 12) -> Parting:
    """The subtasks where these two runs (ids of the report) differ. Raises KeyError for a run that is not in it."""
    a, b = report.run_row(first), report.run_row(second)
    found = []
    for column, x, y in zip(report.columns, a.subtask_scores, b.subtask_scores, strict=False):
        if x is not None and y is not None and abs(x - y) > 1e-9:
            found.append((x - y, column, x, y))
    found.sort(key=lambda item: -abs(item[0]))
    lines = tuple(
        PartingLine(
            column,
            words.count(column.points),
            words.number(x, _digits(x)),
            words.number(y, _digits(y)),
            words.signed(step, _digits(step)),
            "up" if step > 0 else "down",
        )
        for step, column, x, y in found[:most]
    )
    gained = sum(step for step, *_ in found if step > 0)
    lost = sum(step for step, *_ in found if step < 0)
    return Parting(
        first=a,
        second=b,
        lines=lines,
        n_all=len(found),
        summary=" and ".join(words.signed(total) for total in (gained, lost) if total) + " points",
        is_exact=a.is_exact and b.is_exact,
    )


def default_pair(report: ComparisonReport) -> tuple[int, int] | None:
    """The best strategy, on the baseline's pool if there is one, and the baseline; None where one run is alone."""
    rows = [row for row in report.runs if row.kind != "ceiling" and row.score is not None]
    base = next((row for row in rows if row.run == report.baseline), rows[0] if rows else None)
    others = [row for row in rows if base is not None and row.run != base.run]
    if base is None or not others:
        return None

    def rank(row: RunRow) -> tuple[bool, bool, float]:
        return row.kind == "strategy", row.pool == base.pool, row.score or 0.0

    return max(others, key=rank).run, base.run


def _digits(value: float) -> int:
    return 0 if abs(value - round(value)) < 0.005 else 1 if abs(value) >= 1 else 2
