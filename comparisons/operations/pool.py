"""Says what a pool is doing, and what it costs at each price; pauses, resumes or cancels it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from comparisons.actions.judging import cancel, pause, resume
from comparisons.models import User
from comparisons.operations.base import BaseOperation, Outcome
from comparisons.operations.lookups import pool
from comparisons.operations.options import reference
from comparisons.operations.printing import table
from comparisons.queries.repricing import PricedRow, priced_rows


class Operation(BaseOperation):
    help = __doc__ or ""
    changes_with = ("action",)

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("pool", type=reference, metavar="POOL", help="a pool's id, as import_pool printed it")
        parser.add_argument("--prices", action="store_true", help="what its tokens cost at each price of its model")
        either = parser.add_mutually_exclusive_group()
        for action in ("pause", "resume", "cancel"):
            either.add_argument(f"--{action}", dest="action", action="store_const", const=action)

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        of = pool(user, options["pool"])
        actions = {"pause": pause, "resume": resume, "cancel": cancel}
        if options["action"]:
            actions[options["action"]](user, of)
        of.refresh_from_db()
        reason = f" ({of.state_reason})" if of.state_reason else ""
        data: dict[str, Any] = {"pool": of.pk, "state": of.state}
        lines = [f"{of.name}: {of.state}{reason}"]
        if options["prices"]:
            data["prices"] = [_priced(row) for row in priced_rows(of)]
            columns = ("valid_from", "cost_usd", "batch_usd", "idle_usd", "source")
            lines.append(table(list(columns), [[row[name] for name in columns] for row in data["prices"]]))
        return Outcome(data, "\n".join(lines))


def _priced(row: PricedRow) -> dict[str, Any]:
    data: dict[str, Any] = {
        "valid_from": row.price.valid_from.isoformat(),
        "source": row.price.source,
        "cost_usd": row.cost_usd,
        "batch_usd": row.batch_usd,
        "idle_usd": row.idle_usd,
    }
    return data | ({"cost_is_lower_bound": True} if row.is_lower_bound else {})
