"""Real drawers, workers and the queue's server, killed at any moment while a model makes probes: no program that was
paid for is lost, none is had twice, and the probes are those that an undisturbed run makes."""

from __future__ import annotations

import json
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

from comparisons.stages import environment
from judge.errors import SandboxUnavailable
from tests.comparisons.helper_programs import GENERATOR, SUM, VALIDATOR
from tests.comparisons.jobs.probing_scene import PROBLEMS, PROGRAMS_OF_PROBLEM
from tests.comparisons.jobs.test_killed_drawers import ROOT, start_drawer, start_queue
from tests.comparisons.jobs.test_killed_workers import environ, start_worker
from tests.comparisons.samplers.providers.serving import Told, serving

WITHIN_S = 600
CALLS = PROBLEMS * PROGRAMS_OF_PROBLEM


@pytest.fixture
def server() -> Iterator[Told]:
    """Answers with programs of the role and the subtask that it is asked for."""
    with serving(latency_s=0.5) as told:
        told.answer(
            *(
                ([asks, f"This is about subtask {subtask} only"], f"```python\n{program}```\n")
                for subtask, second in ((1, "0"), (2, "lots.randint(0, 9)"))
                for asks, program in (
                    ("Write a generator", GENERATOR.replace("{second}", second)),
                    ("Write a validator", VALIDATOR.replace("{subtask}", str(subtask))),
                    ("Write a brute-force", SUM),
                )
            )
        )
        yield told


def scene(home: Path, *words: str) -> Any:
    """What `probing_scene.py` prints."""
    command = [sys.executable, "-m", "tests.comparisons.jobs.probing_scene", *words]
    asked = subprocess.run(command, env=environ(home), cwd=ROOT, capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr
    return json.loads(asked.stdout) if asked.stdout else None


def progress(home: Path) -> tuple[str, int]:
    """(state of the probing, programs drawn + subtasks with probes + chunks), read beside Django."""
    tables = ("comparisons_candidate", "comparisons_probes", "comparisons_chunk")
    with sqlite3.connect(f"file:{home / 'podium.sqlite3'}?mode=ro", uri=True, timeout=20) as database:
        (state,) = database.execute("SELECT state FROM comparisons_probing").fetchone()
        n = sum(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)
    database.close()
    return state, n


def test_makers_of_probes_killed_at_any_moment_lose_and_double_nothing(tmp_path: Path, server: Told) -> None:
    try:
        environment.sandbox()
    except SandboxUnavailable as error:
        pytest.skip(f"programs cannot be isolated here: {error}")
    home, undisturbed = tmp_path / "home", tmp_path / "undisturbed"
    scene(home, "begin", server.address)
    shutil.copytree(home, undisturbed, ignore=shutil.ignore_patterns("queue", "*.sock"))
    scene(undisturbed, "inline")
    asked_before = len(server.seen()["asked"])
    kills = _disturb(home)
    found, expected = scene(home, "tell"), scene(undisturbed, "tell")
    assert kills == 4
    assert (found["states"], found["reason"]) == (["done"] * 3, "")
    assert (len(expected["keys"]), found["keys"]) == (CALLS, expected["keys"])
    assert found["outcomes"].get("answered") == CALLS
    # Whatever the server was asked is a row; what was written and never sent is one too.
    assert CALLS <= len(server.seen()["asked"]) - asked_before <= found["requests"]
    assert found["requests"] == CALLS + found["outcomes"].get("lost", 0)
    assert found["committed"] == found["charged"]
    assert all(len(inputs) == 12 for _, _, inputs, *_ in expected["probes"])
    assert (found["probes"], found["chunks"]) == (expected["probes"], expected["chunks"])
    assert expected["failures"] == 0


def _disturb(home: Path) -> int:
    """Runs drawers and workers to the end, and kills them in between; how often it struck."""
    lots = random.Random(2511)
    queue = start_queue(home)
    scene(home, "sweep")
    starters = (start_drawer, start_drawer, start_worker)
    running = [start(home) for start in starters]
    deadline, swept = time.monotonic() + WITHIN_S, time.monotonic()
    # At these counts of things done: among the calls, among the making of probes, among the runs on them.
    there = 2 * PROBLEMS  # candidates
    marks = [there + CALLS // 3, there + CALLS - 4, there + CALLS + 2, there + CALLS + 3]
    kills = 0
    try:
        while True:
            state, n = progress(home)
            if state not in ("waiting", "probing"):
                return kills
            assert time.monotonic() < deadline, (state, n, kills, (home / "worker.log").read_text()[-3000:])
            if kills < len(marks) and n >= marks[kills]:
                time.sleep(lots.uniform(0, 0.3))
                if kills == 1:
                    queue.kill()
                    queue.wait()
                    queue = start_queue(home)
                for index in range(3) if kills % 2 else (kills // 2,):
                    running[index].kill()
                    running[index].wait()
                    running[index] = starters[index](home)
                kills += 1
            if time.monotonic() - swept > 5:  # the supervisor's minute, shortened
                scene(home, "sweep")
                swept = time.monotonic()
            time.sleep(0.02)
    finally:
        for process in (*running, queue):
            process.terminate()
        for process in (*running, queue):
            process.wait()
