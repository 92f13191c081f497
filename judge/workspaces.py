"""Temporary folders for what is unpacked or written out, which outlive no process for long.

A process that is killed cannot remove its own. Each is locked while it is used, and whoever makes the next one removes
those that nobody holds any more: the kernel drops the locks of a killed process.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

PREFIX = "podium-workspace-"


@contextmanager
def workspace() -> Iterator[Path]:
    """A new folder, empty, gone on leaving. Folders of this user that killed processes left are removed first."""
    base = Path(tempfile.gettempdir())
    for folder in base.glob(f"{PREFIX}*"):
        _remove_unheld(folder)
    with ExitStack() as held:
        folder = _made(base, held)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def lasting_workspace() -> Path:
    """A workspace that lives as long as this process."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(workspace())


def _made(base: Path, held: ExitStack) -> Path:
    """A folder that is locked until `held` ends. One that another process found before it was locked, and has removed
    as nobody's, is made again."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
        with suppress(FileNotFoundError), ExitStack() as attempt:
            lock = attempt.enter_context(_opened(folder))
            with suppress(OSError):  # no locks on this file system: nobody can take this one for unheld either
                fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():
                held.push(attempt.pop_all())
                return folder


def _remove_unheld(folder: Path) -> None:
    with suppress(OSError):
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
            return
        with _opened(folder) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield handle
    finally:
        os.close(handle)
