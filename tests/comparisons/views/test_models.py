"""The page of a model: its prices are what makes costs known."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from comparisons.models import LanguageModel, Price
from tests.factories import make_user


def post(client: Client, **values: str):
    found = LanguageModel.objects.filter(slug="small").first()
    model = found or LanguageModel.objects.create(slug="small", name="Small", created_by=make_user())
    client.force_login(model.created_by)
    return client.post(reverse("podium:model-detail", args=["small"]), values)


@pytest.mark.django_db
def test_price_is_added_from_a_day_on(client: Client) -> None:
    response = post(client, input_usd_per_mtok="0.15", output_usd_per_mtok="0.6", valid_from="2026-01-31")
    price = Price.objects.get()
    assert response.status_code == 302
    assert (price.model.slug, str(price.valid_from)) == ("small", "2026-01-31")
    rates = (price.input_usd_per_mtok, price.cached_input_usd_per_mtok, price.output_usd_per_mtok)
    assert rates == (Decimal("0.15"), None, Decimal("0.6"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "said"),
    [({}, "State at least one rate"), ({"input_usd_per_mtok": "-1"}, "greater than or equal to 0")],
)
def test_price_without_a_rate_is_refused(client: Client, values: dict[str, str], said: str) -> None:
    response = post(client, **values)
    assert (response.status_code, said in response.content.decode()) == (422, True)
    assert not Price.objects.exists()


@pytest.mark.django_db
def test_class_without_a_price_of_its_own_says_as_what_it_is_billed(client: Client) -> None:
    post(client, input_usd_per_mtok="0.15", output_usd_per_mtok="0.6", valid_from="2026-01-31")
    shown = client.get("/models/small/").content.decode()
    assert (">as input<" in shown, ">as output<" in shown, ">as input<" in client.get("/models/").content.decode()) == (
        True, True, True,
    )  # fmt: skip
    post(client, input_usd_per_mtok="0.15", valid_from="2026-02-01")  # no price of output: reasoning is unknown, too
    assert client.get("/models/small/").content.decode().count(">as output<") == 1


@pytest.mark.django_db
def test_list_shows_the_price_that_holds_today_and_machine_hours(client: Client) -> None:
    post(client, input_usd_per_mtok="0.15", valid_from="2020-01-31")
    post(client, input_usd_per_mtok="0.77", valid_from="2999-01-31")
    shown = client.get("/models/").content.decode()
    assert ("0.15" in shown, "0.77" in shown) == (True, False)
    Price.objects.filter(valid_from="2020-01-31").delete()
    assert "0.77" in client.get("/models/").content.decode()  # none holds yet: the first that will
    post(client, usd_per_machine_hour="3.6", machines="2", valid_from="2020-02-28")
    assert "3.60 an hour × 2" in client.get("/models/").content.decode()
    assert "3.60 USD an hour × 2 <small" in client.get("/models/small/").content.decode()
