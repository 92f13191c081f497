"""What hostile Python programs get, as programs of their own and as forks of a warm interpreter: nothing."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from judge.languages import LANGUAGES
from judge.sandbox import Ending, Isolation, Mode, Sandbox

from .conftest import LIMITS, compiled
from .leftovers import left_of
from .test_runs import inputs_of

SOURCE = Path(__file__).with_name("python_probes.py").read_bytes()
pytestmark = pytest.mark.skipif(platform.machine() != "x86_64", reason="system calls are by their x86-64 numbers")
PROBES = ["network", "files", "processes", "signals", "kernel", "descriptors", "server", "traces", "threads"]


@pytest.mark.parametrize("mode", list(Mode), ids=lambda mode: mode.name.lower())
@pytest.mark.parametrize("name", PROBES)
def test_python_probe_gets_nothing(
    box: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, mode: Mode
) -> None:
    """Three times in a row, for what one run might leave to the next."""
    if mode is Mode.FORK and box.isolation is Isolation.LANDLOCK:
        pytest.skip("without namespaces every run is a start of its own")
    monkeypatch.setenv("PODIUM_CANARY", "1")
    program = compiled(box, SOURCE, "python3")
    limits = replace(LIMITS, cpu_s=3, wall_s=10, memory_mib=256)
    runs = list(
        box.run_batch(program, inputs_of(tmp_path, name.encode() + b"\n") * 3, limits, keep_output=True, mode=mode)
    )
    assert [(run.ending, run.code, run.stdout, run.stderr) for run in runs] == [(Ending.EXIT, 0, b"end\n", b"")] * 3
    assert left_of(box) == []


@pytest.mark.parametrize("name", ["network", "files", "kernel", "descriptors"])
def test_python_probe_is_alive(name: str) -> None:
    """Without a sandbox the harmless ones get what they are after. As another user, where we are root."""
    user = 60_788 if os.geteuid() == 0 else None
    start = f"import io, sys\nsys.stdin = io.StringIO({name!r})\n__file__ = '/nowhere'\n".encode()
    command = [LANGUAGES["python3"].detect().command, "-"]
    result = subprocess.run(
        command, input=start + SOURCE, capture_output=True, check=False, cwd="/tmp", env={"PODIUM_CANARY": "1"},
        user=user, group=user, extra_groups=None if user is None else [],
    )  # fmt: skip
    assert b"GOT" in result.stdout, result.stderr
