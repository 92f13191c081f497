"""Adding and changing models in the browser."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from comparisons.models import LanguageModel, User
from comparisons.stages.asking import key_of
from tests.factories import make_user

pytestmark = pytest.mark.django_db

LITELLM = {
    "openai/osprey": {
        "litellm_provider": "openai",
        "input_cost_per_token": 1e-06,
        "output_cost_per_token": 4e-06,
        "output_cost_per_reasoning_token": 5e-06,
        "input_cost_per_token_batches": 5e-07,
    }
}


@pytest.fixture
def user(client: Client) -> User:
    user = make_user("ada", is_superuser=True)
    client.force_login(user)
    return user


def typed(**changes: str) -> dict[str, str]:
    return {
        "slug": "osprey", "name": "osprey", "provider": "openai", "endpoint": "http://localhost:9/v1",
        "key": "sk-secret", "request_parameters": '{"temperature": 1.0}', "training_cost_usd": "", **changes,
    }  # fmt: skip


def test_secret_of_our_own_is_never_read_as_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PODIUM_SECRET_KEY", "s" * 40)
    monkeypatch.setenv("OSPREY_KEY", "sk-osprey")
    assert (settings.SECRET("PODIUM_SECRET_KEY"), settings.SECRET("OSPREY_KEY")) == (None, "sk-osprey")


def test_model_is_added_with_its_key_sealed_and_prices_out_of_the_table(client: Client, user: User) -> None:
    table = SimpleUploadedFile("prices.json", json.dumps(LITELLM).encode())
    response = client.post("/models/new/", {**typed(), "prices": table})
    assert response.status_code == 302
    model = LanguageModel.objects.get()
    assert (model.slug, model.provider, model.request_parameters) == ("osprey", "openai", {"temperature": 1.0})
    key = key_of(model)
    assert key is not None and key.reveal() == "sk-secret"
    assert "sk-secret" not in model.sealed_key
    price = model.prices.get()
    assert (price.input_usd_per_mtok, price.reasoning_usd_per_mtok, price.batch_discount) == (
        Decimal(1), Decimal(5), Decimal("0.5"),
    )  # fmt: skip
    page = client.get(response.headers["Location"]).content.decode()
    assert ("stored, encrypted" in page, "sk-secret" in page, "unknown" in page) == (True, False, True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"endpoint": "localhost"}, "an http or https address"),
        ({"request_parameters": "{"}, "Not JSON"),
        ({"request_parameters": '{"max_tokens": -1}'}, "max_tokens is -1"),
        ({"slug": "///"}, "cannot name a model"),
        ({"key": "", "key_env": "PODIUM_SECRET_KEY"}, "PODIUM_SECRET_KEY holds a secret of Podium"),
        ({"key": "", "key_env": "DATABASE_URL"}, "which is sent to nobody"),
        ({"key_env": "OSPREY_KEY"}, "stored or read from the environment, not both"),
    ],
)
def test_model_that_cannot_be_is_refused_on_the_form(
    client: Client, user: User, changes: dict[str, str], said: str
) -> None:
    response = client.post("/models/new/", typed(**changes))
    assert response.status_code == 422
    assert said in response.content.decode()
    assert LanguageModel.objects.count() == 0


def test_what_is_known_of_a_model_is_changed_and_the_rest_stays(client: Client, user: User) -> None:
    client.post("/models/new/", typed())
    page = client.get("/models/osprey/facts/").content.decode()
    assert "sk-secret" not in page
    facts = {"family": "birds", "training_cost_usd": "120.50", "max_concurrency": "8", "streams": "true"}
    assert client.post("/models/osprey/facts/", facts).status_code == 302
    model = LanguageModel.objects.get()
    assert (model.family, model.training_cost_usd, model.max_concurrency, model.streams) == (
        "birds", Decimal("120.50"), 8, True,
    )  # fmt: skip
    assert model.request_parameters == {"temperature": 1.0}
    key = key_of(model)
    assert key is not None and key.reveal() == "sk-secret"


def test_price_by_the_machine_hour_is_added(client: Client, user: User) -> None:
    client.post("/models/new/", typed())
    client.post("/models/osprey/", {"usd_per_machine_hour": "2.5", "machines": "4"})
    price = LanguageModel.objects.get().prices.get()
    assert (price.usd_per_machine_hour, price.machines, price.tokens_per_second) == (Decimal("2.5"), 4, None)
    assert "by busy time" in client.get("/models/osprey/").content.decode()
