"""What lies in PODIUM_HOME: the secret key and the place of the queue's socket."""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

#: A unix socket's path has room for 108 bytes with its final zero, on macOS for 104.
SOCKET_PATH_BYTES = 103


def secret_key(home: Path) -> str:
    """The key in `home`/secret-key, made at first use, readable by its owner only.

    Raises ImproperlyConfigured where it can be neither read nor made.
    """
    path = home / "secret-key"
    try:
        if not path.exists():
            _make_key(path)
        key = path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"PODIUM_HOME: {path} can be neither read nor made ({error.strerror}); "
            "choose a folder you may write in, or set PODIUM_SECRET_KEY."
        ) from None
    if len(key) < 32:
        raise ImproperlyConfigured(f"PODIUM_HOME: {path} holds no key; delete it to have a new one made.")
    return key


def _make_key(path: Path) -> None:
    # Pools, tests and what they hold are nobody else's. As root the programs' user must be able to pass to the cache.
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o755 if os.geteuid() == 0 else 0o700)
    # Written beside its place and linked: of two processes that start at once the first one's key stays, whole.
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=".secret-key-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
        os.link(partial, path)
    except FileExistsError:
        pass  # the other process's key counts
    finally:
        os.unlink(partial)


def queue_socket(home: Path) -> Path:
    """Where the embedded queue server listens: in `home`, or, where that is too long for a socket, in a folder of
    ours under the temp folder, named by `home`."""
    socket = home / "valkey.sock"
    if len(os.fsencode(socket)) <= SOCKET_PATH_BYTES:
        return socket
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"podium-{os.getuid()}-{name}" / "valkey.sock"
