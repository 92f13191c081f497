"""Imports killed with SIGKILL: all is there or nothing, no process is left, and the next import is as if nothing had
been."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


def scene(which: str, folder: Path) -> Any:
    """What `killed_scene.py` prints; its temporary files lie in the folder too."""
    (folder / "tmp").mkdir()
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    names = {"PODIUM_HOME": str(folder / "home"), "DJANGO_SETTINGS_MODULE": "config.settings"}
    asked = subprocess.run(
        [sys.executable, "-m", "tests.comparisons.imports.killed_scene", which, str(folder)],
        env={**kept, **names, "TMPDIR": str(folder / "tmp")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    return json.loads(asked.stdout)


def test_killed_import_of_a_pool_leaves_nothing(tmp_path: Path) -> None:
    found = scene("pools", tmp_path)
    assert found["chosen"] == [[signal.SIGKILL, 0, [0, 0, 0]]] * 4
    assert found["left"] == [0, 0, 0]
    sizes, hashes = zip(*found["pools"], strict=True)
    assert len(sizes) >= 2 and set(sizes) == {600}
    assert len(set(hashes)) == 1
    assert {"whole", "again"} <= set(found["models"]) <= {"whole", "again", "killed"}
    assert not list((tmp_path / "tmp").rglob("*.jsonl"))


def test_killed_import_of_problems_leaves_nothing_that_hinders(tmp_path: Path) -> None:
    found = scene("problems", tmp_path)
    assert found["chosen"] == [[signal.SIGKILL, 0, [0, 0, 0, 0]]] * 4
    assert found["left"] == [0, 0, 0]
    assert found["versions"]["killed"] == found["versions"]["whole"]
    assert (len(found["versions"]["whole"]), found["broken"], found["rows"]) == (2, [], [2, 4, 4, 10])
    assert found["files"] == 10
    assert found["workspaces"] == [1, 0]
