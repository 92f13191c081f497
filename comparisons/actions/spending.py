"""Who may spend what a model costs: checked before anything is asked of it, and again when its owner closes it."""

from __future__ import annotations

from comparisons.actions import Refused
from comparisons.models import AskedBy, LanguageModel, Pool, PoolState, ProbeSet, User
from comparisons.stages import making_probes


def check_may_ask(user: User, model: LanguageModel) -> None:
    """Raises Refused where this person may not draw with the model: what that costs is not theirs to spend."""
    if model.may_be_asked_by(user):
        return
    why = "its API key is not everybody's to spend" if model.asked_by == AskedBy.KEY else "they keep it to themselves"
    raise Refused(f"Only {model.created_by}, who added {model.slug}, and staff may draw with it: {why}.")


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
