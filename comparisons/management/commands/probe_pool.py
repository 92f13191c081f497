"""Runs a pool's newest revision on probes: generated inputs that tell candidates apart and never score them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.db.models import Sum

from comparisons.actions import Refused
from comparisons.actions.judging import start_probing
from comparisons.management.output import Outcome, PodiumCommand, pool, table
from comparisons.management.waiting import add_waiting, carry_out
from comparisons.models import ProbeSet, ProbeSource, User
from comparisons.stages.generated_tests import DEFAULT_PER_SAMPLE

#: How many where nobody says.
_N = {ProbeSource.GENERATED.value: DEFAULT_PER_SAMPLE}
_N_HELP = (
    f"inputs per subtask (default 256); of generated tests: how many of each sample (default {DEFAULT_PER_SAMPLE})"
)


class Command(PodiumCommand):
    help = __doc__ or ""

    def add_options(self, parser: CommandParser) -> None:
        parser.add_argument("pool", metavar="POOL", help="a pool's id, as import_pool printed it")
        parser.add_argument("--source", choices=ProbeSource.values, default=ProbeSource.PACKAGE.value)
        parser.add_argument("-n", type=int, help=_N_HELP)
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--probes", metavar="SET", type=int, help="use this probe set instead of making one")
        add_waiting(parser)

    def perform(self, user: User, options: dict[str, Any]) -> Outcome:
        of = pool(user, options["pool"])
        given = None
        if options["probes"] is not None:
            given = ProbeSet.objects.filter(pk=options["probes"]).first()
            if given is None:
                raise Refused(f"There is no probe set {options['probes']}.")
        probing = start_probing(
            user,
            of,
            source=options["source"],
            n=_N.get(options["source"], 256) if options["n"] is None else options["n"],
            seed=options["seed"],
            probe_set=given,
        )

        def count() -> tuple[str, int, int]:
            probing.refresh_from_db()
            return probing.state, probing.probed, probing.total

        carry_out(of, options, count=count, progress=self.progress("probed"))
        probing.refresh_from_db()
        made = probing.probe_set.probes.aggregate(inputs=Sum("n_made"), valid=Sum("n_valid"))
        data = {
            "pool": of.pk,
            "state": probing.state,
            "probe_set": probing.probe_set_id,
            "inputs": made["inputs"] or 0,
            "valid": made["valid"] or 0,
            "probes": sum(len(inputs) for inputs in probing.probe_set.probes.values_list("inputs", flat=True)),
        }
        failed = probing.state_reason if probing.state in ("failed", "paused") else ""
        return Outcome(data, table(list(data), [list(data.values())]), failed)
