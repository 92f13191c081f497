"""Drawing a pool from the browser: the form with its estimate, and the page that shows how far it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client

from comparisons.actions.drawing import extend
from comparisons.actions.language_models import add_price
from comparisons.models import LanguageModel, Pool, PoolState, Price, ProblemSet, Request, User
from comparisons.queries.drawing import drawing_of
from comparisons.queries.pool_pages import pool_page
from comparisons.templatetags.numbers import day
from tests.comparisons.asked import PRICE, draw, finish, make_asked_model, make_set
from tests.comparisons.samplers.providers.serving import Told, serving
from tests.factories import make_problem, make_problem_set, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server() -> Iterator[Told]:
    with serving() as told:
        yield told


@pytest.fixture
def user(client: Client) -> User:
    user = make_user("ada")
    client.force_login(user)
    return user


@pytest.fixture
def problem_set(user: User) -> ProblemSet:
    return make_set(user)


@pytest.fixture
def model(server: Told, user: User) -> LanguageModel:
    server.tell()
    return make_asked_model(user, server.address)


def typed(**changes: str) -> dict[str, str]:
    return {"problem_set": "sums", "model": "asked", "n": "3", "formulation": "problem", "attempts": "1", **changes}


def test_estimate_comes_before_the_button_to_begin(
    client: Client, problem_set: ProblemSet, model: LanguageModel
) -> None:
    before = client.get("/pools/draw/").content.decode()
    page = client.post("/pools/draw/", typed(estimate="")).content.decode()
    assert ('name="begin"' in before, 'name="begin"' in page) == (False, True)
    assert ("Draw 6 candidates" in page, "Print the sum of a and b." in page) == (True, True)
    assert Pool.objects.count() == 0


def test_pool_is_begun_as_it_was_typed(client: Client, problem_set: ProblemSet, model: LanguageModel) -> None:
    response = client.post("/pools/draw/", typed(begin="", temperature="0.5", max_tokens="50", max_cost_usd="2"))
    pool = Pool.objects.get()
    assert (response.status_code, response.headers["Location"]) == (302, f"/pools/{pool.pk}/")
    assert (pool.state, pool.n_asked, pool.temperature, pool.recipe["max_tokens"]) == ("drawing", 3, 0.5, 50)
    page = client.get(f"/pools/{pool.pk}/").content.decode()
    assert ("0 of 6 draws" in page, "Judge 0 candidates" in page) == (True, False)


def test_refusal_stays_on_the_form(client: Client, problem_set: ProblemSet, model: LanguageModel) -> None:
    model.prices.all().delete()
    response = client.post("/pools/draw/", typed(begin="", max_cost_usd="2"))
    assert (response.status_code, Pool.objects.count()) == (422, 0)
    assert "A cap needs prices" in response.content.decode()


def test_page_shows_what_was_drawn_and_what_it_took(
    client: Client, server: Told, user: User, problem_set: ProblemSet, model: LanguageModel
) -> None:
    server.tell({"do": "status", "status": 500, "message": "down"})
    pool = draw(user, problem_set, model, n=2)
    page = client.get(f"/pools/{pool.pk}/").content.decode()
    for text in (
        "4 of 4 draws",
        "5, ",
        "1 server",
        "500 Internal Server Error: down",
        "contest-v1",
        "Judge 4 candidates",
    ):
        assert (text, text in page) == (text, True)


def test_page_of_a_pool_that_is_drawn_counts_what_is_there_and_gives_nothing_up(
    client: Client, server: Told, user: User, problem_set: ProblemSet, model: LanguageModel
) -> None:
    server.tell({"do": "length"})
    pool = draw(user, problem_set, model, n=2)
    pool.revisions.filter(number=1).delete()
    Pool.objects.update(state=PoolState.DRAWING, n_asked=3)
    problem = problem_set.problems.all()[0]
    Request.objects.create(pool=pool, problem=problem, index=2, outcome="failed", error_kind="server")
    page, shown = pool_page(pool), client.get(f"/pools/{pool.pk}/").content.decode()
    assert (page.n_candidates, page.unfrozen, page.with_program) == (0, 4, 3)
    assert ("4 drawn, frozen when drawing ends" in shown, "never answered" in shown) == (True, False)
    Pool.objects.update(state=PoolState.PAUSED)
    assert "1 draw was never answered: missing" in client.get(f"/pools/{pool.pk}/").content.decode()


def test_programs_are_counted_by_draw_where_there_are_further_attempts(
    client: Client, server: Told, user: User, problem_set: ProblemSet, model: LanguageModel
) -> None:
    server.tell({"do": "prose"})
    pool = draw(user, problem_set, model, n=2, attempts=2)
    page, shown = pool_page(pool), client.get(f"/pools/{pool.pk}/").content.decode()
    assert (page.n_candidates, page.draws_there, page.with_program) == (8, 4, 4)
    assert "by the last attempt of 4 draws" in shown


def test_stopped_pool_is_resumed_from_its_page(
    client: Client, server: Told, user: User, problem_set: ProblemSet, model: LanguageModel
) -> None:
    pool = draw(user, problem_set, model, n=30, max_cost_usd="0.02")
    page = client.get(f"/pools/{pool.pk}/").content.decode()
    assert ("stopped by budget" in page, f"/pools/{pool.pk}/resume/" in page) == (True, True)
    client.post(f"/pools/{pool.pk}/resume/")
    pool.refresh_from_db()
    assert pool.state == PoolState.DRAWING
    client.post(f"/pools/{pool.pk}/pause/")
    client.post(f"/pools/{pool.pk}/cancel/")
    pool.refresh_from_db()
    assert pool.state == PoolState.CANCELLED


def test_only_models_that_can_be_asked_are_offered(client: Client, user: User, problem_set: ProblemSet) -> None:
    LanguageModel.objects.create(slug="imported", name="Imported", created_by=user)
    page = client.get("/pools/draw/").content.decode()
    assert ("No model can be asked yet" in page, "Imported" in page) == (True, False)


def test_without_a_set_the_form_says_what_comes_first(client: Client) -> None:
    client.force_login(make_user())
    before = "There is no problem set yet" in client.get("/pools/draw/").content.decode()
    make_problem()
    assert (before, "There is no problem set yet" in client.get("/pools/draw/").content.decode()) == (True, False)


def test_pilot_is_drawn_first_and_more_draws_follow(
    client: Client, user: User, problem_set: ProblemSet, model: LanguageModel
) -> None:
    response = client.post("/pools/draw/", typed(pilot="", n="6"))
    pool = Pool.objects.get()
    assert (pool.n_asked, response.headers["Location"]) == (2, f"/pools/{pool.pk}/?n=6")
    finish(pool)
    page = client.get(f"/pools/{pool.pk}/?n=6").content.decode()
    assert f"/pools/{pool.pk}/extend/?n=6" in page
    shown = client.get(f"/pools/{pool.pk}/extend/?n=6").content.decode()
    assert "By 4 earlier draws of this model on 2 units (all of them asked for here)." in shown
    # 8 draws of 40 tokens each, whatever is drawn: the span is as wide as nothing.
    assert '≈ 320 <small class="quiet">320 to 320</small>' in shown
    assert re.search(r"≈ [^<]+ <small class=\"quiet\">[^<]+ to [^<]+, [1-8] calls? at once", shown)
    assert "4 each of 2" in shown
    client.post(f"/pools/{pool.pk}/extend/", {"n": "6", "begin": ""})
    pool = finish(Pool.objects.get())
    assert (pool.n_asked, pool.candidates.count(), pool.newest_revision.number) == (6, 12, 2)


def test_cost_at_prices_that_changed_while_it_was_drawn_names_them_all(
    client: Client, user: User, problem_set: ProblemSet, model: LanguageModel
) -> None:
    Price.objects.update(valid_from=date(2019, 1, 31))
    pool = draw(user, problem_set, model, n=1)
    add_price(user, model, {**PRICE, "output_usd_per_mtok": 20, "valid_from": "2019-02-28"})
    extend(user, pool, n=2, enqueue=False)
    found = drawing_of(finish(pool))
    assert found is not None
    # Two calls of 0.00051 USD, two with 40 tokens of output at another 10 USD a million.
    assert (found.cost_usd, found.cost_is_lower_bound) == (Decimal("0.00284"), False)
    page = client.get(f"/pools/{pool.pk}/").content.decode()
    old, new = (day(date(2019, *month)) for month in ((1, 31), (2, 28)))
    assert f"prices from {new}; calls before at those from {old}" in page


def test_pool_is_not_made_smaller(client: Client, user: User, problem_set: ProblemSet, model: LanguageModel) -> None:
    pool = draw(user, problem_set, model, n=3)
    response = client.post(f"/pools/{pool.pk}/extend/", {"n": "2", "begin": ""})
    assert (response.status_code, "never made smaller" in response.content.decode()) == (422, True)


def test_estimate_above_the_cap_is_said(
    client: Client, user: User, problem_set: ProblemSet, model: LanguageModel
) -> None:
    draw(user, problem_set, model, n=2)
    page = client.post("/pools/draw/", typed(estimate="", n="1000", max_cost_usd="0.1")).content.decode()
    assert "The estimate is above your cap of 0.10 USD" in page


def test_prompts_are_shown_by_version_and_part(client: Client, user: User) -> None:
    page = client.get("/prompts/").content.decode()
    assert ("contest-v1" in page, "Look at your answer again." in page, "boxed{}" in page) == (True, True, True)


def test_attempts_of_a_draw_are_linked_and_show_what_was_said_between(
    client: Client, user: User, problem_set: ProblemSet, model: LanguageModel
) -> None:
    pool = draw(user, problem_set, model, n=1, attempts=2)
    first, second = pool.candidates.filter(problem__slug="p0").order_by("attempt")
    page = client.get(f"/candidates/{second.pk}/").content.decode()
    assert f'<a href="/candidates/{first.pk}/">1</a> → <b aria-current="true">2</b>' in page
    assert ("Look at your answer again." in page, "the call's prices, from" in page) == (True, True)
    assert "What was said before it" not in client.get(f"/candidates/{first.pk}/").content.decode()


def test_prompts_of_probes_are_shown_too(client: Client, user: User) -> None:
    client.force_login(user)
    page = client.get("/prompts/").content.decode()
    assert ("contest-v1" in page, "probes-v1" in page, "Write a validator of test inputs" in page) == (True,) * 3
    assert "{{}}" not in page


def test_form_begins_with_a_set_that_can_be_judged(client: Client, user: User) -> None:
    make_set(user, problems=1)
    elsewhere = make_problem_set("elsewhere")
    version = make_problem(elsewhere).current_version
    assert version is not None
    version.unjudgeable = "Its tests are not here."
    version.save()
    client.force_login(user)
    assert '<option value="sums" selected>' in client.get("/pools/draw/").content.decode()
