"""A token of the API in a browser: made, shown once, used by a program over HTTP, revoked."""

from __future__ import annotations

import json
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.story.serving import Serving
from tests.story.watching import DESK, PAGE_MS, Watch, look

pytestmark = pytest.mark.browser
expect.set_options(timeout=PAGE_MS)


@pytest.fixture
def context(browser: Browser, podium: Serving) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport=DESK, permissions=["clipboard-read", "clipboard-write"])
    opened.set_default_timeout(PAGE_MS)
    yield opened
    opened.close()


def ask(podium: Serving, token: str, path: str, **fields: object) -> tuple[int, dict[str, object]]:
    """(status, object): a POST of these fields, or a GET where there are none."""
    request = urllib.request.Request(
        f"{podium.address}/api/{path}",
        data=json.dumps(fields).encode() if fields else None,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=PAGE_MS / 1000) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_token_is_made_shown_once_used_and_revoked(context: BrowserContext, podium: Serving) -> None:
    watch = Watch(context, podium.address)
    watch.expected = {422}
    page = context.new_page()
    page.goto(podium.link)
    page.get_by_role("link", name="API", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("API")
    expect(page.locator(".empty")).to_contain_text("No token")
    faults = look(page, "tokens-empty")
    page.get_by_label("What it is for").fill("nightly evaluation")
    page.get_by_role("button", name="Make a token").click()
    token = page.locator("#made").text_content() or ""
    assert token.startswith("podium_")
    faults += look(page, "tokens-made")
    page.get_by_role("button", name="Copy").click()
    assert page.evaluate("navigator.clipboard.readText()") == token
    expect(page.locator("tbody tr")).to_contain_text(["nightly evaluation"])
    expect(page.locator("tbody tr")).to_contain_text(["never"])

    status, model = ask(podium, token, "add_model", slug="small", name="Small")
    assert (status, model) == (200, {"model": "small"})
    status, listed = ask(podium, token, "")
    assert status == 200 and "replay" in [call["name"] for call in listed["calls"]]  # type: ignore[attr-defined]
    assert ask(podium, token, "pool?pool=1") == (404, {"error": "There is no pool '1'."})
    page.goto(f"{podium.address}/models/small/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Small")

    page.goto(f"{podium.address}/tokens/")
    expect(page.locator("#made")).to_have_count(0)
    expect(page.locator("tbody tr")).to_contain_text(["today"])
    expect(page.locator("tbody tr")).not_to_contain_text(["never"])
    page.get_by_label("What it is for").fill("nightly evaluation")
    page.get_by_role("button", name="Make a token").click()
    expect(page.locator(".err")).to_contain_text("There is a token called nightly evaluation already")
    faults += look(page, "tokens-taken")
    made = json.loads(podium.command("api_token", "from the shell", "--json"))
    assert ask(podium, made["token"], "pool?pool=1")[0] == 404

    page.goto(f"{podium.address}/tokens/")
    page.get_by_role("button", name="Revoke nightly evaluation").click()
    expect(page.get_by_role("status")).to_contain_text("nightly evaluation is revoked.")
    expect(page.locator("tbody tr")).to_contain_text(["from the shell"])
    assert ask(podium, token, "pool?pool=1")[0] == 401
    assert ask(podium, made["token"], "pool?pool=1")[0] == 404
    assert (faults, watch.errors, watch.strangers) == ([], [], [])
    kept = b"".join(path.read_bytes() for path in podium.home.rglob("*") if path.is_file())
    assert token.encode() not in kept and made["token"].encode() not in kept
    with sqlite3.connect(podium.home / "podium.sqlite3") as database:
        assert database.execute("SELECT name FROM comparisons_apitoken").fetchall() == [("from the shell",)]
