"""A sandbox for tests that run programs; they skip, with the reason, where programs cannot be isolated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from judge.errors import SandboxUnavailable
from judge.sandbox import Sandbox
from tests.environment import sandbox_number


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for the whole run, with a cache of its own."""
    cache: Path = tmp_path_factory.mktemp("sandbox-cache")
    try:
        opened = Sandbox.open(cache=cache, worker=sandbox_number(90))
    except SandboxUnavailable as error:
        pytest.skip(f"programs cannot be isolated here: {error}")
    with opened:
        yield opened
