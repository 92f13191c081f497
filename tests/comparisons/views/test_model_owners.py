"""Who may change a model, name a variable for its key, and have Podium call an address."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from comparisons.actions import Refused
from comparisons.actions.language_models import add_model, add_price
from comparisons.models import LanguageModel
from comparisons.samplers.providers import PermanentError
from comparisons.stages.asking import connect
from tests.factories import make_user

pytestmark = pytest.mark.django_db
ENDPOINT = "http://localhost:9/v1"


def osprey(**changes: str) -> LanguageModel:
    return add_model(make_user("ada"), "osprey", name="osprey", provider="openai", endpoint=ENDPOINT, **changes)


def test_model_of_somebody_else_is_shown_and_not_changed(client: Client) -> None:
    before = osprey(key="sk-hers").sealed_key
    client.force_login(make_user("eve"))
    page = client.get("/models/osprey/").content.decode()
    assert ("only they and staff may change it" in page, "/facts/" in page, "input_usd_per_mtok" in page) == (
        True, False, False,
    )  # fmt: skip
    facts = {"key": "sk-eve", "request_parameters": '{"max_tokens": 1}'}
    assert client.get("/models/osprey/facts/").status_code == 403
    assert client.post("/models/osprey/facts/", facts).status_code == 403
    assert client.post("/models/osprey/", {"input_usd_per_mtok": "9"}).status_code == 403
    model = LanguageModel.objects.get()
    assert (model.sealed_key, model.request_parameters, model.prices.count()) == (before, {}, 0)


def test_staff_may_change_every_model(client: Client) -> None:
    osprey()
    client.force_login(make_user("root", is_superuser=True))
    assert client.post("/models/osprey/facts/", {"family": "birds"}).status_code == 302
    assert client.post("/models/osprey/", {"input_usd_per_mtok": "9"}).status_code == 302
    assert LanguageModel.objects.get().family == "birds"


def test_command_acts_by_the_same_rule() -> None:
    model = osprey()
    eve = make_user("eve")
    sentence = "The model osprey belongs to ada: only they and staff may change it."
    with pytest.raises(Refused, match=sentence):
        add_price(eve, model, {"input_usd_per_mtok": 1})
    with pytest.raises(Refused, match=sentence):
        add_model(eve, "osprey", name="osprey", facts={"family": "birds"})


def test_model_that_came_with_samples_gets_its_endpoint_from_its_owner_only(client: Client) -> None:
    LanguageModel.objects.create(slug="tern", name="tern", created_by=make_user("ada"))
    client.force_login(make_user("eve"))
    new = {"slug": "tern", "name": "tern", "provider": "openai", "endpoint": ENDPOINT}
    response = client.post("/models/new/", new)
    assert (response.status_code, "belongs to ada" in response.content.decode()) == (422, True)
    assert LanguageModel.objects.get().endpoint == ""


@pytest.mark.parametrize(
    ("listed", "variable", "is_allowed"),
    [
        ([], "HOME_SECRET", False),
        (["OPENAI_KEY"], "OPENAI_KEY", True),
        (["OPENAI_KEY"], "OPENAI_KEY_2", False),
        (["OPENAI_*"], "OPENAI_KEY_2", True),
        (["*"], "DATABASE_URL", False),
    ],
)
def test_variable_is_named_by_staff_or_from_the_list(
    settings: Settings, listed: list[str], variable: str, is_allowed: bool
) -> None:
    settings.PODIUM_KEY_VARIABLES = listed
    if is_allowed:
        assert osprey(key_env=variable).key_env == variable
    else:
        with pytest.raises(Refused):
            osprey(key_env=variable)
        assert not LanguageModel.objects.exists()


def test_form_offers_a_variable_only_where_one_may_be_named(client: Client, settings: Settings) -> None:
    client.force_login(make_user("eve"))
    without = client.get("/models/new/").content.decode()
    settings.PODIUM_KEY_VARIABLES = ["TEAM_*"]
    listed = client.get("/models/new/").content.decode()
    client.force_login(make_user("root", is_superuser=True))
    staff = client.get("/models/new/").content.decode()
    field = 'name="key_env"'
    assert (field in without, field in listed, "One of: TEAM_*" in listed, field in staff) == (False, True, True, True)


def test_address_inside_is_refused_to_people_who_share_a_podium(settings: Settings) -> None:
    settings.PODIUM_ENDPOINT_HOSTS = ["public"]
    for endpoint in ("http://127.0.0.1:6379/", "http://169.254.169.254/latest/meta-data"):
        with pytest.raises(Refused, match="PODIUM_ENDPOINT_HOSTS would have to name it"):
            add_model(make_user(), "osprey", name="osprey", provider="openai", endpoint=endpoint)
    assert not LanguageModel.objects.exists()


def test_address_that_was_allowed_once_is_refused_when_the_operator_says_so(settings: Settings) -> None:
    model = add_model(make_user(), "osprey", name="osprey", provider="openai", endpoint="http://127.0.0.1:9/v1")
    connect(model).close()
    settings.PODIUM_ENDPOINT_HOSTS = ["public"]
    with pytest.raises(PermanentError, match="is not among the hosts that may be asked here"):
        connect(model)


@pytest.mark.parametrize("query", ["api-key=4711", "a=1&access_token=x", "sig=x"])
def test_key_in_an_address_is_refused_because_everybody_reads_it(query: str) -> None:
    with pytest.raises(Refused, match="everyone can read it"):
        add_model(make_user(), "osprey", name="osprey", provider="openai", endpoint=f"{ENDPOINT}?{query}")
    versioned = f"{ENDPOINT}?api-version=2026-01-01"
    assert add_model(make_user(), "osprey", name="osprey", provider="openai", endpoint=versioned).endpoint == versioned


@pytest.mark.parametrize("endpoint", ["http://[::1/v1", "http://", "ftp://host/v1", "host"])
def test_address_that_is_none_is_refused(endpoint: str) -> None:
    with pytest.raises(Refused):
        add_model(make_user(), "osprey", name="osprey", provider="openai", endpoint=endpoint)
