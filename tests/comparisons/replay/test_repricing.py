"""One pool at several prices: tokens are stored, money is derived."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from comparisons.actions import Refused
from comparisons.actions.runs import run_inline, start_run
from comparisons.models import Pool, Price, Request, Run
from comparisons.queries.drawing import drawing_of
from comparisons.queries.repricing import calls_at_once, machine_time, priced_rows
from comparisons.stages.report_rows import labels_of
from tests.comparisons.replay.judged import make_model, make_pool, make_set, make_user

pytestmark = pytest.mark.django_db

#: Two draws of 1,000 tokens in and 500 out.
SCORES = {"nile": [[100], [0]]}


def replayed(pool: Pool, day: date | None = None) -> Run:
    run = start_run(make_user(), pool=pool, strategy="random-k", budget=1, price_date=day, is_inline=True)
    return run_inline(run)


def test_run_is_counted_at_the_price_of_another_day() -> None:
    pool = make_pool(make_set({"nile": (100,)}), SCORES)
    later = date.today() + timedelta(days=30)
    Price.objects.create(model=pool.model, valid_from=later, input_usd_per_mtok=10, output_usd_per_mtok=20)
    own, dearer = replayed(pool), replayed(pool, later)
    assert (own.cost_usd, dearer.cost_usd) == (Decimal("0.002"), Decimal("0.02"))
    assert dearer.details["prices"][0]["valid_from"] == later.isoformat()
    assert replayed(pool, date.today()).pk == own.pk
    assert labels_of([own, dearer])[1].endswith(f"prices of {later}")
    with pytest.raises(Refused, match="no price that held on 1999-01-01"):
        replayed(pool, date(1999, 1, 1))


def test_pool_page_has_the_pool_at_every_price_and_in_batches() -> None:
    pool = make_pool(make_set({"nile": (100,)}), SCORES)
    Price.objects.create(
        model=pool.model, valid_from=date(2021, 1, 1), input_usd_per_mtok=2, output_usd_per_mtok=4, batch_discount="0.5"
    )
    dear, cheap = priced_rows(pool)
    assert (cheap.cost_usd, cheap.batch_usd, dear.cost_usd, dear.batch_usd) == (
        Decimal("0.004"), None, Decimal("0.008"), Decimal("0.004"),
    )  # fmt: skip


def hourly_pool() -> Pool:
    """Two calls of 10 s that overlap by 5 s, then a pause of 45 s, then one of 30 s, on two machines."""
    model = make_model("own", usd=None)
    price = Price.objects.create(model=model, valid_from=date(2020, 1, 1), usd_per_machine_hour="7.2", machines=2)
    pool = make_pool(make_set({"nile": (100,)}), SCORES, model=model, n_asked=2)
    start = timezone.now() - timedelta(hours=1)
    for sent, ended in ((0, 10), (5, 15), (60, 90)):
        Request.objects.create(
            pool=pool, outcome="answered", input_tokens=1000, output_tokens=300, price=price,
            sent_at=start + timedelta(seconds=sent), ended_at=start + timedelta(seconds=ended),
        )  # fmt: skip
    Request.objects.create(
        pool=pool, outcome="failed", error_kind="connection", is_charge_known=True, price=price,
        sent_at=start + timedelta(seconds=20), ended_at=start + timedelta(seconds=40),
    )  # fmt: skip
    return pool


def test_machine_hours_cost_the_time_in_which_calls_were_open_and_idle_is_apart() -> None:
    pool = hourly_pool()
    measured = machine_time(pool)
    assert measured is not None
    assert (measured.busy_s, measured.span_s, measured.tokens_per_second) == (45.0, 90.0, 20.0)
    found = drawing_of(pool)
    assert found is not None
    # 7.2 USD an hour for each of two machines: 0.004 USD a second.
    assert (found.cost_usd, found.idle_usd, found.cost_is_lower_bound) == (Decimal("0.18"), Decimal("0.18"), False)


def test_call_whose_worker_died_keeps_the_machine_busy_for_no_known_time() -> None:
    pool = hourly_pool()
    before = machine_time(pool)
    sent = pool.requests.earliest("sent_at").sent_at
    noticed = sent + timedelta(hours=9)  # the next morning
    Request.objects.create(pool=pool, outcome="lost", sent_at=sent + timedelta(seconds=88), ended_at=noticed)
    after, found = machine_time(pool), drawing_of(pool)
    assert before is not None and after is not None and found is not None
    assert (after.busy_s, after.span_s, after.tokens_per_second) == (45.0, 90.0, 20.0)
    assert (before.is_lower_bound, after.is_lower_bound) == (False, True)
    assert (found.cost_usd, found.idle_usd, found.cost_is_lower_bound) == (Decimal("0.18"), Decimal("0.18"), True)


def test_calls_at_once_are_those_that_were_open_while_it_was_drawn() -> None:
    pool = hourly_pool()
    assert calls_at_once(pool) is None  # nobody said how long they took
    pool.requests.filter(outcome="answered").update(latency_s=10.0)
    # Three calls of 10 s within 90 s: the pause of 45 s is a wait for the endpoint.
    assert calls_at_once(pool) == pytest.approx(30 / 90)
    last = pool.requests.filter(outcome="answered").latest("sent_at")
    for name in ("sent_at", "ended_at"):
        setattr(last, name, getattr(last, name) + timedelta(days=1))
    last.save()  # another day's call
    assert calls_at_once(pool) == pytest.approx(30 / 45)
    pool.model.provider = "recorded"
    assert calls_at_once(pool) is None


def test_run_on_own_machines_costs_by_the_speed_that_was_measured() -> None:
    pool = hourly_pool()
    run = replayed(pool)
    # 500 output tokens at 20 a second take 25 s of 0.004 USD.
    assert (run.cost_usd, run.cost_is_lower_bound) == (Decimal("0.1"), False)
    assert run.details["prices"][0]["tokens_per_second"] == 20.0
    assert run.details["cost_missing"] == []
