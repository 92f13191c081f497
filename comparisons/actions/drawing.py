"""What a person asks for about drawing: an estimate, a pool, more draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from comparisons.actions import Refused
from comparisons.actions.estimates import borne_by, earlier_draws, price_to_estimate, rates_of, reach
from comparisons.actions.language_models import check_seed
from comparisons.actions.spending import check_may_ask, check_may_steer
from comparisons.actions.stopping import enqueue_drawing
from comparisons.models import (
    LanguageModel,
    Pool,
    PoolRevision,
    PoolState,
    Price,
    ProblemSet,
    User,
    Work,
)
from comparisons.samplers.estimating import Estimate, estimate
from comparisons.samplers.extras import owned, unbounded
from comparisons.samplers.providers import PROVIDERS, PermanentError
from comparisons.samplers.recipes import PARAMETERS, Recipe
from comparisons.samplers.reviewing import TOLD_CHARS
from comparisons.stages import asking, planning_draws
from comparisons.stages.call_costs import price_now

#: Draws of each unit that a pilot is for: with two of each the estimate has an interval over units.
PILOT = 2
#: What a person may say of how a pool is drawn; the rest of a recipe is the model's.
OPTIONS = ("formulation", "language", *PARAMETERS, "attempts", "feedback", "run_turns", "template", "is_batch")


@dataclass(frozen=True)
class Planned:
    """A pool as it would be drawn. `left_out`: problems that cannot be asked for, with the reason; `unsplit`: subtasks
    whose prompt holds the whole statement, because it does not mark its passages; `draws`: of each unit, that are not
    there yet; `price`: what the estimate counts at."""

    recipe: Recipe
    units: Sequence[asking.Unit]
    left_out: Mapping[str, str]
    unsplit: int
    estimate: Estimate
    prompts: Sequence[asking.Asked]
    draws: int
    price: Price | None

    @property
    def requested(self) -> int:
        """Draws."""
        return self.recipe.n * len(self.units)

    @property
    def draws_in_all(self) -> int:
        """Draws that are still to be asked for, of all units."""
        return self.draws * len(self.units)

    @property
    def batch_usd(self) -> Decimal | None:
        """The likely cost in the provider's batch mode; None where the price knows none, or is counted so already."""
        discount, likely = self.price.batch_discount if self.price else None, self.estimate.likely_usd
        discount = None if self.recipe.is_batch else discount
        return None if discount is None or likely is None else likely * (1 - discount)

    @property
    def example(self) -> str:
        """The first unit's prompt, message by message."""
        return asking.shown(self.prompts[0].prompt)


def plan_sampling(
    problem_set: ProblemSet, model: LanguageModel, *, n: int, options: Mapping[str, Any] | None = None
) -> Planned:
    """What drawing a new pool would ask and take; nothing is written or sent. Raises Refused, RecipeError."""
    recipe = _recipe(model, n, options or {})
    units, left_out = asking.units_of_set(problem_set, recipe.formulation)
    if not units:
        reason = f" ({next(iter(left_out.items()))[0]}: {next(iter(left_out.values()))})" if left_out else ""
        raise Refused(f"No problem of {problem_set.slug} can be asked for{reason}.")
    return _planned(model, recipe, units, left_out, draws=recipe.n)


def sample(
    user: User,
    *,
    problem_set: ProblemSet,
    model: LanguageModel,
    n: int,
    name: str = "",
    options: Mapping[str, Any] | None = None,
    max_cost_usd: Decimal | None = None,
    enqueue: bool = True,
) -> tuple[Pool, Planned]:
    """A new pool whose drawing is enqueued, unless the caller does it. Raises Refused, RecipeError."""
    check_may_ask(user, model)
    planned = plan_sampling(problem_set, model, n=n, options=options)
    check_connection(model)
    check_cap(model, planned.recipe, max_cost_usd)
    recipe = planned.recipe
    with transaction.atomic():
        pool = Pool.objects.create(
            problem_set=problem_set,
            model=model,
            name=(name or f"{model.name} on {problem_set.slug}")[:120],
            formulation=recipe.formulation,
            language=recipe.language,
            temperature=recipe.temperature,
            effort=recipe.effort,
            prompt_version=recipe.template,
            recipe={
                **recipe.to_data(),
                "units": [[unit.problem, unit.version, unit.subtask] for unit in planned.units],
                "left_out": dict(planned.left_out),
                "unsplit": planned.unsplit,
            },
            is_simulated=model.is_simulated,
            state=PoolState.DRAWING,
            n_asked=recipe.n,
            max_cost_usd=max_cost_usd,
            created_by=user,
        )
        # What is there before the first draw: pages and judgings find an empty revision, never none.
        PoolRevision.objects.create(pool=pool, number=0, n_candidates=0, n_draws=0, content_hash=f"{pool.pk:064d}")
        planning_draws.plan(pool)
    if enqueue:
        enqueue_drawing(pool)
    return pool, planned


def extend(
    user: User, pool: Pool, *, n: int | None = None, max_cost_usd: Decimal | None = None, enqueue: bool = True
) -> tuple[Pool, Planned]:
    """Goes on drawing a pool: to `n` draws per unit (default: as many as it has been asked for), of which only those
    that are missing are asked for, under a new cap if one is given. Raises Refused."""
    if not pool.n_asked:
        raise Refused(f"{pool.name} was imported: only a pool that was drawn here can be extended.")
    check_may_ask(user, pool.model)
    check_may_steer(user, pool)
    # A command that was killed leaves its pool drawing with nobody at it: going on as it was is no extension.
    is_held = pool.work.filter(state=Work.State.LEASED, expires_at__gt=timezone.now()).exists()
    if is_held or (pool.state == PoolState.DRAWING and (n, max_cost_usd) != (None, None)):
        raise Refused(f"{pool.name} is being drawn; pause it or wait until it is done.")
    recipe = Recipe.from_data({**pool.recipe, "n": n or pool.n_asked})
    if recipe.n < pool.n_asked:
        raise Refused(f"{pool.name} has {pool.n_asked} draws a unit already; a pool is never made smaller.")
    cap = pool.max_cost_usd if max_cost_usd is None else max_cost_usd
    check_connection(pool.model)
    check_seed(pool.model, recipe.seed)
    check_cap(pool.model, recipe, cap, pool=pool)
    pool.recipe, pool.n_asked, pool.max_cost_usd = {**pool.recipe, "n": recipe.n}, recipe.n, cap
    planned = plan_extension(pool)
    with transaction.atomic():
        pool.state, pool.state_reason = PoolState.DRAWING, ""
        pool.save(update_fields=["recipe", "n_asked", "max_cost_usd", "state", "state_reason"])
        planning_draws.plan(pool)
    planning_draws.settle(pool)  # done at once where nothing is missing
    if enqueue:
        enqueue_drawing(pool)
    return pool, planned


def plan_extension(pool: Pool) -> Planned:
    """What the missing draws of a pool would ask and take."""
    recipe, units = Recipe.from_data(pool.recipe), asking.units_from(pool.recipe)
    missing = planning_draws.missing_draws(pool, recipe)
    draws = max((len(indices) for indices in missing.values()), default=0)
    wanted = [unit for unit in units if missing[unit.key]]
    return _planned(pool.model, recipe, wanted or units, pool.recipe.get("left_out", {}), draws=draws)


def example_prompt(pool: Pool) -> str:
    """What the pool's first unit was asked, message by message; "" where it was not drawn here. A few queries."""
    units = asking.units_from(pool.recipe)
    if not units:
        return ""
    prompt = asking.asked(units[0], Recipe.from_data(pool.recipe)).prompt
    return asking.shown(prompt)


def _recipe(model: LanguageModel, n: int, options: Mapping[str, Any]) -> Recipe:
    if not model.provider:
        raise Refused(f"{model.slug} has no provider: its samples were imported. add_model gives it one.")
    given = {name: options.get(name) for name in OPTIONS}
    recipe = Recipe.of({**given, "n": n, "choices_per_call": choices_per_call(model)}, model.request_parameters)
    check_seed(model, recipe.seed)
    return recipe


def choices_per_call(model: LanguageModel) -> int:
    """Draws that one call to this model brings."""
    kind = PROVIDERS.get(model.provider)
    takes_several = kind is not None and kind.takes_several and "choices_per_call" not in kind.lacks(model.endpoint)
    return model.choices_per_call if takes_several else 1


def _planned(
    model: LanguageModel, recipe: Recipe, units: Sequence[asking.Unit], left_out: Mapping[str, str], *, draws: int
) -> Planned:
    prompts = [asking.asked(unit, recipe) for unit in units]
    price = price_to_estimate(model, Pool(model=model, recipe=recipe.to_data()))
    prices = price.to_prices() if price else None
    found = estimate(
        [one.prompt for one in prompts],
        units=[unit.key for unit in units],
        draws=draws,
        choices_per_call=recipe.choices_per_call,
        attempts=recipe.attempts,
        max_tokens=recipe.max_tokens,
        rates=rates_of(prices) if prices else None,
        earlier=earlier_draws(model, recipe.effort),
        quantile=reach,
        concurrency=model.max_concurrency,
        borne=borne_by(model),
        per_minute=model.requests_per_minute,
        run_turns=recipe.run_turns,
        told_chars=TOLD_CHARS if recipe.runs_programs else 0,
    )
    unsplit = sum(one.is_split is False for one in prompts)
    return Planned(recipe, units, left_out, unsplit, found, prompts, draws, price)


def check_connection(model: LanguageModel) -> None:
    """Opens and closes a connection: what is wrong with the key or the recorded answers is said at once."""
    try:
        asking.connect(model).close()
    except PermanentError as error:
        raise Refused(f"{model.slug} cannot be asked: {error}.") from None


def check_cap(model: LanguageModel, recipe: Recipe, cap: Decimal | None, *, pool: Pool | None = None) -> None:
    """Raises Refused where a call has no worst case, or calls of the pool so far (None: a new one) no known cost."""
    if said := owned(recipe.extra):
        raise Refused(said)
    if cap is None:
        return
    if said := unbounded(recipe.extra):
        raise Refused(said)
    unknown = pool.requests.filter(is_charge_known=False, charged_nano_usd=0).count() if pool else 0
    if unknown:
        raise Refused(f"A cap needs what was spent: no price was known when {unknown:,} calls of {pool} were made.")
    if cap <= 0:
        raise Refused("The cap on the cost must be above 0.")
    price = price_now(Pool(model=model, recipe=recipe.to_data()))
    if price is not None and price.is_batch and price.batch_discount is None:
        raise Refused(f"A cap needs the batch discount: the price of {model.slug} from {price.valid_from} states none.")
    prices = price.to_prices() if price else None
    if prices is None or prices.input_usd is None or prices.output_usd is None:
        day = timezone.localdate().isoformat()
        if price is not None and price.usd_per_machine_hour is not None:
            raise Refused(
                f"A cap needs a price per token: {model.slug} is priced by the machine-hour on {day}. State the tokens "
                "per second its machines answer, or leave the cap out."
            )
        raise Refused(f"A cap needs prices: {model.slug} has none for input and output on {day}.")
    if recipe.max_tokens is None:
        raise Refused("A cap needs the most tokens of an answer (--max-tokens): without it no call has a worst case.")
