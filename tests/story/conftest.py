"""A running Podium and a browser; skipped, with the reason, where either is not to be had."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from judge.sandbox import Sandbox, SandboxUnavailable
from tests.environment import sandbox_number
from tests.story.serving import Serving

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium; nothing is downloaded."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("needs a chromium on the PATH")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def podium(browser: Browser) -> Iterator[Serving]:
    """`manage.py serve` in an empty folder, anew for each story, stopped by Ctrl-C; nothing of it may be left then."""
    home = Path(tempfile.mkdtemp(prefix="podium-story-"))
    try:
        with Sandbox.open(cache=home / "cache-of-the-check", worker=sandbox_number(92)):
            pass
    except SandboxUnavailable as error:
        shutil.rmtree(home)
        pytest.skip(f"programs cannot be isolated here: {error}")
    serving = None
    try:
        serving = Serving(home)
        yield serving
        assert (serving.stop(), serving.living()) == (0, set())
    finally:
        if serving:
            serving.kill()
        shutil.rmtree(home, ignore_errors=True)
