"""Child processes: kept running, stopped in order, never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from comparisons.management.children import Child, Children

ROOT = Path(__file__).resolve().parent.parent.parent.parent
#: Writes its name to a file when it is told to stop, which is later than when it is started.
POLITE = """
import signal, sys, time
def stop(*_):
    with open(sys.argv[2], "a") as file: file.write(sys.argv[1] + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print("ready", flush=True)
while True: time.sleep(0.05)
"""
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
)


def eventually(is_so: Callable[[], bool], within_s: float = 20.0) -> bool:
    """Whether it becomes so in time."""
    deadline = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def polite(tmp_path: Path, name: str) -> Child:
    """A child that notes its end in `order`."""
    return Child(name, [sys.executable, "-c", POLITE, name, str(tmp_path / "order")], tmp_path / f"{name}.log")


def is_ready(child: Child) -> bool:
    """Whether the child has come as far as its main loop."""
    return child.log.read_text().endswith("ready\n")


def test_children_are_stopped_last_first(tmp_path: Path) -> None:
    children = Children(print)
    started = [children.start(polite(tmp_path, name)) for name in ("queue", "web", "worker")]
    assert eventually(lambda: all(map(is_ready, started)))
    children.stop()
    assert (tmp_path / "order").read_text().split() == ["worker", "web", "queue"]
    assert [child.is_running for child in started] == [False, False, False]


def test_child_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    children = Children(print)
    child = children.start(Child("web", [sys.executable, "-c", STUBBORN], tmp_path / "log", patience_s=0.2))
    assert eventually(lambda: is_ready(child))
    children.stop()
    assert child.process is not None
    assert child.process.returncode == -signal.SIGKILL


def test_child_that_ends_is_started_again_after_growing_pauses(tmp_path: Path) -> None:
    said: list[str] = []
    children = Children(said.append)
    child = children.start(Child("web", [sys.executable, "-c", "raise SystemExit(3)"], tmp_path / "log"))
    for _ in range(3):
        assert eventually(lambda: not child.is_running)
        children.watch()
        child.due_at = 0.0 if child.due_at is not None else None
        children.watch()
    children.stop()
    assert [line.split(" (")[0] for line in said] == [
        "web ended with exit code 3; starting it again in 0 s",
        "web ended with exit code 3; starting it again in 1 s",
        "web ended with exit code 3; starting it again in 3 s",
    ]


def test_child_that_was_killed_says_so(tmp_path: Path) -> None:
    said: list[str] = []
    children = Children(said.append)
    child = children.start(polite(tmp_path, "worker"))
    assert child.process is not None
    child.process.kill()
    child.process.wait()
    children.watch()
    assert said[0].startswith("worker was ended by SIGKILL; starting it again in 0 s")
    assert child.is_running
    children.stop()


def test_log_that_grew_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("comparisons.management.children.LOG_BYTES", 10)
    log = tmp_path / "web.log"
    log.write_text("x" * 11)
    children = Children(print)
    children.start(Child("web", [sys.executable, "-c", "print('new')"], log))
    assert eventually(lambda: log.read_text() == "new\n")
    children.stop()
    assert (tmp_path / "web.log.1").read_text() == "x" * 11


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_children_die_with_a_killed_supervisor(tmp_path: Path) -> None:
    supervisor = (
        "import sys, time; from pathlib import Path\n"
        "from comparisons.management.children import Child, Children\n"
        "child = Children(print).start(Child('web', [sys.executable, '-c', 'import time; time.sleep(60)'], "
        "Path(sys.argv[1])))\n"
        "print(child.process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", supervisor, str(tmp_path / "log")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        process.kill()
    assert eventually(lambda: not _lives(pid))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # One that has ended but whom nobody has asked for yet does not live either.
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_child_that_was_started_before_is_kept_running_and_can_be_ended(tmp_path: Path) -> None:
    child = polite(tmp_path, "early")
    child.start()
    children = Children(lambda text: None)
    assert children.adopt(child) is child
    assert eventually(lambda: is_ready(child))
    child.end()
    assert child.process is None
    assert (tmp_path / "order").read_text() == "early\n"
    children.watch()
    assert eventually(lambda: child.is_running)
    children.stop()
