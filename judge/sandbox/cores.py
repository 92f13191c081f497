"""The one core that forks of a server keep to.

A fork that the kernel sends to an idle core starts there later and with cold caches: one worker then keeps a core and a
half busy, is slower for it, and has little to gain from a second worker beside it. Programs that are started anew are
left to the kernel: on a machine that is busy with other work they get on better so.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: A folder for each core. They are locked themselves, so that all workers of the machine share out its cores.
CORES = Path("/sys/devices/system/cpu")


class Cores:
    """One worker's choice: the core it had last, at first that of its number, else another."""

    def __init__(self, worker: int) -> None:
        self._worker = worker
        self._had: int | None = None

    @contextmanager
    def one(self) -> Iterator[int | None]:
        """A core that no other batch of the machine keeps to meanwhile; None where all are taken, for then only the
        kernel can share them out fairly."""
        usable = sorted(os.sched_getaffinity(0))
        choice = self._had if self._had in usable else usable[self._worker % len(usable)]
        for core in sorted(usable, key=lambda core: core != choice):
            lock = _locked(core)
            if lock is not None:
                self._had = core
                try:
                    yield core
                finally:
                    os.close(lock)
                return
        yield None


def _locked(core: int) -> int | None:
    """The descriptor that holds the core's lock; None where another does, or the machine does not show its cores."""
    try:
        lock = os.open(CORES / f"cpu{core}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock
