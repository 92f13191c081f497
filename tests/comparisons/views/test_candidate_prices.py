"""What a candidate cost is said at the price that its pool is counted at, not at the newest."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from comparisons.models import Candidate, Pool, Price, Request
from tests.factories import make_pool, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def pool(client: Client) -> Pool:
    """A pool made between two prices of its model, USD per million tokens: 100 in and 50 out a draw."""
    client.force_login(make_user("ada"))
    found = make_pool(n=1)
    today = timezone.localdate()
    for days, usd in ((-30, 1), (30, 100)):
        Price.objects.create(
            model=found.model, valid_from=today + timedelta(days), input_usd_per_mtok=usd, output_usd_per_mtok=2 * usd
        )
    return found


def shown(client: Client, candidate: Candidate) -> tuple[Decimal, Price, str]:
    """(USD, the price, the page)."""
    response = client.get(f"/candidates/{candidate.pk}/")
    page = response.context["page"]
    return page.cost.cost_usd, page.price, response.content.decode()


def test_price_is_the_one_that_held_when_the_pool_was_made(client: Client, pool: Pool) -> None:
    usd, price, page = shown(client, pool.candidates.get())
    assert usd == Decimal("0.0002")
    assert price == pool.model.prices.get(input_usd_per_mtok=1)
    assert "the pool's prices, from " in page


def test_price_of_a_drawn_candidate_is_that_of_its_call(client: Client, pool: Pool) -> None:
    newer = pool.model.prices.get(input_usd_per_mtok=100)
    call = Request.objects.create(pool=pool, price=newer, outcome=Request.Outcome.ANSWERED)
    pool.candidates.update(request=call)
    usd, price, page = shown(client, pool.candidates.get())
    assert (usd, price) == (Decimal("0.02"), newer)
    assert "the call's prices, from " in page
