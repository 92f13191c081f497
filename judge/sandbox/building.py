"""Builds the in-sandbox runner (native/runner.c) with the machine's C compiler."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from judge.errors import SandboxUnavailable
from judge.sandbox.store import publish

NATIVE = Path(__file__).parent / "native"
FLAGS = ("-O2", "-std=gnu11", "-static", "-s")
INSTALL = (
    "install a C compiler and the static C library "
    "(Debian, Ubuntu: apt install g++; Fedora: dnf install gcc-c++ glibc-static libstdc++-static)"
)


def runner_digest() -> str:
    """SHA-256 (hex) of the runner's sources and flags."""
    digest = hashlib.sha256(" ".join(FLAGS).encode())
    for path in sorted(NATIVE.iterdir()):
        if path.suffix in (".c", ".h"):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def build_runner(cache: Path) -> Path:
    """The runner for this machine, in `cache` under the digest of its sources; built only where it is not there yet.

    Raises SandboxUnavailable, with what to install, where there is no working C compiler.
    """
    folder = cache / "runner" / runner_digest()[:32]
    runner = folder / "runner"
    if runner.is_file():
        return runner
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise SandboxUnavailable(f"no C compiler to build the sandbox runner with: {INSTALL}")
    with tempfile.TemporaryDirectory(prefix="podium-build-") as work:
        made = Path(work) / "runner"
        command = [compiler, *FLAGS, "-o", str(made), str(NATIVE / "runner.c")]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            first = next((line for line in result.stderr.splitlines() if line.strip()), "no message")
            raise SandboxUnavailable(f"the sandbox runner could not be built ({first}): {INSTALL}")
        publish(folder, {"runner": (made.read_bytes(), 0o755)})
    return runner
