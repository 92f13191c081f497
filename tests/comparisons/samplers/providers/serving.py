"""The server process, from a test's side."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[4]


@dataclass(frozen=True)
class Told:
    """A running server. `address` is what a person would give as the endpoint."""

    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def tell(self, *behaviours: dict[str, Any]) -> None:
        """What the next calls get, one each."""
        # Not httpx's JSON: it writes no half characters.
        httpx.post(f"http://127.0.0.1:{self.port}/tell", content=json.dumps(behaviours)).raise_for_status()

    def answer(self, *texts: tuple[list[str], str]) -> None:
        """What prompts with all of these words are answered, where nothing else was told."""
        httpx.post(f"http://127.0.0.1:{self.port}/texts", json=list(texts)).raise_for_status()

    def seen(self) -> dict[str, Any]:
        """`asked`: every call so far; `answered`: how many were answered; `most`: how many were open at once."""
        found: dict[str, Any] = httpx.get(f"http://127.0.0.1:{self.port}/asked").json()
        return found


@contextmanager
def serving(*, latency_s: float = 0.0, limit: int = 0) -> Iterator[Told]:
    """A server process that ends with the block."""
    command = [sys.executable, "-m", "tests.comparisons.samplers.providers.server"]
    process = subprocess.Popen(
        [*command, "--latency", str(latency_s), "--limit", str(limit)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield Told(int(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
