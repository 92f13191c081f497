"""Runs and pools counted at a provider's batch rate: the discount of the price, figures by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from comparisons.actions import Refused
from comparisons.actions.runs import compare_inline, create_comparison, run_inline, start_like, start_run
from comparisons.metrics import Prices
from comparisons.models import Pool, Price, Run
from comparisons.queries.repricing import batch_of
from comparisons.queries.runs import run_page
from comparisons.samplers.providers.protocol import Usage
from comparisons.stages.call_costs import charge_nano_usd, price_now
from comparisons.stages.report_facts import prices_of
from comparisons.stages.report_rows import labels_of
from tests.comparisons.replay.judged import make_model, make_pool, make_set, make_user

pytestmark = pytest.mark.django_db

#: Two draws of 1,000 tokens in and 500 out.
SCORES = {"nile": [[100], [0]]}


def batch_pool(discount: str | None = "0.4", **pool: Any) -> Pool:
    model = make_model("priced", usd=None)
    Price.objects.create(
        model=model, valid_from=date(2020, 1, 1), input_usd_per_mtok=2, output_usd_per_mtok=8, batch_discount=discount
    )
    return make_pool(make_set({"nile": (100,)}), SCORES, model=model, **pool)


def replayed(pool: Pool, **how: Any) -> Run:
    return run_inline(start_run(make_user(), pool=pool, strategy="first-k", budget=1, is_inline=True, **how))


def test_every_rate_is_less_the_discount() -> None:
    full = Prices(Decimal(2), Decimal(8), Decimal("0.5"), None)
    assert full.less(Decimal("0.4")) == Prices(Decimal("1.2"), Decimal("4.8"), Decimal("0.30"), None)
    assert full.less(None) == Prices(None, None)


def test_run_in_batches_is_another_run_that_costs_less_its_discount() -> None:
    pool = batch_pool()
    full, batched = replayed(pool), replayed(pool, is_batch=True)
    # One draw: 1,000 x 2 + 500 x 8 = 6,000 millionths of a dollar, and 60 % of that.
    assert (full.cost_usd, batched.cost_usd) == (Decimal("0.006"), Decimal("0.0036"))
    assert (full.score, full.pk != batched.pk) == (batched.score, True)
    assert (replayed(pool, is_batch=False).pk, replayed(pool, is_batch=True).pk) == (full.pk, batched.pk)
    assert [label.endswith(word) for label, word in zip(
        labels_of([full, batched]), ("list price", "in batches"), strict=True
    )] == [True, True]  # fmt: skip
    assert dict(prices_of([batched]))["priced"].startswith("input 2, output 8 USD per million tokens, from 2020-01-01")
    assert "less 40\xa0% in batches" in dict(prices_of([batched]))["priced"]
    facts = dict(run_page(batched).cost_facts)
    assert facts["Price of priced from 2020-01-01"] == "2.00 in, 8.00 out USD per Mtok, less 40\xa0% in batches"
    assert facts["In batches"] == "may be answered much later than the latency says"
    assert start_like(make_user(), batched, strategy="random-k", is_inline=True).is_batch


def test_pool_drawn_in_batches_costs_so_unless_asked_otherwise() -> None:
    pool = batch_pool(recipe={"is_batch": True})
    own, full = replayed(pool), replayed(pool, is_batch=False)
    assert (own.cost_usd, full.cost_usd, batch_of(pool, pool.model.prices.all())) == (
        Decimal("0.0036"),
        Decimal("0.006"),
        True,
    )
    # What each call is charged while it is drawn: 400 cached, 600 not (as dear here), 500 out.
    price = price_now(pool)
    assert price is not None
    usage = Usage(input_tokens=1000, cached_input_tokens=400, output_tokens=500)
    assert charge_nano_usd(price.to_prices(), usage) == 3_600_000


def test_discount_that_is_unknown_leaves_the_cost_unknown_and_is_not_asked_for() -> None:
    pool = batch_pool(discount=None, recipe={"is_batch": True})
    own = replayed(pool)
    assert (own.cost_usd, own.details["cost_missing"]) == (None, ["the batch discount of priced"])
    assert replayed(pool, is_batch=False).cost_usd == Decimal("0.006")
    with pytest.raises(Refused, match="The price of priced from 2020-01-01 states no batch discount."):
        replayed(pool, is_batch=True)


def test_comparison_says_where_runs_are_priced_otherwise() -> None:
    pool = batch_pool()
    runs = [replayed(pool), replayed(pool, is_batch=True)]
    comparison = create_comparison(make_user(), runs=runs, is_inline=True)
    warnings = compare_inline(comparison).result["warnings"]
    assert any(text.startswith("Not like with like. The rate of calls differs") for text in warnings)
    assert any("its calls were made one by one: batches answer later" in text for text in warnings)
