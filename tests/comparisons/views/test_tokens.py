"""The page of a person's tokens: made, shown once, revoked; nobody else's."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from comparisons.actions.tokens import make_token, owner_of
from comparisons.models import ApiToken
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def shown(content: bytes) -> list[str]:
    return re.findall(r"podium_[\w-]{43}", content.decode())


def test_a_token_is_on_the_page_that_makes_it_and_on_no_other(client: Client) -> None:
    user = make_user("ada")
    client.force_login(user)
    response = client.post("/tokens/", {"name": " nightly "})
    (token,) = shown(response.content)
    assert (response.status_code, "no-store" in response.headers["Cache-Control"]) == (200, True)
    assert owner_of(token) == user
    page = client.get("/tokens/")
    assert shown(page.content) == [] and b"nightly" in page.content
    # The same page sent again, as a browser does when it is reloaded.
    again = client.post("/tokens/", {"name": " nightly "})
    assert (again.status_code, shown(again.content), ApiToken.objects.count()) == (422, [], 1)
    assert b"There is a token called nightly already" in again.content
    for name in ("", "   ", "x" * 81):
        assert client.post("/tokens/", {"name": name}).status_code == 422


def test_tokens_of_others_are_neither_seen_nor_revoked(client: Client) -> None:
    theirs = make_token(make_user("grace"), "of grace")
    client.force_login(make_user("ada"))
    assert b"of grace" not in client.get("/tokens/").content
    assert client.post(f"/tokens/{ApiToken.objects.get().pk}/revoke/").status_code == 404
    assert owner_of(theirs) is not None
    # Names are each person's own.
    assert client.post("/tokens/", {"name": "of grace"}).status_code == 200


def test_revoking_is_a_form_of_the_page(client: Client) -> None:
    user = make_user("ada")
    token = make_token(user, "nightly")
    path = f"/tokens/{ApiToken.objects.get().pk}/revoke/"
    strict = Client(enforce_csrf_checks=True)
    for browser in (client, strict):
        browser.force_login(user)
    assert (client.get(path).status_code, strict.post(path).status_code) == (405, 403)
    assert owner_of(token) == user
    response = client.post(path, follow=True)
    assert b"nightly is revoked." in response.content and owner_of(token) is None
    assert client.post(path).status_code == 404


def test_last_use_is_noted_once_a_minute() -> None:
    token = make_token(make_user("ada"), "nightly")
    assert owner_of(token) and owner_of("podium_" + "x" * 43) is None and owner_of("") is None
    first = ApiToken.objects.get().last_used_at
    assert owner_of(token) and ApiToken.objects.get().last_used_at == first is not None
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    assert owner_of(token)
    noted = ApiToken.objects.get().last_used_at
    assert noted is not None and first is not None and noted >= first


def test_the_command_makes_one_for_whom_it_acts_as() -> None:
    user = make_user("ada")
    out = StringIO()
    call_command("api_token", "cron", "--as", "ada", "--json", stdout=out)
    data = json.loads(out.getvalue())
    assert (data["user"], data["name"], owner_of(data["token"])) == ("ada", "cron", user)
    err = StringIO()
    with pytest.raises(SystemExit):
        call_command("api_token", "cron", "--as", "ada", stdout=StringIO(), stderr=err)
    assert err.getvalue().startswith("There is a token called cron already")
