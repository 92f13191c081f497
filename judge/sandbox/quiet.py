"""Being alone on the machine: workers that share a cache say when they run something, and wait for who must be alone.

Two advisory locks: who runs something shares `running`; who wants to be alone holds `door`, so that nobody new comes
in, and then waits for `running`. The kernel drops the locks of a killed process.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from judge.sandbox.store import make_public

_LOOK_S = 0.005


class Quiet:
    """One worker's part. Not for sharing between threads."""

    def __init__(self, folder: Path) -> None:
        make_public(folder)
        self._door, self._running = folder / "door.lock", folder / "running.lock"
        self._depth = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """While something runs here. Nested uses are one."""
        with ExitStack() as held:
            if not self._depth:
                with _locked(self._door, fcntl.LOCK_EX):
                    held.enter_context(_locked(self._running, fcntl.LOCK_SH))
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1

    @contextmanager
    def alone(self, patience_s: float) -> Iterator[bool]:
        """With nothing running in other workers; yields False where they were not done within `patience_s`, or where
        this worker itself is running something already. What runs inside counts as this use's own."""
        deadline = time.monotonic() + patience_s
        with ExitStack() as held:
            is_alone = not self._depth
            for path in (self._door, self._running) if is_alone else ():
                is_alone = is_alone and _take(path, deadline, held)
            if not is_alone:
                held.close()
            self._depth += is_alone
            try:
                yield is_alone
            finally:
                self._depth -= is_alone


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)


def _take(path: Path, deadline: float, held: ExitStack) -> bool:
    """Whether the lock could be had for oneself before the deadline; it is let go with `held`."""
    while True:
        try:
            held.enter_context(_locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB))
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(_LOOK_S)
        else:
            return True
