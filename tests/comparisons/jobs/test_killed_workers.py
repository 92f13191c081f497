"""Real workers, killed at any moment: nothing is lost and nothing doubled."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from comparisons.management import valkey
from comparisons.stages import environment
from config.home import queue_socket
from judge.errors import SandboxUnavailable

ROOT = Path(__file__).resolve().parents[3]
WITHIN_S = 600
KILLS = 3


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A PODIUM_HOME with a judging that nobody has begun."""
    try:
        environment.sandbox()
    except SandboxUnavailable as error:
        pytest.skip(f"programs cannot be isolated here: {error}")
    folder = tmp_path / "home"
    scene(folder, "begin")
    return folder


@pytest.fixture
def queue(home: Path) -> Iterator[None]:
    """The queue server of that home."""
    process = subprocess.Popen(
        valkey.server_command(queue_socket(home), home / "queue"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    valkey.wait_until_answering(f"unix://{queue_socket(home)}", within_s=20)
    yield
    process.terminate()
    process.wait()


def environ(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return {**kept, "PODIUM_HOME": str(home), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def scene(home: Path, *steps: str) -> Any:
    """What `scene.py` prints."""
    command = [sys.executable, "-m", "tests.comparisons.jobs.scene", *steps]
    asked = subprocess.run(command, env=environ(home), cwd=ROOT, capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr
    return json.loads(asked.stdout) if asked.stdout else None


def start_worker(home: Path) -> subprocess.Popen[bytes]:
    with (home / "worker.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "manage.py", "work"], env=environ(home), cwd=ROOT, stdout=log, stderr=log
        )


def progress(home: Path) -> tuple[str, int]:
    """(state, candidates judged), read beside Django."""
    with sqlite3.connect(f"file:{home / 'podium.sqlite3'}?mode=ro", uri=True, timeout=20) as database:
        found: tuple[str, int] = database.execute("SELECT state, judged FROM comparisons_judging").fetchone()
    database.close()
    return found


def test_workers_killed_at_any_moment_lose_and_double_nothing(home: Path, queue: None, tmp_path: Path) -> None:
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(home, undisturbed, ignore=shutil.ignore_patterns("queue", "*.sock"))
    lots = random.Random(2502)
    scene(home, "sweep")
    workers = [start_worker(home), start_worker(home)]
    deadline = time.monotonic() + WITHIN_S
    kills, before, swept = 0, 0, time.monotonic()
    try:
        while True:
            state, judged = progress(home)
            if state != "judging":
                break
            assert time.monotonic() < deadline, (state, judged, (home / "worker.log").read_text()[-2000:])
            # Some work is done between two kills; when within a piece it strikes, the lots decide.
            if kills < KILLS and judged > before:
                time.sleep(lots.uniform(0, 0.4))
                for index in lots.sample(range(2), 1 + kills % 2):
                    workers[index].kill()
                    workers[index].wait()
                    workers[index] = start_worker(home)
                kills, before = kills + 1, judged
            if time.monotonic() - swept > 15:  # the supervisor's minute, shortened
                scene(home, "sweep")
                swept = time.monotonic()
            time.sleep(0.05)
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait()
    found, expected = scene(home, "tell"), scene(undisturbed, "inline", "tell")
    assert kills > 0
    assert (found["state"], found["reason"], found["judged"], found["total"]) == ("done", "", 40, 40)
    assert found["chunks"] == expected["chunks"]
    assert found["outcomes"] == expected["outcomes"]
    assert (expected["failures"], max(expected["attempts"])) == (0, 1)
