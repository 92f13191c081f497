"""Judges a pool's newest revision on all tests of all its problems."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from comparisons.actions.judging import start_judging
from comparisons.models import User
from comparisons.operations.base import BaseOperation, Outcome
from comparisons.operations.lookups import pool
from comparisons.operations.options import reference
from comparisons.operations.printing import table
from comparisons.operations.waiting import WAITING, add_waiting, carry_out, unfinished


class Operation(BaseOperation):
    help = __doc__ or ""
    command_only = WAITING

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("pool", type=reference, metavar="POOL", help="a pool's id, as import_pool printed it")
        add_waiting(parser)

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        of = pool(user, options["pool"])
        judging = start_judging(user, of)

        def count() -> tuple[str, int, int]:
            judging.refresh_from_db()
            return judging.state, judging.judged, judging.total

        carry_out(of, options, count=count, progress=self.progress("judged"))
        judging.refresh_from_db()
        data = {
            "pool": of.pk,
            "judging": judging.pk,
            "state": judging.state,
            "judged": judging.judged,
            "total": judging.total,
            "infra_errors": judging.infra_errors,
        }
        failed = unfinished(judging.state, judging.state_reason, options, f"Judging {of}")
        return Outcome(data, table(list(data), [list(data.values())]), failed)
