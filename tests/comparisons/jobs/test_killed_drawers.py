"""Real drawers, and the queue's server, killed at any moment: no draw is lost or doubled, every call is counted."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from comparisons.management import valkey
from config.home import queue_socket
from tests.comparisons.jobs.test_killed_workers import environ
from tests.comparisons.samplers.providers.serving import Told, serving

ROOT = Path(__file__).resolve().parents[3]
WITHIN_S = 600
KILLS = 3


@pytest.fixture
def server() -> Iterator[Told]:
    with serving(latency_s=0.8) as told:
        yield told


@pytest.fixture
def home(tmp_path: Path, server: Told) -> Path:
    """A PODIUM_HOME with a pool of which nothing is drawn."""
    folder = tmp_path / "home"
    scene(folder, "begin", server.address)
    return folder


def scene(home: Path, *words: str) -> Any:
    """What `drawing_scene.py` prints."""
    command = [sys.executable, "-m", "tests.comparisons.jobs.drawing_scene", *words]
    asked = subprocess.run(command, env=environ(home), cwd=ROOT, capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr
    return json.loads(asked.stdout) if asked.stdout else None


def start_queue(home: Path) -> subprocess.Popen[bytes]:
    command = valkey.server_command(queue_socket(home), home / "queue")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    valkey.wait_until_answering(f"unix://{queue_socket(home)}", within_s=20)
    return process


def start_drawer(home: Path) -> subprocess.Popen[bytes]:
    with (home / "drawer.log").open("ab") as log:
        command = [sys.executable, "manage.py", "work", "--draws"]
        return subprocess.Popen(command, env=environ(home), cwd=ROOT, stdout=log, stderr=log)


def progress(home: Path) -> tuple[str, int]:
    """(state, candidates), read beside Django."""
    with sqlite3.connect(f"file:{home / 'podium.sqlite3'}?mode=ro", uri=True, timeout=20) as database:
        (state,) = database.execute("SELECT state FROM comparisons_pool").fetchone()
        (n,) = database.execute("SELECT count(*) FROM comparisons_candidate").fetchone()
    database.close()
    return state, n


def test_drawers_killed_at_any_moment_lose_and_double_nothing(home: Path, server: Told) -> None:
    lots = random.Random(2502)
    queue = start_queue(home)
    scene(home, "sweep")
    drawers = [start_drawer(home), start_drawer(home)]
    deadline = time.monotonic() + WITHIN_S
    kills, before, swept = 0, 0, time.monotonic()
    try:
        while True:
            state, drawn = progress(home)
            if state != "drawing":
                break
            assert time.monotonic() < deadline, (state, drawn, (home / "drawer.log").read_text()[-3000:])
            if kills < KILLS and drawn > before + 6:
                time.sleep(lots.uniform(0, 0.3))
                if kills == 1:
                    queue.kill()
                    queue.wait()
                    queue = start_queue(home)
                for index in lots.sample(range(2), 1 + kills % 2):
                    drawers[index].kill()
                    drawers[index].wait()
                    drawers[index] = start_drawer(home)
                kills, before = kills + 1, drawn
            if time.monotonic() - swept > 5:  # the supervisor's minute, shortened
                scene(home, "sweep")
                swept = time.monotonic()
            time.sleep(0.05)
    finally:
        for process in (*drawers, queue):
            process.terminate()
        for process in (*drawers, queue):
            process.wait()
    found = scene(home, "tell")
    assert kills > 0
    assert (found["state"], found["reason"], found["work"]) == ("done", "", ["done"])
    assert found["keys"] == [
        [f"p{p}", None, index, attempt] for p in range(2) for index in range(30) for attempt in (1, 2)
    ]
    assert found["revisions"] == [0, 120]
    assert found["outcomes"]["answered"] == 120
    # Whatever the server was asked is a row; what was written and never sent is one too.
    assert 120 <= len(server.seen()["asked"]) <= found["requests"]
    assert found["requests"] == 120 + found["outcomes"].get("lost", 0)
    assert found["committed"] == found["charged"]
    assert os.path.getsize(home / "drawer.log") > 0
