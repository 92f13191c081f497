"""Runs: planning one (the same key returns the same run) and replaying it over the judged draws of its pool.

Everything a run says is computed here once: trials, submissions, floor and ceilings of the same draws, intervals over
draws, cost, latency. Pages and comparisons only read.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from django.db import IntegrityError, transaction
from django.db.models import Q

from comparisons.metrics import DrawDeviations
from comparisons.models import Fit, Judging, PoolRevision, PoolState, Price, Probing, Run, User, Work, blobs
from comparisons.queries.repricing import price_of
from comparisons.stages import work as leases
from comparisons.stages.costing import SLOTS, price_as_asked, price_row
from comparisons.stages.replayed import Replayed, content_key
from comparisons.stages.rules import rule_of, strategy_row
from comparisons.stages.spread import deviations_from
from comparisons.strategies import OptionValue, StrategyError

#: Replays are over in a second and come after the judging that they wait for.
POSITION = 1_000_000


def plan_run(
    user: User,
    revision: PoolRevision,
    judging: Judging,
    strategy_slug: str,
    *,
    budget: int,
    first: int,
    seeds: int = 20,
    seed: int = 0,
    options: Mapping[str, OptionValue] | None = None,
    probing: Probing | None = None,
    attempt: int | None = None,
    chosen_price: Price | None = None,
    is_batch: bool | None = None,
    fit: Fit | None = None,
) -> Run:
    """The run of this rule on this pool; the same inputs give the same run, whoever asks.

    It may be planned before the judging and probing are done, and then waits. Probes that the rule does not look at
    are no part of it, nor are seeds where no lots are drawn. `attempt`: None for the last of each draw;
    `chosen_price`: None for the one that held when the pool was made; `is_batch`: None for as the pool was drawn.

    Raises StrategyError for an unknown rule or option.
    """
    rule = rule_of(strategy_slug, budget=budget, options=options, seeds=seeds, seed=seed, fit=fit)
    row = strategy_row(rule)
    probing = probing if rule.uses_probing else None
    is_batch = revision.pool.is_batch if is_batch is None else is_batch
    price = price_as_asked(revision.pool, chosen_price, is_batch=is_batch)
    programs = probing.probe_set.programs if probing is not None else None
    # Another model's calls have a price of their own.
    asked = price_of(programs) if programs is not None and programs.model_id != revision.pool.model_id else None
    key = content_key(
        # With the price: a run is immutable, so what it costs at a price that was added later is another run.
        price=price_row(price) if price else None,
        **({"probe_price": price_row(asked)} if asked else {}),
        strategy=row.pk, revision=revision.pk, judging=judging.pk, probing=probing.pk if probing else None,
        options=dict(rule.options), budget=budget, first=first, seeds=rule.seeds, seed=rule.seed,
        **({} if attempt is None else {"attempt": attempt}),
        **({} if fit is None else {"fit": fit.pk}),
    )  # fmt: skip
    existing = Run.objects.filter(key=key).first()
    if existing is not None:
        return existing
    try:
        with transaction.atomic():
            return Run.objects.create(
                strategy=row,
                revision=revision,
                judging=judging,
                probing=probing,
                options=dict(rule.options),
                budget=budget,
                first=first,
                attempt=attempt,
                price=chosen_price,
                is_batch=is_batch,
                fit=fit,
                seeds=rule.seeds,
                seed=rule.seed,
                key=key,
                latency_slots=SLOTS,
                is_privileged=probing is not None and probing.probe_set.is_privileged,
                created_by=user,
            )
    except IntegrityError:  # planned by somebody else between our look and our write
        return Run.objects.get(key=key)


def due(judging: Judging | None, probing: Probing | None) -> list[Work]:
    """The pieces of runs that wait for this judging or probing and have all they need; made where they do not exist.
    Two queries."""
    mine = Q()
    if judging is not None:
        mine |= Q(judging=judging)
    if probing is not None:
        mine |= Q(probing=probing)
    ready = Run.objects.filter(mine, state=PoolState.WAITING, judging__state=PoolState.DONE).filter(
        Q(probing=None) | Q(probing__state=PoolState.DONE)
    )
    pieces = leases.add(
        Work(kind=Work.Kind.REPLAY, key=f"replay:{run.pk}", run=run, position=POSITION) for run in ready
    )
    return [piece for piece in pieces if piece.state == Work.State.WAITING]


def replay(piece: Work) -> None:
    """Replays a run over all its problems and writes what came out. Raises LeaseLost.

    What the rule refuses (an option, a pool without what it needs) fails the run for good, with the reason.
    """
    assert piece.run_id is not None
    run = Run.objects.select_related(
        "strategy", "revision__pool__model", "judging__environment", "probing__probe_set", "price__model", "fit"
    ).get(pk=piece.run_id)
    try:
        replayed = Replayed.of(run)
    except StrategyError as refusal:
        with leases.finishing(piece):
            Run.objects.filter(pk=run.pk).update(state=PoolState.FAILED, state_reason=str(refusal)[:400])
        return
    with leases.finishing(piece):
        replayed.write()


def deviations(run: Run) -> DrawDeviations:
    """The deviations over draws that a run stored, or the reason why it has none."""
    if not run.subsamples:
        return DrawDeviations((), np.empty((0, 0)), run.details.get("deviations_reason") or run.over_draws_reason)
    return deviations_from(blobs.get_arrays(run.subsamples))
