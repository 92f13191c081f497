"""Which worker of this machine a process is.

Each worker has an unprivileged user and scratch folders of its own by its number, so two workers of one machine must
never share one, whichever Podium they belong to. A number is held by a file lock and is free when its process is dead.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management.base import CommandError

#: Other processes that open sandboxes (commands with --inline) take numbers from here on.
SLOTS = 64


@contextmanager
def worker_slot() -> Iterator[int]:
    """The least free number, held while the context lasts. Raises CommandError where all are taken."""
    folder = Path(tempfile.gettempdir()) / f"podium-workers-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.lstat().st_uid != os.getuid():
        raise CommandError(f"{folder} belongs to somebody else; remove it or set TMPDIR.")
    for index in range(SLOTS):
        handle = os.open(folder / f"{index}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            continue
        try:
            yield index
        finally:
            os.close(handle)
        return
    raise CommandError(f"This machine has {SLOTS} workers already.")
