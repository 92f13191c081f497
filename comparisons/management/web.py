"""The web process: its socket, its start, and the hold on PODIUM_HOME that comes before both.

Only settings are read here, no tables: where all is likely to be in place, `manage.py serve` starts the web process by
`begin` before it is ready itself, and both make ready side by side.
"""

from __future__ import annotations

import fcntl
import http.client
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import CommandError

from comparisons.management.children import Child

HEALTHY_WITHIN_S = 60.0
THREADS = 8


class Begun(NamedTuple):
    """What is held until Podium stops: PODIUM_HOME and the socket; `web`: the process on it, where it runs already."""

    held: ExitStack
    listener: socket.socket
    web: Child | None


_begun: Begun | None = None


def begin() -> None:
    """Starts the web process where Podium has run before. What stands in the way is said by `hold` afterwards."""
    global _begun
    if not Path(settings.STATIC_ROOT).exists():
        return
    try:
        begun = hold()
    except CommandError:
        return
    web = web_child(begun.listener)
    web.start()
    _begun = begun._replace(web=web)


def hold() -> Begun:
    """PODIUM_HOME and the web's socket for this process; those of `begin`, if it had them. Raises CommandError."""
    global _begun
    if _begun is not None:
        begun, _begun = _begun, None
        return begun
    with ExitStack() as stack:
        stack.enter_context(_alone(Path(settings.PODIUM_HOME)))
        listener = stack.enter_context(_listening())
        return Begun(stack.pop_all(), listener, None)


def log_file(name: str) -> Path:
    """Where the child of this name writes what it says."""
    return Path(settings.PODIUM_HOME) / "logs" / f"{name}.log"


def web_address() -> str:
    """The root, without a final slash. A web process open to all addresses is reached by the loopback one."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}.get(settings.PODIUM_BIND, settings.PODIUM_BIND)  # noqa: S104
    return f"http://{host}:{settings.PODIUM_PORT}"


def web_child(listener: socket.socket) -> Child:
    """The web process, on a socket that is ours: between a crash and its restart visitors wait, they are not sent
    away."""
    gunicorn = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"fd://{listener.fileno()}"]
    options = ["--threads", str(THREADS), "--no-control-socket", "--access-logfile", "-", "--graceful-timeout", "3"]
    environment = {"DJANGO_SETTINGS_MODULE": "config.settings"}
    return Child("web", [*gunicorn, *options], log_file("web"), environment, descriptors=(listener.fileno(),))


def wait_until_healthy(web: Child) -> None:
    """Returns when the web process answers. Raises CommandError when it has ended or does not in time."""
    deadline = time.monotonic() + HEALTHY_WITHIN_S
    while True:
        if not web.is_running:
            raise CommandError(f"The web process did not start; its log is {web.log}.")
        problem = _ask_health(web_address())
        if not problem:
            return
        if time.monotonic() > deadline:
            raise CommandError(f"The web process does not answer ({problem}); its log is {web.log}.")
        time.sleep(0.05)


def _ask_health(address: str) -> str:
    """Nothing where the web process is well, else what is wrong. Asks no proxy."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()
    return "" if status == 200 else f"status {status}"


@contextmanager
def _listening() -> Iterator[socket.socket]:
    """The web's socket. Raises CommandError where the port is taken or the address is not this machine's."""
    where = f"port {settings.PODIUM_PORT} of {settings.PODIUM_BIND}"
    try:
        found = socket.getaddrinfo(settings.PODIUM_BIND, settings.PODIUM_PORT, type=socket.SOCK_STREAM)
        family, _, _, _, address = found[0]
        listener = socket.create_server(address, family=family, backlog=128)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise CommandError(
            f"PODIUM_PORT: {where} cannot be used ({reason}). Another one: PODIUM_PORT=8001 make run"
        ) from None
    with listener:
        yield listener


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Holds PODIUM_HOME for this process: two would write one queue file. Raises CommandError where it is held."""
    home.mkdir(parents=True, exist_ok=True)
    handle = os.open(home / "serve.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 32, 0).decode().strip()
            raise CommandError(
                f"PODIUM_HOME: Podium is running from {home} already (process {holder or 'unknown'}). "
                "A second one needs a folder and a port of its own: PODIUM_HOME=other PODIUM_PORT=8001 make run"
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)
