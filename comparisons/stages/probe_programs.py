"""Asking a model for the programs that make probes. They are drawn like candidates, by the same calls, cap, pacing and
leases, into a pool of their own that belongs to the probe set and is listed nowhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from comparisons.models import (
    LanguageModel,
    Pool,
    PoolRevision,
    PoolState,
    ProbeSet,
    ProbeSource,
    ProblemSet,
    ProblemVersion,
    User,
    Work,
)
from comparisons.samplers.probe_recipes import ProbeRecipe, Role
from comparisons.samplers.providers import Prompt
from comparisons.stages import asking, planning_draws
from comparisons.stages import work as leases
from judge.problem import TaskType

#: Types of task whose candidates print one output for an input.
PROBED_TYPES = (TaskType.BATCH, TaskType.BATCH_GRADER)
#: A pool in these states draws nothing by itself.
STOPPED = (PoolState.PAUSED, PoolState.STOPPED_BY_BUDGET, PoolState.CANCELLED, PoolState.FAILED)


@dataclass(frozen=True)
class Wanted:
    """What a model would be asked for: the subtasks, the problems that are left out with the reason, and for every
    subtask and role the prompt."""

    units: Sequence[asking.Unit]
    left_out: Mapping[str, str]
    prompts: Mapping[tuple[asking.Unit, Role], asking.Asked]

    def calls(self, recipe: ProbeRecipe) -> list[Prompt]:
        """The prompt of every program that is asked for."""
        counts = recipe.counts()
        return [asked.prompt for (_, role), asked in self.prompts.items() for _ in range(counts[role])]

    def asked_of(self, recipe: ProbeRecipe) -> list[tuple[int, int | None]]:
        """Problem and subtask of each of these calls."""
        counts = recipe.counts()
        return [unit.key for unit, role in self.prompts for _ in range(counts[role])]


def wanted(problem_set: ProblemSet, recipe: ProbeRecipe) -> Wanted:
    """What a model would be asked for. Three queries and three for each prompt."""
    units, left_out = asking.units_of_set(problem_set, "subtask")
    types = dict(ProblemVersion.objects.filter(pk__in={unit.version for unit in units}).values_list("pk", "task_type"))
    slugs = dict(problem_set.problems.values_list("pk", "slug"))
    found = [unit for unit in units if types[unit.version] in PROBED_TYPES]
    others = {
        slugs[unit.problem]: f"{types[unit.version]} problems have no output per input to compare"
        for unit in units
        if unit not in found
    }
    draws = recipe.draws()
    prompts = {
        (unit, role): asking.asked(unit, draws, role.value, template=recipe.template)
        for unit in found
        for role in recipe.counts()
    }
    return Wanted(found, {**left_out, **others}, prompts)


def plan_set(
    problem_set: ProblemSet,
    model: LanguageModel,
    recipe: ProbeRecipe,
    asked: Wanted,
    *,
    n: int,
    seed: int,
    choices_per_call: int,
    max_cost_usd: Decimal | None,
    user: User,
) -> ProbeSet:
    """The probe set of this model and recipe, with the pool of its programs and a piece of work for every problem. Same
    versions, model and recipe, same set: nothing is asked for twice. The cap is no part of that."""
    problems = [p for p in problem_set.problems.select_related("current_version") if p.current_version]
    parts = [
        str(ProbeSource.MODEL), str(n), str(seed), f"model {model.pk}", json.dumps(recipe.to_data(), sort_keys=True),
        *(str(problem.current_version_id) for problem in problems),
    ]  # fmt: skip
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    existing = ProbeSet.objects.filter(key=key).first()
    if existing is not None:
        return existing
    try:
        with transaction.atomic():
            programs = _pool(problem_set, model, recipe, asked, choices_per_call, max_cost_usd, user)
            probe_set = ProbeSet.objects.create(
                problem_set=problem_set,
                source=ProbeSource.MODEL,
                n=n,
                seed=seed,
                key=key,
                recipe=recipe.to_data(),
                programs=programs,
                state=PoolState.DRAWING,
                created_by=user,
            )
            planning_draws.plan(programs)
            leases.add(
                Work(
                    kind=Work.Kind.MAKE_PROBES,
                    key=f"make-probes:{probe_set.pk}:{problem.current_version_id}",
                    probe_set=probe_set,
                    problem=problem,
                    position=problem.position * 10 + 3,
                )
                for problem in problems
            )
    except IntegrityError:  # somebody else planned it between our look and our write
        return ProbeSet.objects.get(key=key)
    return probe_set


def not_ready() -> Q:
    """Pieces that make probes of programs that are still to be drawn. One query."""
    undrawn = ProbeSet.objects.filter(programs__isnull=False).exclude(programs__state=PoolState.DONE)
    return Q(kind=Work.Kind.MAKE_PROBES, probe_set__in=list(undrawn.values_list("pk", flat=True)))


def state_of(probe_set: ProbeSet) -> tuple[PoolState, str] | None:
    """(state, reason) of a set whose programs are still drawn or were stopped; None where they are all there. One
    query."""
    if probe_set.programs_id is None:
        return None
    programs = Pool.objects.filter(pk=probe_set.programs_id).first()
    if programs is None or programs.state == PoolState.DONE:
        return None
    return PoolState(programs.state), programs.state_reason or programs.drawing_note


def _pool(
    problem_set: ProblemSet,
    model: LanguageModel,
    recipe: ProbeRecipe,
    asked: Wanted,
    choices_per_call: int,
    max_cost_usd: Decimal | None,
    user: User,
) -> Pool:
    programs = Pool.objects.create(
        problem_set=problem_set,
        model=model,
        name=f"Programs for probes of {problem_set.slug} by {model.name}"[:120],
        purpose=Pool.Purpose.PROBES,
        formulation=Pool.Formulation.SUBTASK,
        language=recipe.language,
        temperature=recipe.temperature,
        effort=recipe.effort,
        prompt_version=recipe.template,
        recipe=_recipe_data(recipe, asked, choices_per_call),
        is_simulated=model.is_simulated,
        state=PoolState.DRAWING,
        n_asked=sum(recipe.counts().values()),
        max_cost_usd=max_cost_usd,
        created_by=user,
    )
    # As of any pool that is drawn: pages find an empty revision, never none.
    PoolRevision.objects.create(pool=programs, number=0, n_candidates=0, n_draws=0, content_hash=f"{programs.pk:064d}")
    return programs


def _recipe_data(recipe: ProbeRecipe, asked: Wanted, choices_per_call: int) -> dict[str, Any]:
    return {
        **recipe.draws().to_data(),
        "choices_per_call": choices_per_call,
        "roles": {role.value: list(bounds) for role, bounds in recipe.ranges().items()},
        "units": [[unit.problem, unit.version, unit.subtask] for unit in asked.units],
        "left_out": dict(asked.left_out),
        "unsplit": len({unit for (unit, _), one in asked.prompts.items() if one.is_split is False}),
    }
