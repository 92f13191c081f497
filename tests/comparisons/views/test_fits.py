"""The pages of fits: the list with its form, one fit with its charts, and the choice of one in the replay form."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from comparisons.models import Fit, Run, Visibility
from tests.comparisons.replay.judged import make_user
from tests.comparisons.replay.test_fits import drawn, fitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in() -> Client:
    client = Client()
    client.force_login(make_user())
    return client


def text(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def test_a_fit_shows_what_it_was_trained_on_and_what_it_is_worth(signed_in):
    pool = drawn()
    fit = fitted(pool)
    assert f"Fit {fit.pk}" in text(signed_in.get(reverse("podium:fit-list")))
    page = text(signed_in.get(reverse("podium:fit-detail", args=[fit.pk])))
    for words in (
        "one problem at a time",
        "trained without it",
        'id="figure-calibration"',
        "The defaults (square), which nothing tuned",
        "probes made from package data",
        "cluster_share",
        f"{fit.result['held_out']['log_loss']:.3f}",
    ):
        assert words in page, words
    svg = signed_in.get(reverse("podium:fit-figure", args=[fit.pk, "calibration", "svg"]))
    assert svg["Content-Type"] == "image/svg+xml" and svg.content.count(b"<svg") == 1
    lines = signed_in.get(reverse("podium:fit-figure", args=[fit.pk, "search", "csv"])).content.decode().splitlines()
    assert lines[0].startswith("try,") and len(lines) == 4
    for name, kind in (("nothing", "svg"), ("search", "exe")):
        assert signed_in.get(reverse("podium:fit-figure", args=[fit.pk, name, kind])).status_code == 404


def test_a_fit_without_a_search_says_why(signed_in):
    fit = fitted(drawn(with_probes=False), tries=0)
    page = text(signed_in.get(reverse("podium:fit-detail", args=[fit.pk])))
    assert "Nothing was tuned: o1-ioi compares outputs on probes" in page and "Without probes" in page


def test_the_form_starts_a_fit_or_says_what_is_missing(signed_in, django_capture_on_commit_callbacks):
    pool = drawn(with_probes=False)
    address = reverse("podium:fit-list")
    asked = {"pools": [pool.pk], "leave": "problem", "budget": 5, "seed": 0}
    response = signed_in.post(address, asked)
    fit = Fit.objects.get()
    assert response["Location"] == reverse("podium:fit-detail", args=[fit.pk])
    assert fit.work.get().kind == "fit"
    refused = signed_in.post(address, {**asked, "tries": 9})
    assert refused.status_code == 422 and "was not run on any" in refused.content.decode()
    assert signed_in.post(address, {**asked, "pools": []}).status_code == 422


def test_the_replay_form_offers_fits_where_a_strategy_takes_one(signed_in):
    pool = drawn()
    fit = fitted(pool)
    address = reverse("podium:pool-replay", args=[pool.pk])
    assert "the newest" in text(signed_in.get(address, {"strategy": "learned-rank"}))
    assert 'name="fit"' not in text(signed_in.get(address, {"strategy": "first-k"}))
    asked = {"strategy": "learned-rank", "budget": 3, "seeds": 1, "seed": 0, "fit": fit.pk}
    asked |= {"option-score": "expected-points", "option-identical": "skip", "option-stop": "on"}
    asked["option-cross_check"] = "off"
    assert signed_in.post(address, asked).status_code == 302
    run = Run.objects.get()
    assert run.fit_id == fit.pk
    assert f"fit {fit.pk}</a>, leaving out" in text(signed_in.get(reverse("podium:run-detail", args=[run.pk])))


def test_a_fit_over_a_set_that_a_person_may_not_see_is_not_there():
    from comparisons.models import User

    pool = drawn()
    fit = fitted(pool)
    pool.problem_set.visibility = Visibility.PRIVATE
    pool.problem_set.save()
    client = Client()
    client.force_login(User.objects.create(username="eve"))
    assert client.get(reverse("podium:fit-detail", args=[fit.pk])).status_code == 404
    assert f"Fit {fit.pk}" not in text(client.get(reverse("podium:fit-list")))
