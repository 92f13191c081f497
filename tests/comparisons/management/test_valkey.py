"""The embedded queue server, started for real."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.core.management.base import CommandError

from comparisons.management import valkey


@pytest.fixture
def socket() -> Iterator[Path]:
    """A path short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="podium-q-") as folder:
        yield Path(folder) / "valkey.sock"


def start(socket: Path, data: Path) -> subprocess.Popen[bytes]:
    """A server that answers."""
    process = subprocess.Popen(valkey.server_command(socket, data), stdout=subprocess.DEVNULL)
    valkey.wait_until_answering(f"unix://{socket}", within_s=20)
    return process


def test_server_binary_is_found() -> None:
    assert valkey.server_binary().name == "valkey-server"


def test_acknowledged_write_survives_a_kill(socket: Path, tmp_path: Path) -> None:
    process = start(socket, tmp_path)
    with redis.Redis(unix_socket_path=str(socket)) as client:
        client.set("kept", "yes")
    process.kill()
    process.wait()
    process = start(socket, tmp_path)
    with redis.Redis(unix_socket_path=str(socket)) as client:
        kept = client.get("kept")
    process.terminate()
    process.wait()
    assert kept == b"yes"


def test_stale_server_is_ended(socket: Path, tmp_path: Path) -> None:
    process = start(socket, tmp_path)
    valkey.stop_stale(socket)
    assert process.wait(10) == 0


def test_stale_name_without_a_server_is_no_trouble(socket: Path) -> None:
    socket.touch()
    valkey.stop_stale(socket)


def test_server_that_does_not_answer_is_said(socket: Path) -> None:
    with pytest.raises(CommandError, match=r"^The queue server does not answer: "):
        valkey.wait_until_answering(f"unix://{socket}", within_s=0.05)
