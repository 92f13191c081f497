"""Replays a run with each ingredient off or replaced, and its build-up from random choice; compares them with it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from comparisons.actions import Refused
from comparisons.actions.ablating import Ablated, ablate
from comparisons.metrics import words
from comparisons.metrics.rows import ComparisonReport, PairRow
from comparisons.models import Run, User
from comparisons.operations import lookups
from comparisons.operations.base import AT_ONCE, BaseOperation, Outcome
from comparisons.operations.printing import table
from comparisons.queries.comparisons import comparison_report


class Operation(BaseOperation):
    help = f"{__doc__} {AT_ONCE}"

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", type=int, metavar="RUN", help="a run of a strategy, as replay printed it")

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        run = lookups.run(user, options["run"])
        comparison, done = ablate(user, run, is_inline=True)
        report = comparison_report(user, comparison.pk)
        if report is None:
            raise Refused(f"Comparison {comparison.pk} is not computed yet.")
        pairs = {pair.run: pair for pair in report.pairs}
        rows = [_data(one, run, pairs, report) for one in done]
        return Outcome(
            {"comparison": comparison.pk, "run": run.pk, "score": run.score, "ablations": rows},
            "\n".join([f"Comparison {comparison.pk}: {comparison.title}", "", table(_HEAD, map(_cells, rows))]),
        )


_HEAD = ["run", "stage", "what", "score", "difference [over problems]", "shown", "reason"]


def _data(one: Ablated, base: Run, pairs: dict[int, PairRow], report: ComparisonReport) -> dict[str, Any]:
    made = one.run
    pair = pairs.get(made.pk) if made is not None else None
    return {
        "run": made.pk if made is not None else None,
        "stage": one.stage,
        "what": one.words,
        "is_step": one.is_step,
        "score": made.score if made is not None else None,
        "difference": pair.difference if pair else 0.0 if made is not None and made.pk == base.pk else None,
        "over_draws": [pair.over_draws.lo, pair.over_draws.hi] if pair and pair.over_draws.is_known else None,
        "over_problems": [pair.over_problems.lo, pair.over_problems.hi]
        if pair and pair.over_problems.is_known
        else None,
        "shown": pair.shown if pair else None,
        "reason": one.reason,
    }


def _cells(row: dict[str, Any]) -> list[Any]:
    span = row["over_problems"]
    across = f" [{words.signed(span[0])}, {words.signed(span[1])}]" if span else ""
    return [
        row["run"] or "-",
        row["stage"],
        row["what"],
        words.points(row["score"]),
        "" if row["difference"] is None else words.signed(row["difference"]) + across,
        row["shown"] or ("not shown" if row["difference"] is not None else ""),
        row["reason"],
    ]
