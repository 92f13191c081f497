"""Child processes that live and die with this one: started, watched, started again, stopped in reverse order.

Knows nothing of what the children do. Single-threaded: `watch` is called from the supervisor's loop.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

#: A child that lived this long was healthy: its next restart is at once again.
HEALTHY_S = 60.0
LONGEST_PAUSE_S = 30.0
#: Logs above this are put aside when a child starts; one older one is kept.
LOG_BYTES = 10 << 20

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass
class Child:
    """One process to keep running. `patience_s`: how long it may take to stop before it is killed."""

    name: str
    command: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    descriptors: Sequence[int] = ()
    patience_s: float = 5.0
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    due_at: float | None = None

    def start(self) -> None:
        """Starts the process; its output goes to its log."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                pass_fds=self.descriptors,
                # Ctrl-C is for the supervisor alone, which then stops the others in order.
                start_new_session=True,
                preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509 - no threads here
            )
        self.started_at = time.monotonic()
        self.due_at = None

    def end(self) -> None:
        """Stops the process; `process` is None afterwards."""
        _stop_together([self])
        self.process = None

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None


class Children:
    """The children in the order they were started. `say` tells the person what happened."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._all: list[Child] = []
        self._say = say

    def start(self, child: Child) -> Child:
        """Starts `child` and keeps it running from now on."""
        child.start()
        return self.adopt(child)

    def adopt(self, child: Child) -> Child:
        """Keeps `child`, which has been started, running from now on."""
        self._all.append(child)
        return child

    def watch(self) -> None:
        """Starts again what has ended: at once the first time, then after pauses that double."""
        now = time.monotonic()
        for child in self._all:
            if child.is_running:
                continue
            if child.due_at is None:
                if now - child.started_at > HEALTHY_S:
                    child.failures = 0
                pause = min(2.0**child.failures - 1, LONGEST_PAUSE_S)
                child.failures += 1
                child.due_at = now + pause
                self._say(f"{child.name} {_ending(child)}; starting it again in {pause:.0f} s (log: {child.log})")
            if now >= child.due_at:
                child.start()

    def stop(self) -> None:
        """Stops all, the last started first; children of one name prefix (workers) together. Kills what does not
        end in time."""
        while self._all:
            kind = self._all[-1].name.split()[0]
            together = [child for child in self._all if child.name.split()[0] == kind]
            self._all = [child for child in self._all if child not in together]
            _stop_together(together)


def _stop_together(children: Sequence[Child]) -> None:
    for child in children:
        if child.process is not None and child.is_running:
            child.process.terminate()
    deadline = time.monotonic() + max(child.patience_s for child in children)
    for child in children:
        if child.process is None:
            continue
        try:
            child.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()


def _ending(child: Child) -> str:
    code = child.process.returncode if child.process is not None else None
    if code is not None and code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def _die_with(parent: int) -> Callable[[], None]:
    """For between fork and exec: the kernel ends the child when its parent dies, however it dies (Linux only)."""

    def arrange() -> None:
        if _libc is not None:
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
            if os.getppid() != parent:
                os._exit(0)

    return arrange
