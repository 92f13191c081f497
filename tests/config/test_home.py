"""PODIUM_HOME: the key and the socket's place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.home import queue_socket, secret_key


def test_secret_key_is_made_once_and_private(tmp_path: Path) -> None:
    key = secret_key(tmp_path / "new")
    assert secret_key(tmp_path / "new") == key
    assert (tmp_path / "new" / "secret-key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret-key"]


def test_secret_key_cut_short_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret-key").write_text("short")
    with pytest.raises(ImproperlyConfigured, match=r"^PODIUM_HOME: .*secret-key holds no key"):
        secret_key(tmp_path)


def test_secret_key_home_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ImproperlyConfigured, match=r"^PODIUM_HOME: .* can be neither read nor made"):
        secret_key(tmp_path / "file" / "home")


def test_queue_socket_lies_in_the_home() -> None:
    assert queue_socket(Path("/srv/podium")) == Path("/srv/podium/valkey.sock")


def test_queue_socket_of_a_long_home_is_short_and_its_own() -> None:
    long = Path("/srv") / ("x" * 120)
    socket = queue_socket(long)
    assert len(bytes(socket)) < 104
    assert queue_socket(long) == socket
    assert queue_socket(long / "other") != socket


@pytest.mark.skipif(os.geteuid() == 0, reason="the programs' user must be able to pass to the cache")
def test_home_is_nobody_elses(tmp_path: Path) -> None:
    secret_key(tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
