"""Headers and files that every page relies on."""

from __future__ import annotations

import plotly.offline
import pytest
from django.contrib.staticfiles import finders
from django.test import Client


@pytest.mark.django_db
def test_answers_carry_the_policy_and_refuse_frames(client: Client) -> None:
    response = client.get("/healthz")
    policy = dict(part.split(" ", 1) for part in response["Content-Security-Policy"].split("; "))
    assert policy["script-src"] == "'self'"
    assert policy["default-src"] == "'self'"
    assert response["X-Frame-Options"] == "DENY"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_plotly_script_is_the_one_of_the_package() -> None:
    found = finders.find("plotly/plotly.min.js")
    assert isinstance(found, str)
    with open(found, encoding="utf-8") as script:
        banner = script.read(400)
    assert f"plotly.js v{plotly.offline.get_plotlyjs_version()}" in banner


def test_htmx_comes_from_its_package() -> None:
    assert finders.find("django_htmx/htmx-2.min.js")
