"""The form that makes probes: every option of `probe_pool`, its default shown; no call before the button says so."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.test import Client

from comparisons.actions.language_models import add_price
from comparisons.actions.problems import import_problem_set
from comparisons.forms.probes import ProbeForm
from comparisons.models import Pool, ProbeSet, User
from comparisons.operations.probe_options import _FIELDS
from comparisons.samplers.probe_recipes import ProbeRecipe
from comparisons.stages import environment
from comparisons.templatetags.numbers import day
from judge.errors import SandboxUnavailable
from tests.comparisons import judged
from tests.comparisons.asked import PRICE, STATEMENT, make_recorded_model
from tests.comparisons.helper_programs import GENERATOR, SUM, VALIDATOR, recorded
from tests.factories import make_model, make_pool, make_user

pytestmark = pytest.mark.django_db
RECIPE = {
    "generators": "2", "validators": "3", "brute_force": "1", "accept_share": "0.5", "counted": "made", "least": "4",
    "too_few": "best", "package_check": "show", "small_bytes": "99", "brute_force_s": "2.5", "language": "python3",
    "max_tokens": "1000", "temperature": "0.5", "effort": "high",
}  # fmt: skip


@pytest.fixture
def user(client: Client) -> User:
    found = make_user("ada", is_superuser=True)
    client.force_login(found)
    return found


@pytest.fixture
def pool(user: User, tmp_path: Path) -> Pool:
    """A pool of a model that answers from a file, on a set with two subtasks."""
    judged.write_package(tmp_path / "set/first", **{"problem_statement/problem.en.md": STATEMENT})
    problem_set = import_problem_set(user, tmp_path / "set", slug="sums", time_limit_s=1, measure=False).problem_set
    model = make_recorded_model(user, tmp_path, recorded(generators=(GENERATOR,), validators=(VALIDATOR,)))
    add_price(user, model, PRICE)
    return judged.make_pool(problem_set, model, user, [SUM])


def path(pool: Pool) -> str:
    return f"/pools/{pool.pk}/probe/"


def test_every_option_of_the_command_shows_its_default(user: User, pool: Pool) -> None:
    form, default = ProbeForm(user, pool), ProbeRecipe()
    shown = {name: form[name].initial for name in _FIELDS}
    wanted = {name: getattr(default, name) for name in _FIELDS}
    assert shown == {**wanted, "temperature": None, "effort": None, "max_tokens": None}


def test_page_offers_a_model_only_where_one_can_be_asked(client: Client, user: User) -> None:
    imported = make_pool()
    before = client.get(path(imported)).content.decode()
    asked = make_model("asked", provider="recorded")
    after = client.get(path(imported)).content.decode()
    assert ["a model writes" in before, "No model can be asked" in before] == [False, True]
    assert ["a model writes" in after, "No model can be asked" in after] == [True, False]
    assert f'<option value="{asked.slug}">' in after


def test_a_model_is_asked_only_by_the_button_that_says_so(client: Client, user: User, pool: Pool) -> None:
    response = client.post(path(pool), {"source": "model", **RECIPE})
    page = response.content.decode()
    # 2 + 3 + 1 programs for each of two subtasks.
    assert (response.status_code, "12 programs for 2 subtasks" in page, ProbeSet.objects.count()) == (200, True, 0)


def test_estimate_says_which_prices_it_counts_at(client: Client, user: User, pool: Pool) -> None:
    pool.model.prices.all().delete()
    unpriced = client.post(path(pool), {"source": "model", **RECIPE}).content.decode()
    add_price(user, pool.model, {**PRICE, "valid_from": "2020-01-31", "source": "a list"})
    priced = client.post(path(pool), {"source": "model", **RECIPE}).content.decode()
    assert "Cost unknown: the model has no price per token." in unpriced
    assert f" USD at prices from {day(date(2020, 1, 31))}, a list;" in priced


def test_what_was_typed_is_the_recipe(client: Client, user: User, pool: Pool) -> None:
    try:
        environment.sandbox()
    except SandboxUnavailable as error:
        pytest.skip(f"programs cannot be isolated here: {error}")
    data = {"source": "model", "n": "8", "max_cost_usd": "5", "begin": "", **RECIPE}
    assert client.post(path(pool), data).headers["Location"] == f"/pools/{pool.pk}/"
    probe_set = ProbeSet.objects.get()
    recipe = ProbeRecipe.from_data(probe_set.recipe)
    assert (probe_set.n, {name: str(getattr(recipe, name)) for name in RECIPE}) == (8, RECIPE)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"source": "mutation", "n": "0"}, "Ensure this value is greater than or equal to 1."),
        ({"accept_share": "75"}, "Ensure this value is less than or equal to 1."),
        ({"too_few": "pray"}, "Select a valid choice. pray is not one of the available choices."),
        ({"begin": "", "max_cost_usd": "5", "max_tokens": ""}, "A cap needs the most tokens of an answer"),
    ],
)
def test_bad_values_are_refused_beside_what_was_typed(
    client: Client, user: User, pool: Pool, changes: dict[str, str], said: str
) -> None:
    response = client.post(path(pool), {"source": "model", **RECIPE, **changes})
    page = response.content.decode()
    assert (response.status_code, said in page, 'value="99"' in page) == (422, True, True)
    assert ProbeSet.objects.count() == 0
