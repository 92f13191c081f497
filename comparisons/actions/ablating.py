"""Ablations of a run: the same rule with one ingredient off or replaced, and its build-up, side by side with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from comparisons.actions import Refused
from comparisons.actions.runs import compare_inline, create_comparison, run_inline, start_like
from comparisons.models import Comparison, PoolState, Run, User
from comparisons.stages.rules import rule_of
from comparisons.strategies import OptionValue, StrategyError
from comparisons.strategies.ablations import ablations, build_up


@dataclass(frozen=True)
class Ablated:
    """One change of a run. `run` is None where the pool lacks what it needs; `reason` says why."""

    stage: str
    words: str
    is_step: bool
    run: Run | None
    reason: str = ""


def ablate(user: User, run: Run, *, is_inline: bool = False) -> tuple[Comparison, tuple[Ablated, ...]]:
    """Replays every ablation and step of the build-up on the run's own draws, and compares them all with it.

    `is_inline`: done in this process; else enqueued. Raises Refused for floor, ceiling, or a version that is gone.
    """
    if run.strategy.kind != "strategy":
        raise Refused(f"Run {run.pk} is {run.strategy.slug}: it has no ingredients to take out.")
    try:
        rule = rule_of(run.strategy.slug, budget=run.budget, options=run.options, version=run.strategy.version)
    except StrategyError as refusal:
        raise Refused(f"Run {run.pk} cannot be ablated: {refusal}.") from None
    assert rule.strategy is not None
    steps = build_up(rule.strategy, rule.options)
    changes = ablations(rule.strategy, rule.options)
    done = []
    for step in steps:
        stage = str(step.stage or "start")
        done.append(_replayed(user, run, step.slug, step.options, stage, step.words, is_step=True, inline=is_inline))
    for one in changes:
        stage = str(one.stage)
        done.append(_replayed(user, run, rule.slug, one.options, stage, one.words, is_step=False, inline=is_inline))
    runs = [run, *(one.run for one in done if one.run is not None)]
    comparison = create_comparison(
        user,
        runs=runs,
        baseline=run,
        title=f"Ablations of {run.revision.pool.model.slug} · {run.strategy.slug} (run {run.pk})"[:200],
        question="What does each ingredient win? In each run one is off or replaced; first the build-up.",
        is_inline=is_inline,
    )
    return (compare_inline(comparison) if is_inline else comparison), tuple(done)


def _replayed(
    user: User,
    run: Run,
    slug: str,
    options: Mapping[str, OptionValue],
    stage: str,
    words: str,
    *,
    is_step: bool,
    inline: bool,
) -> Ablated:
    try:
        seeds = run.seeds if run.seeds > 1 else 20
        made = start_like(user, run, strategy=slug, options=options, seeds=seeds, is_inline=inline)
        if inline:
            made = run_inline(made)
    except (Refused, StrategyError) as refusal:
        return Ablated(stage, words, is_step, None, str(refusal))
    if made.state == PoolState.FAILED:
        return Ablated(stage, words, is_step, None, made.state_reason)
    return Ablated(stage, words, is_step, made)
