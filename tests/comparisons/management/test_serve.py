"""`manage.py serve`, as a person starts it: an empty folder, a free port."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.comparisons.management.test_children import eventually

ROOT = Path(__file__).resolve().parent.parent.parent.parent


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def environment(home: Path, port: int) -> dict[str, str]:
    """What a start in this folder sees."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PODIUM_", "DJANGO_"))}
    ours = {"PODIUM_HOME": str(home), "PODIUM_PORT": str(port), "PODIUM_WORKERS": "1", "PODIUM_DEMO": "0"}
    return {**kept, **ours}


def start(home: Path, port: int) -> subprocess.Popen[str]:
    """The command, its words piped to us."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "serve"], cwd=ROOT, env=environment(home, port), stderr=subprocess.PIPE, text=True
    )


def link_of(process: subprocess.Popen[str]) -> str:
    """The sign-in link it prints when all is up."""
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(r"http://\S+", line):
            return found[0]
    raise AssertionError("ended without a link")


def get(address: str) -> tuple[int, str]:
    """(status, place it leads to) of an address."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=20)
    connection.request("GET", parts.path)
    response = connection.getresponse()
    connection.close()
    return response.status, response.headers.get("Location", "")


def processes_of(home: Path) -> set[int]:
    """Living processes that were started with this PODIUM_HOME."""
    mark = f"PODIUM_HOME={home}".encode()
    found = set()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in path.read_bytes().split(b"\0"):
                found.add(int(path.parent.name))
        except OSError:  # ended meanwhile, or not ours
            continue
    return found


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """An empty PODIUM_HOME; what still runs from it at the end is killed."""
    yield tmp_path
    for pid in processes_of(tmp_path):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_serve_starts_signs_in_restarts_and_leaves_nothing(home: Path) -> None:
    port = free_port()
    with start(home, port) as process:
        link = link_of(process)
        assert get(link) == (302, "/")
        assert get(link) == (302, "/sign-in/")
        assert get(f"http://127.0.0.1:{port}/healthz")[0] == 200

        again = start(home, port + 1)
        assert "is running from" in again.communicate(timeout=60)[1]
        assert again.returncode == 1

        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert processes_of(home) == set()

    with start(home, port) as process:
        assert link_of(process) != link
        process.kill()
    assert eventually(lambda: processes_of(home) == set())


def test_serve_on_a_taken_port_says_so_in_one_sentence(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with start(home, port) as process:
            said = process.communicate(timeout=60)[1]
    assert process.returncode == 1
    assert said == (
        f"PODIUM_PORT: port {port} of 127.0.0.1 cannot be used (Address already in use). "
        "Another one: PODIUM_PORT=8001 make run\n"
    )
