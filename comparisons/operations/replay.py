"""Replays a strategy, the floor or a ceiling over a judged pool. The same inputs give the same run."""

from __future__ import annotations

from argparse import ArgumentParser, BooleanOptionalAction
from typing import Any

from comparisons.actions import NotThere, Refused
from comparisons.actions.runs import run_inline, start_run
from comparisons.metrics import words
from comparisons.models import Equality, Fit, Judging, Pool, PoolState, Probing, Run, User
from comparisons.operations.base import AT_ONCE, BaseOperation, Outcome
from comparisons.operations.lookups import pool
from comparisons.operations.options import day, key_value, reference, seed
from comparisons.operations.printing import table


class Operation(BaseOperation):
    help = f"{__doc__} {AT_ONCE}"

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--pool", required=True, type=reference, metavar="POOL", help="a pool's id, as import_pool printed it"
        )
        parser.add_argument(
            "--strategy", required=True, metavar="SLUG", help="a strategy, or random-k, oracle-k, no-limit"
        )
        parser.add_argument("--budget", type=int, default=50, help="submissions per problem (default 50)")
        parser.add_argument("--first", type=int, metavar="N", help="only the first N draws of each unit (default: all)")
        parser.add_argument(
            "--attempt",
            type=int,
            metavar="T",
            help="of each draw attempt T, or its last before that (default: the last)",
        )
        parser.add_argument(
            "--price-date",
            type=day,
            metavar="DATE",
            help="count the cost at the price that held on DATE (default: when the pool was made)",
        )
        parser.add_argument(
            "--batch",
            action=BooleanOptionalAction,
            default=None,
            help="count the cost at the provider's batch rate, or not (default: as the pool was drawn)",
        )
        parser.add_argument("--seeds", type=int, default=20, help="replays where lots are drawn (default 20)")
        parser.add_argument("--seed", type=seed, default=0)
        parser.add_argument("--judging", type=int, metavar="J", help="default: the newest complete one")
        parser.add_argument("--probes", type=int, metavar="SET", help="default: the newest the pool was run on")
        parser.add_argument(
            "--equality",
            choices=Equality.values,
            default="",
            help="of probes that the pool was run on in several ways (probe_pool --equality): this one (default: the "
            "newest)",
        )
        parser.add_argument(
            "--fit",
            type=int,
            metavar="FIT",
            help="what a learned score or tuned weights come from (default: the newest)",
        )
        parser.add_argument(
            "--option", action="append", type=key_value, default=[], metavar="KEY=VALUE", help="may be repeated"
        )

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        of = pool(user, options["pool"])
        judging = _judging(of, options["judging"])
        run = start_run(
            user,
            pool=of,
            strategy=options["strategy"],
            budget=options["budget"],
            first=options["first"],
            attempt=options["attempt"],
            price_date=options["price_date"],
            is_batch=options["batch"],
            seeds=options["seeds"],
            seed=options["seed"],
            options=dict(options["option"]),
            judging=judging,
            probing=_probing(of, judging, options["probes"], options["equality"]),
            equality=options["equality"],
            fit=_fit(user, options["fit"]),
            is_inline=True,
        )
        run = run_inline(run)
        failed = run.state_reason if run.state == PoolState.FAILED else ""
        return Outcome(_data(run), _text(run), failed)


def _judging(of: Pool, wanted: int | None) -> Judging | None:
    if wanted is None:
        return None
    found = Judging.objects.filter(pk=wanted, revision__pool=of).select_related("revision").first()
    if found is None:
        raise NotThere(f"Pool {of.pk} has no judging {wanted}.")
    return found


def _probing(of: Pool, judging: Judging | None, wanted: int | None, equality: str) -> Probing | None:
    if wanted is None:
        return None
    runs = Probing.objects.filter(probe_set=wanted, revision__pool=of).select_related("probe_set").order_by("-pk")
    if judging is not None:
        runs = runs.filter(revision=judging.revision_id)
    found = (runs.filter(equality=equality) if equality else runs).first()
    if found is None:
        way = f" --equality {equality}" if equality else ""
        raise Refused(
            f"Pool {of.pk} was not run on probe set {wanted}{way and ' with' + way}: "
            f"run `probe_pool {of.pk} --probes {wanted}{way}`."
        )
    return found


def _fit(user: User, wanted: int | None) -> Fit | None:
    if wanted is None:
        return None
    found = Fit.objects.visible_to(user).filter(pk=wanted).first()
    if found is None:
        raise NotThere(f"There is no fit {wanted}.")
    return found


def _data(run: Run) -> dict[str, Any]:
    data: dict[str, Any] = {
        "run": run.pk,
        "state": run.state,
        "kind": run.strategy.kind,
        "score": run.score,
        "sd": run.sd,
        "points": run.points,
        "seeds": run.seeds,
        "cost_usd": run.cost_usd,
        "latency_s": run.latency_s,
        "problems": [
            {
                "slug": trial.problem.slug,
                "score": trial.score,
                "submissions": trial.n_submissions,
                "subtasks": [{"index": index, "score": score} for index, _, score in trial.subtask_scores],
            }
            for trial in run.trials.select_related("problem")
        ],
    }
    if run.is_privileged:
        data["privileged"] = True
    if run.is_batch:
        data["in_batches"] = True
    if run.cost_is_lower_bound:
        data["cost_is_lower_bound"] = True
    if run.latency_s is not None and run.details.get("latency", {}).get("is_lower_bound"):
        data["latency_is_lower_bound"] = True
    if run.is_incomplete:
        data["bounds"] = [run.details["lower"], run.details["upper"]]
    return data


def _text(run: Run) -> str:
    if run.state == PoolState.FAILED:
        return ""
    if run.state != PoolState.DONE:
        return f"Run {run.pk} waits: {run.revision.pool} is not judged yet. It starts by itself."
    rows = [
        [trial.problem.slug, trial.score, trial.points, trial.n_submissions, trial.n_draws_used]
        for trial in run.trials.select_related("problem")
    ]
    interval = (
        f"{words.points(run.over_draws_lo)} to {words.points(run.over_draws_hi)} over draws"
        if run.over_draws_lo is not None and run.over_draws_hi is not None
        else f"no interval over draws: {run.over_draws_reason}"
    )
    bound = "at least " if run.cost_is_lower_bound else ""
    cost = "unknown" if run.cost_usd is None else f"{bound}{run.cost_usd:.4f} USD"
    cost += " (in batches)" if run.is_batch else ""
    least = "at least " if run.is_incomplete else ""
    return "\n".join(
        [
            table(["problem", "score", "points", "submissions", "draws used"], rows),
            "",
            f"Run {run.pk}: {run.strategy} over {run.revision.pool}: {least}{words.points(run.score)} of "
            f"{run.points:g} points ({interval}), cost {cost}.",
            *(["Privileged: its probes were made from package data."] if run.is_privileged else []),
        ]
    )
