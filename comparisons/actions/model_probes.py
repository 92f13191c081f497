"""What a person asks for about probes that a model makes: what it would take, the set, more money; go on and stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from comparisons import jobs
from comparisons.actions import Refused
from comparisons.actions.drawing import check_cap, check_connection, choices_per_call
from comparisons.actions.estimates import borne_by, earlier_draws, price_to_estimate, rates_of, reach
from comparisons.actions.language_models import check_seed
from comparisons.actions.spending import check_may_ask
from comparisons.actions.stopping import cancel_drawing, check_may_resume, pause_drawing, resume_drawing
from comparisons.models import LanguageModel, Pool, PoolState, Price, ProbeSet, Probing, ProblemSet, User
from comparisons.samplers.estimating import Estimate, estimate
from comparisons.samplers.probe_recipes import ProbeRecipe
from comparisons.stages import asking, following, making_probes, probe_programs


@dataclass(frozen=True)
class PlannedProbes:
    """A model's probes as they would be made. `example`: a prompt of each role, message by message, of the first
    subtask; `price`: what the estimate counts at."""

    recipe: ProbeRecipe
    wanted: probe_programs.Wanted
    estimate: Estimate
    price: Price | None

    @property
    def requested(self) -> int:
        """Programs."""
        return sum(self.recipe.counts().values()) * len(self.wanted.units)


def plan_model_probes(problem_set: ProblemSet, model: LanguageModel, options: Mapping[str, Any]) -> PlannedProbes:
    """What a model would be asked for, and what that takes; nothing is written or sent. Raises Refused, RecipeError."""
    if not model.provider:
        raise Refused(
            f"{model.slug} has no provider that could be asked for probes: its samples were imported. Choose package "
            "or mutation, another model, or give it one by add_model."
        )
    recipe = ProbeRecipe.of(options, model.request_parameters)
    check_seed(model, recipe.draws().seed)
    wanted = probe_programs.wanted(problem_set, recipe)
    if not wanted.units:
        reason = next((f" ({slug}: {why})" for slug, why in wanted.left_out.items()), "")
        raise Refused(f"No problem of {problem_set.slug} can have probes made by a model{reason}.")
    price = price_to_estimate(model, Pool(model=model))
    prices = price.to_prices() if price else None
    found = estimate(
        wanted.calls(recipe),
        units=wanted.asked_of(recipe),
        draws=1,
        choices_per_call=1,
        attempts=1,
        max_tokens=recipe.max_tokens,
        rates=rates_of(prices) if prices else None,
        earlier=earlier_draws(model, recipe.effort, Pool.Purpose.PROBES),
        quantile=reach,
        concurrency=model.max_concurrency,
        borne=borne_by(model),
        per_minute=model.requests_per_minute,
    )
    return PlannedProbes(recipe, wanted, found, price)


def model_probe_set(
    user: User,
    problem_set: ProblemSet,
    model: LanguageModel,
    *,
    n: int,
    seed: int,
    options: Mapping[str, Any],
    max_cost_usd: Decimal | None,
) -> ProbeSet:
    """The probe set of this model and recipe; one that exists is gone on with, under a new cap where one is given.
    Raises Refused, RecipeError."""
    check_may_ask(user, model)
    planned = plan_model_probes(problem_set, model, options)
    check_connection(model)
    check_cap(model, planned.recipe.draws(), max_cost_usd)
    probe_set = probe_programs.plan_set(
        problem_set,
        model,
        planned.recipe,
        planned.wanted,
        n=n,
        seed=seed,
        choices_per_call=choices_per_call(model),
        max_cost_usd=max_cost_usd,
        user=user,
    )
    programs = probe_set.programs
    assert programs is not None
    if max_cost_usd is not None and max_cost_usd != programs.max_cost_usd:
        check_cap(model, planned.recipe.draws(), max_cost_usd, pool=programs)
        Pool.objects.filter(pk=programs.pk).update(max_cost_usd=max_cost_usd)
    return probe_set


def go_on_drawing(user: User, probe_set: ProbeSet) -> None:
    """Lets the drawing of a set's programs go on where it stopped; nothing where there is none. Raises Refused."""
    programs = Pool.objects.filter(pk=probe_set.programs_id).first() if probe_set.programs_id else None
    if programs is None:
        return
    resume_drawing(user, programs)
    jobs.enqueue(following.ready().filter(pool=programs)[: following.TOLD])
    making_probes.settle(probe_set)
    probe_set.refresh_from_db()


def check_may_go_on(user: User, probe_set: ProbeSet) -> None:
    """Raises Refused where `go_on_drawing` would."""
    if probe_set.programs is not None:
        check_may_resume(user, probe_set.programs)


def pause_programs(user: User, probing: Probing) -> None:
    """Begins no further call for the probes of this probing, unless another one waits for them, too."""
    programs = probing.probe_set.programs
    if programs is not None and not _others_wait(probing):
        pause_drawing(user, programs)
        making_probes.settle(probing.probe_set)


def cancel_programs(user: User, probing: Probing) -> None:
    """Gives up the programs that are missing, unless another probing waits for them, too."""
    programs = probing.probe_set.programs
    if programs is not None and not _others_wait(probing):
        cancel_drawing(user, programs)
        making_probes.settle(probing.probe_set)


def example_prompts(probe_set: ProbeSet) -> dict[str, str]:
    """What was asked for the first subtask, by role, message by message; nothing where no model was asked. A few
    queries for each."""
    programs = probe_set.programs
    units = asking.units_from(programs.recipe) if programs else []
    if programs is None or not units:
        return {}
    recipe = ProbeRecipe.from_data(probe_set.recipe)
    return {
        role.value: asking.shown(asking.asked(units[0], recipe.draws(), role.value, template=recipe.template).prompt)
        for role in recipe.counts()
    }


def _others_wait(probing: Probing) -> bool:
    others = probing.probe_set.probings.exclude(pk=probing.pk)
    return others.filter(state=PoolState.PROBING).exists()
