"""A Podium of its own for the story: `manage.py serve` as a person starts it, in an empty folder."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

from tests.comparisons.management.test_children import eventually
from tests.comparisons.management.test_serve import free_port, processes_of

ROOT = Path(__file__).resolve().parent.parent.parent
#: A cold start builds the sandbox's runner; other work may hold the cores.
START_WITHIN_S = 120.0
STOP_WITHIN_S = 30.0


class Serving:
    """The running command: `link` signs in once, `address` is where it answers, `home` what it keeps."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.said = ""
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"], cwd=ROOT, env=self._environment(), stderr=subprocess.PIPE, text=True
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        has_link = eventually(lambda: "stops it." in self.said or self._process.poll() is not None, START_WITHIN_S)
        found = re.findall(r"http://\S+", self.said)
        if not has_link or len(found) != 1:
            self.kill()
            raise AssertionError(f"serve printed {len(found)} links:\n{self.said}")
        self.link: str = found[0]

    def command(self, *words: str) -> str:
        """Standard output of another command on the same folder."""
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(command, cwd=ROOT, env=self._environment(), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def stop(self) -> int:
        """What it returns after Ctrl-C."""
        self._process.send_signal(signal.SIGINT)
        status = self._process.wait(STOP_WITHIN_S)
        self._close()
        return status

    def living(self) -> set[int]:
        """Processes that were started from the folder and live."""
        return processes_of(self.home)

    def kill(self) -> None:
        """Ends all of it where the test has failed; does nothing after `stop`."""
        for pid in self.living():
            os.kill(pid, signal.SIGKILL)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._close()

    def _close(self) -> None:
        self._reader.join(STOP_WITHIN_S)
        if self._process.stderr is not None:
            self._process.stderr.close()

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.said += line

    def _environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PODIUM_", "DJANGO_", "REDIS_", "DATABASE_"))}
        ours = {"PODIUM_HOME": str(self.home), "PODIUM_PORT": str(self.port), "PODIUM_WORKERS": "2", "PODIUM_DEMO": "0"}
        return {**kept, **ours}
