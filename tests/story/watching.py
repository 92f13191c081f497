"""What goes wrong in a browser without anybody seeing it: errors of scripts, requests to elsewhere, pages too wide."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
#: How long a page may take on a machine that does other things too.
PAGE_MS = 20_000
#: A folder for pictures of every page, light, dark and on a phone; none are taken where it is not set.
SHOTS = os.environ.get("STORY_SHOTS", "")
_AXE = Axe()
_CONTRAST = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}


class Watch:
    """Collects, for all pages of a browser context, script errors and requests that leave `address`."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address
        self.errors: list[str] = []
        self.strangers: list[str] = []
        #: Statuses that a step provokes; Chromium reports each as an error of the console.
        self.expected: set[int] = set()
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("request", self._asked)

    def _heard(self, message: ConsoleMessage) -> None:
        status = re.search(r"the server responded with a status of (\d+)", message.text)
        if message.type == "error" and not (status and int(status[1]) in self.expected):
            self.errors.append(f"{message.text} ({urlsplit(message.location['url']).path})")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.address + "/", "data:", "blob:", "file:")):
            self.strangers.append(request.url)


def violations(page: Page, options: dict[str, object] | None = None) -> list[str]:
    """What axe-core finds serious or critical."""
    found = _AXE.run(page, options=options or {"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


def look(page: Page, name: str, *, has_dark: bool = True) -> list[str]:
    """What is wrong with the page as it stands: in light and dark, on a desk and on a phone. Leaves it as it was."""
    faults = violations(page)
    shot(page, name)
    page.emulate_media(color_scheme="dark")
    faults += [f"dark: {fault}" for fault in violations(page, _CONTRAST)]
    if has_dark and brightness(page) > 64:
        faults.append(f"the page is not dark: {brightness(page)}")
    shot(page, f"{name}-dark")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(PHONE)
    page.wait_for_timeout(300)  # charts are drawn anew a moment after the width has changed
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > PHONE["width"]:
        faults.append(f"scrolls sideways on a phone: {wide} px; {widest(page)}")
    shot(page, f"{name}-phone")
    page.set_viewport_size(DESK)
    return [f"{name}: {fault}" for fault in faults]


def brightness(page: Page) -> float:
    """Mean of the channels of the page's background, 0 to 255."""
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    red, green, blue = map(int, re.findall(r"\d+", colour)[:3])
    return (red + green + blue) / 3


def widest(page: Page) -> str:
    """The elements that reach beyond the right edge and are not scrolled by a parent."""
    return str(
        page.evaluate(
            """() => [...document.querySelectorAll("main *")]
            .filter((e) => e.getBoundingClientRect().right > innerWidth && !e.closest(".scroll")).slice(0, 5)
            .map((e) => `${e.tagName}.${e.className} in ${e.parentNode.className}`)"""
        )
    )


def shot(page: Page, name: str) -> None:
    """A picture of the whole page, where pictures are asked for."""
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.wait_for_timeout(200)
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)
