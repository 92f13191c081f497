"""What the address of a comparison says about how to show it, and the addresses of its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self
from urllib.parse import urlencode

from comparisons.exports import SORTS, VIEWS, default_pair, telling_subtask
from comparisons.metrics.planner import MOST_POINTS
from comparisons.metrics.rows import ComparisonReport, RunRow
from comparisons.queries.row_numbers import row_number as _number

DEFAULT_SORT = "-score"


def _points(text: str) -> str:
    """A number of points above 0 as the address has it; "" for anything else."""
    try:
        value = float(text)
    except ValueError:
        return ""
    return f"{value:g}" if 0 < value <= MOST_POINTS else ""


@dataclass(frozen=True)
class PageState:
    """How a comparison is shown. What is nonsense in the address falls back to the default: links grow old.

    `subtask` is (problem slug, index) of the cluster chart; `parts` are the two runs set side by side; `tables` names
    the charts shown as tables; `x` is the difference to be planned for, "" the one seen; `reach` is the score that is
    to be reached cheaply, "" for none.
    """

    view: str
    sort: str
    baseline: int | None
    subtask: tuple[str, int] | None
    hidden: tuple[int, ...]
    parts: tuple[int, int] | None
    tables: tuple[str, ...]
    x: str
    reach: str
    report: ComparisonReport
    defaults: Mapping[str, str] = field(default_factory=dict, compare=False)

    @classmethod
    def read(cls, query: Mapping[str, str], report: ComparisonReport) -> Self:
        """The state that a query string asks for."""
        known = {row.run: row for row in report.runs}
        view, sort = query.get("view", ""), query.get("sort", "")
        baseline = _number(query.get("baseline", ""))
        chosen = known.get(baseline) if baseline is not None else None
        clusters = {(row.problem, row.subtask) for row in report.clusters}
        problem, _, index = query.get("subtask", "").rpartition(".")
        subtask = (problem, _number(index) or 0)
        hidden = tuple(run for text in query.get("hide", "").split(",") if (run := _number(text)) in known and run)
        pair = (_number(query.get("a", "")) or 0, _number(query.get("b", "")) or 0)
        state = cls(
            view=view if view in VIEWS else "points",
            sort=sort if sort.lstrip("-") in SORTS else DEFAULT_SORT,
            baseline=baseline if chosen is not None and chosen.kind != "ceiling" else report.baseline,
            subtask=subtask if subtask in clusters else telling_subtask(report),
            hidden=hidden if len(hidden) < len(report.runs) else (),
            parts=pair if pair[0] in known and pair[1] in known and pair[0] != pair[1] else default_pair(report),
            tables=tuple(name for name in query.get("table", "").split(",") if name.isalpha()),
            x=_points(query.get("x", "")),
            reach=_points(query.get("reach", "")),
            report=report,
        )
        return replace(state, defaults=cls.read({}, report).values if query else state.values)

    @property
    def runs(self) -> tuple[RunRow, ...]:
        """The runs that are not hidden, in the order of the report."""
        return tuple(row for row in self.report.runs if row.run not in self.hidden)

    @property
    def values(self) -> dict[str, str]:
        """Every part of the state by its name in the address."""
        first, second = self.parts or ("", "")
        return {
            "view": self.view,
            "sort": self.sort,
            "baseline": str(self.baseline or ""),
            "subtask": "{}.{}".format(*self.subtask) if self.subtask else "",
            "hide": ",".join(map(str, self.hidden)),
            "a": str(first),
            "b": str(second),
            "table": ",".join(self.tables),
            "x": self.x,
            "reach": self.reach,
        }

    def query(self, **changes: Any) -> str:
        """The query string of this state with some of it changed; "" where all is at its default."""
        return urlencode(self.inputs(**changes), safe=",.")

    def inputs(self, *without: str, **changes: Any) -> list[tuple[str, str]]:
        """The parts of the (changed) state that are not at their default, without some: for a form's hidden fields."""
        values = replace(self, **changes).values if changes else self.values
        together = {"a", "b"} if any(values[name] != self.defaults[name] for name in ("a", "b")) else set()
        return [
            (name, value)
            for name, value in values.items()
            if value and name not in without and (value != self.defaults[name] or name in together)
        ]

    def link(self, **changes: Any) -> str:
        """The address of `query`, relative to the page."""
        return "?" + self.query(**changes)

    def toggled(self, name: str, value: Any) -> str:
        """The address with `value` put into, or taken out of, the tuple `name` ("hidden" or "tables")."""
        now = getattr(self, name)
        return self.link(**{name: tuple(v for v in now if v != value) if value in now else (*now, value)})
