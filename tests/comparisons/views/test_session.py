"""Signing in and out."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from comparisons.actions import sign_in
from comparisons.models import User
from comparisons.views import session
from tests.factories import make_user

pytestmark = pytest.mark.django_db
SIGN_IN = "/sign-in/"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Path:
    """Tokens of one test are not those of another, nor are its wrong passwords."""
    settings.PODIUM_HOME = tmp_path
    cache.clear()
    return tmp_path


@pytest.fixture
def user() -> User:
    """Someone with a password."""
    user = make_user("ada")
    user.set_password("right")
    user.save()
    return user


def signed_in(client: Client) -> str | None:
    """Whose session this is, as the database knows it."""
    return client.session.get("_auth_user_id")


def test_token_signs_in_once(client: Client, user: User) -> None:
    token = sign_in.issue(user)
    response = client.get(f"/sign-in/{token}/")
    assert (response.status_code, response["Location"]) == (302, "/")
    assert signed_in(client) == str(user.pk)
    again = Client()
    response = again.get(f"/sign-in/{token}/")
    assert (response["Location"], signed_in(again)) == (SIGN_IN, None)


def test_token_is_kept_hashed_and_private(home: Path, user: User) -> None:
    token = sign_in.issue(user)
    (kept,) = (home / "sign-in").iterdir()
    assert token not in kept.name + kept.read_text()
    assert (kept.stat().st_mode & 0o777, (home / "sign-in").stat().st_mode & 0o777) == (0o600, 0o700)


def test_token_older_than_a_day_is_refused(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    token = sign_in.issue(user)
    later = time.time() + sign_in.VALID_S + 1
    monkeypatch.setattr(sign_in.time, "time", lambda: later)
    assert sign_in.redeem(token) is None


def test_token_of_someone_gone_is_refused(user: User) -> None:
    token = sign_in.issue(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert sign_in.redeem(token) is None


@pytest.mark.parametrize("token", ["unknown", "..", "x" * 5000])
def test_token_that_never_was_leads_to_the_form(client: Client, token: str) -> None:
    response = client.get(f"/sign-in/{token}/")
    assert (response.status_code, response["Location"]) == (302, SIGN_IN)


def test_used_link_does_no_harm_to_who_is_signed_in(client: Client, user: User) -> None:
    client.force_login(user)
    assert client.get("/sign-in/used/")["Location"] == "/"


def test_password_signs_in_and_goes_on(client: Client, user: User) -> None:
    response = client.post(SIGN_IN, {"username": "ada", "password": "right", "next": "/pools/"})
    assert (response.status_code, response["Location"]) == (302, "/pools/")
    assert signed_in(client) == str(user.pk)


def test_password_wrong_is_said_beside_the_form(client: Client, user: User) -> None:
    response = client.post(SIGN_IN, {"username": "ada", "password": "wrong"})
    assert (response.status_code, signed_in(client)) == (422, None)
    assert "correct username and password" in response.content.decode()


def test_next_elsewhere_is_not_followed(client: Client, user: User) -> None:
    response = client.post(SIGN_IN, {"username": "ada", "password": "right", "next": "https://evil.example/"})
    assert response["Location"] == "/"


def test_too_many_wrong_passwords_wait(client: Client, user: User) -> None:
    for _ in range(session.ATTEMPTS):
        client.post(SIGN_IN, {"username": "ada", "password": "wrong"})
    response = client.post(SIGN_IN, {"username": "ada", "password": "right"})
    assert (response.status_code, signed_in(client)) == (429, None)
    assert client.post(SIGN_IN, {"username": "bob", "password": "wrong"}).status_code == 422


def test_page_without_a_session_leads_to_the_form(client: Client) -> None:
    response = client.get("/pools/")
    assert (response.status_code, response["Location"]) == (302, "/sign-in/?next=/pools/")


def test_sign_out_needs_a_form_and_ends_the_session(client: Client, user: User) -> None:
    client.force_login(user)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/")["Location"] == SIGN_IN
    assert signed_in(client) is None


def test_administration_has_no_form_of_its_own(client: Client, user: User) -> None:
    """Its form would count no wrong passwords."""
    response = client.get("/admin/login/?next=/admin/")
    assert (response.status_code, response["Location"]) == (302, f"{SIGN_IN}?next=/admin/")
    assert client.post("/admin/login/", {"username": "ada", "password": "right"}).status_code == 405
    client.force_login(user)
    assert client.get("/admin/", follow=True).status_code == 403
