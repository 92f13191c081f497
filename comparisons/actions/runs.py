"""What a person asks for about runs and comparisons: start them, do them in this process."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from django.db import transaction
from django.utils import timezone

from comparisons import jobs
from comparisons.actions import Refused
from comparisons.actions.chosen_probes import probing_for
from comparisons.actions.lacking import check_batch, check_measure, check_public
from comparisons.models import (
    Candidate,
    Comparison,
    Fit,
    Judging,
    Pool,
    PoolRevision,
    PoolState,
    Price,
    Probing,
    Run,
    Strategy,
    User,
    Work,
)
from comparisons.queries.repricing import price_of
from comparisons.stages import comparing, replaying
from comparisons.stages import work as leases
from comparisons.stages.rules import Rule, rule_of
from comparisons.strategies import OptionValue

#: States from which a judging comes to nothing by itself.
_DEAD = (PoolState.FAILED, PoolState.CANCELLED)
#: How long to look on while another worker does what was to be done here.
_PATIENCE_S = 600.0
#: Of a replay: more submissions than any pool has candidates, and more replays than any mean over lots asks for.
MOST_BUDGET, MOST_SEEDS = 1_000_000, 1000


def start_run(
    user: User,
    *,
    pool: Pool,
    strategy: str,
    budget: int = 50,
    first: int | None = None,
    attempt: int | None = None,
    price_date: date | None = None,
    is_batch: bool | None = None,
    seeds: int = 20,
    seed: int = 0,
    options: Mapping[str, OptionValue] | None = None,
    judging: Judging | None = None,
    probing: Probing | None = None,
    equality: str = "",
    fit: Fit | None = None,
    is_inline: bool = False,
) -> Run:
    """The run of a rule over a pool, enqueued; the same one again where it exists, tried afresh where it failed.

    By default the newest complete judging and probing (of this `equality`, if one is named), else the newest under way:
    then the run waits. `first`: so many
    draws of each unit take part (default: all). `attempt`: of each draw this attempt, or its last before that (default:
    its last); later ones are not needed and not paid for. `price_date`: the run costs what the model cost on that day
    (default: on the day the pool was made); `is_batch`: at the provider's batch rate (default: as the pool was drawn).
    `fit`: what a learned score or tuned weights come from; a rule that needs one takes the newest. `is_inline`: nothing
    is enqueued, `run_inline` follows.
    Raises Refused where there is nothing to replay on, StrategyError for an unknown rule or option.
    """
    rule = rule_of(strategy, budget=budget, options=options, seeds=seeds, seed=seed)
    fit = _fit(user, rule, fit)
    rule = replace(rule, fit=fit)
    judging = judging or _newest_judging(pool)
    revision = judging.revision
    if revision.pool_id != pool.pk:
        raise Refused(f"Judging {judging.pk} is of another pool than {pool.pk}.")
    if first is not None and not 1 <= first <= revision.n_draws:
        raise Refused(f"Pool {pool.pk} has {revision.n_draws} draws a unit: choose between 1 and {revision.n_draws}.")
    if attempt is not None and attempt < 1:
        raise Refused("Attempts are numbered from 1.")
    if not 1 <= seeds <= MOST_SEEDS:
        raise Refused(f"A run has between 1 and {MOST_SEEDS} seeds, not {seeds}.")
    if budget > MOST_BUDGET:
        raise Refused(f"A budget is at most {MOST_BUDGET:,} submissions a problem, not {budget}.")
    probing = probing_for(judging, rule, probing, equality)
    check_measure(revision, rule)
    check_public(judging, rule)
    price = _price_on(pool, price_date)
    if is_batch:
        check_batch(pool, price)
    run = replaying.plan_run(
        user, revision, judging, strategy,
        budget=budget, first=first or revision.n_draws, seeds=seeds, seed=seed, options=options, probing=probing,
        attempt=_earlier(revision, attempt), chosen_price=price, is_batch=is_batch, fit=fit,
    )  # fmt: skip
    if run.state == PoolState.FAILED:
        _try_again(run)
    if not is_inline:
        jobs.enqueue(replaying.due(run.judging, run.probing))
    return run


def start_like(
    user: User,
    run: Run,
    *,
    strategy: str = "",
    options: Mapping[str, OptionValue] | None = None,
    first: int | None = None,
    seeds: int | None = None,
    is_inline: bool = False,
) -> Run:
    """A run like this one on the same draws, outcomes, probes and prices, with another rule, other options or fewer
    draws. A fit goes along where the rule is the same. Raises what `start_run` does."""
    is_same = strategy in ("", run.strategy.slug)
    return start_run(
        user,
        pool=run.revision.pool,
        strategy=strategy or run.strategy.slug,
        budget=run.budget,
        first=first or run.first,
        attempt=run.attempt,
        price_date=run.price.valid_from if run.price is not None else None,
        is_batch=run.is_batch if run.is_batch != run.revision.pool.is_batch else None,
        seeds=seeds or run.seeds,
        seed=run.seed,
        options=(run.options if options is None and is_same else options) or None,
        judging=run.judging,
        probing=run.probing,
        fit=run.fit if is_same else None,
        is_inline=is_inline,
    )


def create_comparison(
    user: User,
    *,
    runs: Sequence[Run],
    baseline: Run | None = None,
    title: str = "",
    question: str = "",
    is_inline: bool = False,
) -> Comparison:
    """The comparison of these runs, enqueued. The baseline is the first floor among them, else the first strategy.

    `is_inline`: nothing is enqueued, `compare_inline` follows. Raises Refused where there is no run, where the runs are
    not on one problem set, or where the baseline is none of them or a ceiling.
    """
    chosen = list(dict.fromkeys(runs))
    if not chosen:
        raise Refused("A comparison needs runs.")
    sets = {run.revision.pool.problem_set_id: run for run in chosen}
    if len(sets) > 1:
        one, other = list(sets.values())[:2]
        raise Refused(
            f"Run {one.pk} is on {one.revision.pool.problem_set.slug} and run {other.pk} on "
            f"{other.revision.pool.problem_set.slug}: a comparison is on one problem set."
        )
    if baseline is not None and baseline not in chosen:
        raise Refused(f"The baseline, run {baseline.pk}, is not among the runs.")
    if baseline is not None and baseline.strategy.kind == Strategy.Kind.CEILING:
        raise Refused(f"Run {baseline.pk} is a ceiling: it is what the pool holds, and no baseline.")
    comparison = comparing.plan_comparison(user, chosen, baseline or default_baseline(chosen), title, question)
    leases.try_afresh(comparison.work.all())
    pieces = comparing.due_for(comparison)
    if not is_inline:
        jobs.enqueue(pieces)
    return comparison


def default_baseline(runs: Sequence[Run]) -> Run | None:
    """The first floor, else the first strategy; None where all are ceilings."""
    kinds = (Strategy.Kind.FLOOR, Strategy.Kind.STRATEGY)
    return next((run for kind in kinds for run in runs if run.strategy.kind == kind), None)


def _fit(user: User, rule: Rule, wanted: Fit | None) -> Fit | None:
    """The fit of a run: the one asked for, or for a rule that cannot do without the newest complete one that has what
    the rule takes; None for a rule that looks at none. Raises Refused where there is none, or where it lacks that."""
    if wanted is None and rule.needs_fit:
        wanted = _newest_fit(user, rule)
    if wanted is None:
        return None
    if not rule.takes_fit:
        raise Refused(f"{rule.slug} looks at no fit.")
    if wanted.state != PoolState.DONE:
        raise Refused(f"Fit {wanted.pk} is {wanted.state}: it has no weights yet.")
    if rule.needs_tuned and not wanted.tries:
        raise Refused(f"weights=tuned takes weights that a random search found, and fit {wanted.pk} made no search.")
    return wanted


def _newest_fit(user: User, rule: Rule) -> Fit:
    done = Fit.objects.visible_to(user).filter(state=PoolState.DONE).order_by("-pk")
    found = (done.filter(tries__gt=0) if rule.needs_tuned else done).first()
    if found is not None:
        return found
    if rule.needs_tuned:
        raise Refused(
            "weights=tuned takes weights that a random search found, and no fit made one: run `fit --pool POOL --tries "
            "64` on a pool with probes first."
        )
    raise Refused(f"{rule.slug} ranks by a learned score, and there is no fit: run `fit --pool POOL` first.")


def run_inline(run: Run) -> Run:
    """Replays a run in this process, or looks on where a worker has it; as it is where its pool is not judged yet."""
    replaying.due(run.judging, run.probing)
    do_work(run=run)
    run.refresh_from_db()
    return run


def compare_inline(comparison: Comparison) -> Comparison:
    """Replays what waits and computes the comparison in this process, as far as its pools are judged."""
    for run in comparison.runs.filter(state=PoolState.WAITING):
        run_inline(run)
    comparing.due_for(comparison)
    do_work(comparison=comparison)
    comparison.refresh_from_db()
    return comparison


def do_work(**owner: Run | Comparison | Fit) -> None:
    """Does the owner's open pieces of work, failed ones afresh; waits while another process holds one."""
    mine = Work.objects.filter(**owner)
    leases.try_afresh(mine)
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        piece = mine.filter(state__in=[Work.State.WAITING, Work.State.LEASED]).first()
        if piece is None:
            return
        if piece.state == Work.State.LEASED and piece.expires_at and piece.expires_at > timezone.now():
            time.sleep(0.1)
        else:
            # What follows from it is found by the workers' sweep: this process may have no queue.
            jobs.perform(piece.pk)


def _try_again(run: Run) -> None:
    """A failed run waits afresh: what it lacked may be there now, and the reason is told again where it is not."""
    with transaction.atomic():
        run.state, run.state_reason = PoolState.WAITING, ""
        run.save(update_fields=["state", "state_reason"])
        run.work.exclude(state=Work.State.LEASED).update(state=Work.State.WAITING, failures=0, error="")


def _price_on(pool: Pool, day: date | None) -> Price | None:
    """The price that held on a day; None for the pool's own. Raises Refused where there was none."""
    if day is None:
        return None
    price = pool.model.prices.filter(valid_from__lte=day).order_by("-valid_from", "-pk").first()
    if price is None:
        raise Refused(f"{pool.model.slug} has no price that held on {day}.")
    own = price_of(pool)
    return None if own is not None and own.pk == price.pk else price


def _earlier(revision: PoolRevision, attempt: int | None) -> int | None:
    """The attempt, None where no draw has a later one: then it is the last, and the run is the one by default."""
    later = Candidate.objects.filter(pool=revision.pool_id, revision__lte=revision.number, attempt__gt=attempt or 0)
    return attempt if attempt is not None and later.exists() else None


def _newest_judging(pool: Pool) -> Judging:
    of_pool = Judging.objects.filter(revision__pool=pool).select_related("revision").order_by("-pk")
    done = of_pool.filter(state=PoolState.DONE).first()
    judging = done or of_pool.exclude(state__in=_DEAD).first()
    if judging is None:
        raise Refused(f"Pool {pool.pk} has not been judged: run `judge_pool {pool.pk}` first.")
    return judging
