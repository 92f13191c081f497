"""A cap against a real server process that counts what it is owed: what it is paid never passes the cap."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from comparisons.actions import Refused
from comparisons.actions.drawing import extend, sample
from comparisons.actions.language_models import add_model
from comparisons.actions.stopping import resume_drawing
from comparisons.models import PoolState, Price, ProblemSet, User
from comparisons.samplers.recipes import RecipeError
from comparisons.stages import drawing, watching
from comparisons.stages.call_costs import NANO
from tests.comparisons.asked import draw, finish, make_asked_model
from tests.comparisons.samplers.providers.serving import Told

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_tries")]
#: 120 tokens of input, 20 of them cached; every token of output that may be asked for: what a hungry model takes.
HUNGRY = {"do": "answer", "usage": {"input": 120, "cached": 20, "output": 1000, "reasoning": 900}}
HUNGRY_USD = Decimal("0.010110")


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"n": 8}, "The parameter 'n' is not sent as it is: how many draws a call brings is"),
        ({"max_completion_tokens": 1_000_000}, "The parameter 'max_completion_tokens' is not sent as it is"),
    ],
)
def test_parameters_that_would_pass_the_cap_by_are_refused(
    server: Told, user: User, asked_set: ProblemSet, parameters: dict[str, Any], said: str
) -> None:
    with pytest.raises(RecipeError, match="not sent as it is"):
        make_asked_model(user, server.address, request_parameters=parameters)
    # Stored by an earlier version: in the model, in a pool that goes on.
    model = make_asked_model(user, server.address)
    before = len(server.seen()["asked"])
    pool, _ = sample(user, problem_set=asked_set, model=model, n=1, max_cost_usd=Decimal("0.05"), enqueue=False)
    pool.recipe = {**pool.recipe, "extra": parameters}
    pool.save()
    finish(pool)
    assert (pool.state, pool.state_reason[: len(said)]) == (PoolState.FAILED, said)
    with pytest.raises(Refused, match="not sent as it is"):
        extend(user, pool, n=2, enqueue=False)
    model.request_parameters = {**model.request_parameters, **parameters}
    model.save()
    with pytest.raises(RecipeError, match="not sent as it is"):
        draw(user, asked_set, model)
    assert len(server.seen()["asked"]) == before


def test_parameters_with_a_price_of_their_own_go_without_a_cap_only(
    server: Told, user: User, asked_set: ProblemSet
) -> None:
    model = make_asked_model(user, server.address, request_parameters={"web_search_options": {}})
    with pytest.raises(Refused, match="A cap cannot hold with the parameter 'web_search_options'"):
        draw(user, asked_set, model, max_cost_usd="1")
    assert draw(user, asked_set, model, n=1).state == PoolState.DONE


@pytest.mark.parametrize(
    "how", [{}, {"choices_per_call": 4}, {"attempts": 3}, {"attempts": 2, "run_turns": 2}, {"max_concurrency": 1}]
)
def test_model_that_takes_all_it_may_is_never_paid_above_the_cap(
    server: Told, user: User, asked_set: ProblemSet, how: dict[str, Any]
) -> None:
    facts = {name: how.pop(name) for name in ("choices_per_call", "max_concurrency") if name in how}
    n = facts.get("choices_per_call", 1)
    usage = {**HUNGRY["usage"], "output": 1000 * n, "reasoning": 900 * n}
    server.tell(*[{**HUNGRY, "usage": usage}] * 500)
    before = len(server.seen()["asked"])
    pool = draw(user, asked_set, make_asked_model(user, server.address, **facts), n=60, max_cost_usd="0.2", **how)
    calls = len(server.seen()["asked"]) - before
    assert pool.state == PoolState.STOPPED_BY_BUDGET
    assert Decimal(0) < calls * (HUNGRY_USD + (n - 1) * Decimal("0.01")) <= Decimal("0.2")
    resume_drawing(user, pool)  # nothing fits any longer
    assert finish(pool).state == PoolState.STOPPED_BY_BUDGET
    assert len(server.seen()["asked"]) - before == calls
    assert pool.committed_nano_usd <= NANO // 5


def test_call_that_costs_more_than_its_worst_case_pauses_the_pool(
    server: Told, user: User, asked_set: ProblemSet
) -> None:
    server.tell(*[{"do": "answer", "usage": {"input": 120, "output": 5000}}] * 100)
    pool = draw(user, asked_set, make_asked_model(user, server.address, max_concurrency=1), n=9, max_cost_usd="1")
    said = "Paused, because its cap cannot hold: a call cost $0.050120, and by its prompt and max tokens no call costs"
    assert (pool.state, pool.state_reason[: len(said)]) == (PoolState.PAUSED, said)
    assert pool.requests.count() == 1


def test_price_that_begins_to_hold_while_a_shift_lasts_is_reserved_by(
    server: Told, user: User, asked_set: ProblemSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LOOK_S", 0.0)
    model = make_asked_model(user, server.address, max_concurrency=1)
    model.prices.update(valid_from=timezone.localdate().replace(year=2020))
    began = drawing.Shift._start

    def start(shift: drawing.Shift) -> None:
        if shift.pool.requests.exists():
            rates = {"input_usd_per_mtok": 2, "output_usd_per_mtok": 20}
            Price.objects.get_or_create(model=model, valid_from=timezone.localdate(), defaults=rates)
            shift.watch.look()  # as it does every second; all calls here may be over in one
        began(shift)

    monkeypatch.setattr(drawing.Shift, "_start", start)
    server.tell(*[HUNGRY] * 100)
    pool = draw(user, asked_set, model, n=20, max_cost_usd="0.1")
    rates = list(pool.requests.order_by("pk").values_list("price__output_usd_per_mtok", flat=True))
    assert (rates[0], rates[-1]) == (10, 20)
    assert pool.committed_nano_usd == sum(pool.requests.values_list("charged_nano_usd", flat=True)) <= NANO // 10


def test_cap_on_a_pool_that_was_begun_without_a_price_is_refused(
    server: Told, user: User, asked_set: ProblemSet
) -> None:
    model = make_asked_model(user, server.address)
    price = model.prices.get()
    model.prices.all().delete()
    pool = draw(user, asked_set, model, n=1)
    price.pk = None
    price.save()
    with pytest.raises(Refused, match="no price was known when 2 calls"):
        extend(user, pool, n=2, max_cost_usd=Decimal(1), enqueue=False)


def test_responses_form_is_asked_for_one_draw_a_call_and_takes_no_seed(
    server: Told, user: User, asked_set: ProblemSet
) -> None:
    with pytest.raises(Refused, match="one call brings one draw"):
        make_asked_model(user, f"{server.address}/responses", choices_per_call=4)
    model = make_asked_model(user, f"{server.address}/responses")
    model.choices_per_call = 4
    model.save()
    pool = draw(user, asked_set, model, n=2)
    assert list(pool.requests.values_list("n_draws", flat=True)) == [1] * 4
    # Begun by an earlier version.
    pool.recipe = {**pool.recipe, "choices_per_call": 4}
    pool.save()
    extend(user, pool, n=4, enqueue=False)
    assert set(finish(pool).requests.values_list("n_draws", flat=True)) == {1}
    with pytest.raises(Refused, match="responses form, which takes no seed"):
        draw(user, asked_set, model, seed=3)
    with pytest.raises(Refused, match="responses form, which takes no seed"):
        add_model(user, "asked", name="asked", facts={"request_parameters": {"seed": 1}})


def test_pool_with_a_seed_whose_model_moved_to_the_responses_form_is_not_drawn_without_it(
    server: Told, user: User, asked_set: ProblemSet
) -> None:
    model = make_asked_model(user, server.address)
    pool, _ = sample(
        user, problem_set=asked_set, model=model, n=2, options={"language": "python3", "seed": 3}, enqueue=False
    )
    model.endpoint = f"{server.address}/responses"
    model.save()
    before = len(server.seen()["asked"])
    said = f"{model.endpoint} is asked in the responses form, which takes no seed: leave it out."
    assert (finish(pool).state, pool.state_reason) == (PoolState.FAILED, said)
    with pytest.raises(Refused, match="which takes no seed"):
        extend(user, pool, n=3, enqueue=False)
    assert len(server.seen()["asked"]) == before
    model.endpoint = server.address
    model.save()
    pool.refresh_from_db()
    extend(user, pool, enqueue=False)
    assert (finish(pool).state, pool.candidates.count()) == (PoolState.DONE, 4)
    assert sorted(call["body"]["seed"] for call in server.seen()["asked"][before:]) == [3, 3, 4, 4]
