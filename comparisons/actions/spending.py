"""Who may spend what a model costs: checked before anything is asked of it, and again when its owner closes it. And who
may stop what others wait for."""

from __future__ import annotations

from collections.abc import Sequence

from comparisons.actions import NotYours
from comparisons.models import (
    AskedBy,
    Judging,
    LanguageModel,
    Pool,
    PoolState,
    ProbeSet,
    Probing,
    User,
    Work,
)
from comparisons.stages import making_probes


def check_may_ask(user: User, model: LanguageModel) -> None:
    """Raises Refused where this person may not draw with the model: what that costs is not theirs to spend."""
    if model.may_be_asked_by(user):
        return
    why = "its API key is not everybody's to spend" if model.asked_by == AskedBy.KEY else "they keep it to themselves"
    raise NotYours(f"Only {model.created_by}, who added {model.slug}, and staff may draw with it: {why}.")


def check_may_steer(user: User, pool: Pool, works: Sequence[Judging | Probing] = ()) -> None:
    """Raises Refused where others began the pool, or one of these judgings and probings of it: everyone who sees it may
    wait for what is done with it."""
    if not may_steer(user, pool, works):
        raise NotYours(
            f"Only {pool.created_by}, who began {pool.name}, and staff may pause, resume, cancel or extend it."
        )


def may_steer(user: User, pool: Pool, works: Sequence[Judging | Probing] = ()) -> bool:
    """Whether this person may: always who began the pool, and who began these works of it, if nothing is drawn."""
    if pool.may_be_steered_by(user):
        return True
    is_theirs = bool(works) and all(work.created_by_id == user.pk for work in works)
    return is_theirs and not pool.work.exclude(state=Work.State.DONE).exists()


def pause_others(model: LanguageModel) -> None:
    """Pauses what is being drawn for people who may ask this model no longer."""
    for pool in Pool.objects.filter(model=model, state=PoolState.DRAWING).select_related("created_by"):
        if not model.may_be_asked_by(pool.created_by):
            reason = f"Paused: {model.slug} is no longer open to {pool.created_by}."
            Pool.objects.filter(pk=pool.pk, state=PoolState.DRAWING).update(
                state=PoolState.PAUSED, state_reason=reason, drawing_note=""
            )
            for probe_set in ProbeSet.objects.filter(programs=pool):
                making_probes.settle(probe_set)
