"""Runs a pool's newest revision on probes: generated inputs that tell candidates apart and never score them.

They come from the package's generators or from mutated public inputs (both are package data, so runs that use them are
marked privileged), or a model writes the programs that make and validate them.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from comparisons.actions import NotThere, Refused
from comparisons.actions.judging import start_probing
from comparisons.actions.model_probes import PlannedProbes, plan_model_probes
from comparisons.models import Equality, PoolState, ProbeSet, ProbeSource, Probing, User
from comparisons.operations.base import BaseOperation, Outcome
from comparisons.operations.estimates import estimate_data, estimate_lines
from comparisons.operations.lookups import language_model, pool
from comparisons.operations.options import reference, seed
from comparisons.operations.printing import table
from comparisons.operations.probe_options import add_probe_options, recipe_options
from comparisons.operations.waiting import WAITING, add_waiting, carry_out, unfinished
from comparisons.queries.probes import visible_probe_sets
from comparisons.stages.generated_tests import DEFAULT_PER_SAMPLE
from judge.rounding import DIGITS

#: How many where nobody says.
_N = {ProbeSource.GENERATED.value: DEFAULT_PER_SAMPLE}
_N_HELP = (
    f"inputs per subtask (default 256); of generated tests: how many of each sample (default {DEFAULT_PER_SAMPLE})"
)


class Operation(BaseOperation):
    help = __doc__ or ""
    command_only = WAITING

    def add_options(self, parser: ArgumentParser) -> None:
        parser.add_argument("pool", type=reference, metavar="POOL", help="a pool's id, as import_pool printed it")
        parser.add_argument("--source", choices=ProbeSource.values, default=ProbeSource.PACKAGE.value)
        parser.add_argument("-n", type=int, help=_N_HELP)
        parser.add_argument("--seed", type=seed, default=0)
        parser.add_argument("--probes", metavar="SET", type=int, help="use this probe set instead of making one")
        parser.add_argument(
            "--equality",
            choices=Equality.values,
            default=Equality.TOKENS.value,
            help="outputs are equal by their tokens (tokens, the default), or with decimal numbers rounded to "
            f"{DIGITS} digits and case ignored (rounded)",
        )
        add_waiting(parser)
        add_probe_options(parser)

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        of = pool(user, options["pool"])
        model = language_model(options["model"]) if options["model"] is not None else None
        recipe = recipe_options(options)
        if options["dry_run"]:
            if options["source"] != ProbeSource.MODEL:
                raise Refused("--dry-run is for --source model: nothing else costs anything.")
            return _planned(plan_model_probes(of.problem_set, model or of.model, recipe))
        probing = start_probing(
            user,
            of,
            source=options["source"],
            n=_N.get(options["source"], 256) if options["n"] is None else options["n"],
            seed=options["seed"],
            probe_set=_probe_set(user, options["probes"]),
            model=model,
            recipe=recipe,
            max_cost_usd=options["max_cost"],
            equality=options["equality"],
        )

        def count() -> tuple[str, int, int]:
            probing.refresh_from_db()
            return probing.state, probing.probed, probing.total

        carry_out(of, options, count=count, progress=self.progress("probed"))
        return _outcome(of.pk, probing, options)


def _outcome(pool_id: int, probing: Probing, options: dict[str, Any]) -> Outcome:
    probing.refresh_from_db()
    probe_set = probing.probe_set
    probe_set.refresh_from_db()
    rows = list(probe_set.probes.all())
    valid = [row.valid for row in rows]
    is_over_budget = probe_set.state == PoolState.STOPPED_BY_BUDGET
    data: dict[str, Any] = {
        "pool": pool_id,
        "state": probe_set.state if is_over_budget else probing.state,
        "probe_set": probe_set.pk,
        "inputs": sum(row.n_made for row in rows),
        "valid": None if None in valid else sum(row.n_valid for row in rows),
        # Of generated tests all texts of a problem lie in one blob.
        "probes": sum(row.n_valid if probe_set.source == ProbeSource.GENERATED else len(row.inputs) for row in rows),
    }
    failed = unfinished(data["state"], probing.state_reason or probe_set.state_reason, options, "Probing")
    if probing.state == PoolState.DONE and not data["probes"]:
        failed = _why_none(probe_set)
    return Outcome(data, table(list(data), [list(data.values())]), failed)


def _why_none(probe_set: ProbeSet) -> str:
    notes = sorted({note for note in probe_set.probes.values_list("source_note", flat=True) if note})
    why = f" ({'; '.join(notes)})" if notes else ""
    return f"No probe came of probe set {probe_set.pk}{why}: try another --source."


def _planned(planned: PlannedProbes) -> Outcome:
    estimate = planned.estimate
    data: dict[str, Any] = {
        "pool": None,
        "state": None,
        "probe_set": None,
        "inputs": None,
        "valid": None,
        "probes": None,
        "subtasks": len(planned.wanted.units),
        "programs": planned.requested,
        "left_out": dict(planned.wanted.left_out),
        "estimate": estimate_data(estimate, planned.price),
    }
    lines = [f"{planned.requested} programs for {len(planned.wanted.units)} subtasks."]
    lines += estimate_lines(estimate, planned.price)
    lines += [f"Left out: {slug}, {reason}." for slug, reason in planned.wanted.left_out.items()]
    return Outcome(data, "\n".join(lines))


def _probe_set(user: User, pk: int | None) -> ProbeSet | None:
    if pk is None:
        return None
    found = visible_probe_sets(user).filter(pk=pk).first()
    if found is None:
        raise NotThere(f"There is no probe set {pk}.")
    return found
