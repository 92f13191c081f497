"""What a person asks for about fits: train one, here or by a worker."""

from __future__ import annotations

from collections.abc import Sequence

from comparisons import jobs
from comparisons.actions import Refused
from comparisons.actions.runs import MOST_BUDGET, do_work
from comparisons.models import Fit, Judging, Pool, PoolState, ProbeSource, Probing, User, Work
from comparisons.stages import fitting

#: Tries of the random search where probes are there to replay on and nothing else was said.
TRIES = 64
MOST_TRIES = 2000


def start_fit(
    user: User,
    *,
    pools: Sequence[Pool],
    leave: str = Fit.Leave.PROBLEM,
    seed: int = 0,
    tries: int | None = None,
    budget: int = 50,
    without_probes: bool = False,
    is_inline: bool = False,
) -> Fit:
    """The fit on the newest complete judgings of these pools, enqueued; the same one again where it exists, tried
    afresh where it failed. Probes are looked at where every pool was run on some. `is_inline`: `fit_inline` follows.

    Raises Refused where a pool is not judged, or where what was asked for makes no sense.
    """
    chosen = list(dict.fromkeys(pools))
    if not chosen:
        raise Refused("A fit needs judged pools to learn from.")
    if leave not in Fit.Leave.values:
        raise Refused(f"What is left out is {' or '.join(Fit.Leave.values)}, not {leave!r}.")
    if tries is not None and not 0 <= tries <= MOST_TRIES:
        raise Refused(f"The search makes between 0 and {MOST_TRIES} tries.")
    if not 1 <= budget <= MOST_BUDGET:
        raise Refused(f"A budget lies between 1 and {MOST_BUDGET:,} submissions a problem, not at {budget}.")
    judgings = [_judging(pool) for pool in chosen]
    probings = [_probing(judging) for judging in judgings]
    uses_probes = not without_probes and all(probings)
    if tries and not uses_probes:
        bare = next((pool for pool, probing in zip(chosen, probings, strict=True) if probing is None), None)
        why = f"pool {bare.pk} was not run on any" if bare else "they are left out"
        raise Refused(f"o1-ioi's weights are tuned on probes, and {why}: fit with --tries 0.")
    looked_at = probings if uses_probes else [None] * len(probings)
    planned = fitting.plan_fit(
        user, list(zip(judgings, looked_at, strict=True)),
        leave=leave, uses_probes=uses_probes, seed=seed, budget=budget,
        tries=(TRIES if uses_probes else 0) if tries is None else tries,
    )  # fmt: skip
    if planned.state == PoolState.FAILED:
        planned.state, planned.state_reason = PoolState.WAITING, ""
        planned.save(update_fields=["state", "state_reason"])
        planned.work.exclude(state=Work.State.LEASED).update(state=Work.State.WAITING, failures=0, error="")
    pieces = fitting.due(planned)
    if not is_inline:
        jobs.enqueue(pieces)
    return planned


def fit_inline(planned: Fit) -> Fit:
    """Trains a fit in this process, or looks on where a worker has it."""
    do_work(fit=planned)
    planned.refresh_from_db()
    return planned


def _judging(pool: Pool) -> Judging:
    done = Judging.objects.filter(revision__pool=pool, state=PoolState.DONE).select_related("revision")
    newest = done.order_by("-pk").first()
    if newest is None:
        raise Refused(f"Pool {pool.pk} has not been judged: run `judge_pool {pool.pk}` first.")
    return newest


def _probing(judging: Judging) -> Probing | None:
    """The newest complete one on inputs: the columns of a fit are of outputs, which generated tests do not keep."""
    done = Probing.objects.filter(revision=judging.revision_id, state=PoolState.DONE).order_by("-pk")
    return done.exclude(probe_set__source=ProbeSource.GENERATED).first()
