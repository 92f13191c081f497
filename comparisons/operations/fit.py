"""Trains a learned score on judged pools, each problem held out in turn. `replay --fit FIT` ranks by it.

What ranks a problem never saw an outcome of it. With probes it also tunes o1-ioi's weights by random search.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from comparisons.actions.fits import TRIES, fit_inline, start_fit
from comparisons.charts import gain_span
from comparisons.metrics import words
from comparisons.models import Fit, PoolState, User
from comparisons.operations.base import AT_ONCE, BaseOperation, Outcome
from comparisons.operations.lookups import pool
from comparisons.operations.options import reference, seed
from comparisons.operations.printing import table


class Operation(BaseOperation):
    help = f"{__doc__} {AT_ONCE}"

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--pool",
            action="append",
            required=True,
            type=reference,
            metavar="POOL",
            help="a judged pool to learn from; may be repeated",
        )
        parser.add_argument(
            "--leave",
            choices=Fit.Leave.values,
            default=Fit.Leave.PROBLEM,
            help="what is left out in training for a problem: itself (default), or its whole problem set",
        )
        parser.add_argument("--seed", type=seed, default=0)
        parser.add_argument(
            "--tries", type=int, metavar="N", help=f"tries for o1-ioi's weights (default {TRIES} with probes, else 0)"
        )
        parser.add_argument(
            "--budget", type=int, default=50, help="submissions per problem in these tries (default 50)"
        )
        parser.add_argument("--without-probes", action="store_true", help="do not look at outputs on probes")

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        planned = start_fit(
            user,
            pools=[pool(user, reference) for reference in options["pool"]],
            leave=options["leave"],
            seed=options["seed"],
            tries=options["tries"],
            budget=options["budget"],
            without_probes=options["without_probes"],
            is_inline=True,
        )
        made = fit_inline(planned)
        failed = made.state_reason if made.state == PoolState.FAILED else ""
        return Outcome(_data(made), "" if failed else _text(made), failed)


def _data(made: Fit) -> dict[str, Any]:
    result = made.result
    search = result.get("search")
    return {
        "fit": made.pk,
        "state": made.state,
        "leave": made.leave,
        "uses_probes": made.uses_probes,
        "features": len(made.features),
        "folds": max(0, len(made.folds) - 1),
        "content_hash": made.content_hash or None,
        "held_out": _figures(result.get("held_out")),
        "base_rate": _figures(result.get("base_rate")),
        "auc_within": (result.get("auc_within") or {}).get("mean"),
        "problems": result.get("problems", []),
        "search": None
        if search is None
        else {
            "tries": len(search["tries"]),
            "weights": dict(zip(search["weights"], search["final"], strict=True)),
            **{name: search[name] for name in _SHARES},
            "spread_held_out": search["spread_held_out"],
        },
    }


_SHARES = ("chosen_trained", "chosen_held_out", "default_trained", "default_held_out")


def _figures(found: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if found is None else {name: found[name] for name in ("n", "log_loss", "brier", "auc")}


def _text(made: Fit) -> str:
    if made.state != PoolState.DONE:
        return f"Fit {made.pk} is {made.state}."
    result = made.result
    rows = [
        [f"{row['set']}/{row['problem']}", row["pool"], row["n"], row["solved"], row["predicted"], row["log_loss"],
         row["base_log_loss"], row["auc"]]
        for row in result["problems"]
    ]  # fmt: skip
    held, base = result["held_out"], result["base_rate"]
    lines = [
        table(["problem", "pool", "rows", "solved", "predicted", "log loss", "base rate's", "AUC"], rows),
        "",
        f"Fit {made.pk}, leaving out {made.get_leave_display()}: log loss {held['log_loss']:.4f} (base rate "
        f"{base['log_loss']:.4f}), Brier {held['brier']:.4f} ({base['brier']:.4f}) on what was held out.",
    ]
    if search := result["search"]:
        gain = search["chosen_held_out"] - search["default_held_out"]
        lines.append(
            f"o1-ioi's weights, {len(search['tries'])} tries: share of points {search['chosen_trained']:.3f} where "
            f"they were tuned, {search['chosen_held_out']:.3f} held out (defaults {search['default_held_out']:.3f}). "
            f"Tuning is worth {words.signed(gain, 3)} held out{gain_span(search)}."
        )
    return "\n".join(lines)
