"""What it would take to show a difference, ready to print."""

from __future__ import annotations

from dataclasses import dataclass

from comparisons.charts.marks import Key, key
from comparisons.metrics import words
from comparisons.metrics.plan_rows import plan_rows
from comparisons.metrics.rows import ComparisonReport


@dataclass(frozen=True)
class PlanLine:
    """For one run against the baseline."""

    label: str
    key: Key
    difference: str
    problems: str
    draws: str
    cost: str
    reason: str


def plan_lines(report: ComparisonReport, *, difference: float | None = None) -> tuple[PlanLine, ...]:
    """One line a difference to the baseline. difference: points per problem to be shown; None = the one seen."""
    rows = {row.run: row for row in report.runs}
    return tuple(
        PlanLine(
            plan.label,
            key(rows[plan.run]),
            words.whole(plan.difference),
            f"{words.number(plan.problems)} (now {plan.n_problems})" if plan.problems else words.MISSING,
            f"{words.number(plan.draws)} (now {words.number(rows[plan.run].n)})" if plan.draws else words.MISSING,
            words.money(plan.cost_usd, is_lower_bound=plan.cost_is_lower_bound),
            plan.reason,
        )
        for plan in plan_rows(report, difference=difference)
    )
