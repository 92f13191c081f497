"""Says how many problems, draws and dollars would show a difference to a comparison's baseline."""

from __future__ import annotations

import dataclasses
from argparse import ArgumentParser
from typing import Any

from comparisons.actions import NotThere, Refused
from comparisons.metrics import words
from comparisons.metrics.plan_rows import PlanRow, plan_rows
from comparisons.metrics.planner import MOST_POINTS, POWER
from comparisons.models import Comparison, User
from comparisons.operations.base import BaseOperation, Outcome
from comparisons.operations.options import number
from comparisons.operations.printing import table
from comparisons.queries.comparisons import comparison_report


class Operation(BaseOperation):
    help = __doc__ or ""
    changes_with = ()

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("comparison", type=int, metavar="COMPARISON", help="as compare printed it")
        parser.add_argument(
            "--difference", type=number, metavar="X", help="points per problem to be shown (default: the one seen)"
        )
        parser.add_argument(
            "--power",
            type=number,
            default=POWER,
            metavar="P",
            help=f"the chance that it is then shown (default {POWER:g})",
        )

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        difference, power = options["difference"], options["power"]
        if not 0 < power < 1:
            raise Refused(f"--power lies between 0 and 1, not at {power:g}.")
        if difference is not None and not 0 < difference <= MOST_POINTS:
            raise Refused(f"--difference lies above 0 and up to {MOST_POINTS:,} points, not at {difference:g}.")
        known = Comparison.objects.visible_to(user).filter(pk=options["comparison"]).exists()
        report = comparison_report(user, options["comparison"]) if known else None
        if report is None:
            raise NotThere(f"There is no finished comparison {options['comparison']}.")
        plans = plan_rows(report, difference=difference, power=power)
        data = {"comparison": report.comparison, "power": power, "plans": [_data(row) for row in plans]}
        header = ["run", "label", "points per problem", "problems", "draws", "USD", "reason"]
        return Outcome(data, table(header, [_cells(row) for row in plans]))


def _data(row: PlanRow) -> dict[str, Any]:
    data = dataclasses.asdict(row)
    if not row.cost_is_lower_bound:  # said only where it is one
        del data["cost_is_lower_bound"]
    return data


def _cells(row: PlanRow) -> list[Any]:
    return [
        row.run,
        row.label,
        words.whole(row.difference),
        f"{row.problems:,} (now {row.n_problems})" if row.problems else "-",
        f"{row.draws:,}" if row.draws else "-",
        words.money(row.cost_usd, is_lower_bound=row.cost_is_lower_bound),
        row.reason,
    ]
