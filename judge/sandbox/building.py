"""Builds what runs inside the sandbox (native/) with the machine's C compiler."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from judge.errors import SandboxUnavailable
from judge.sandbox.store import publish

NATIVE = Path(__file__).parent / "native"
FLAGS = ("-O2", "-std=gnu11")
#: For code that gets along without a C library, in programs that bring whatever they like.
BARE = ("-ffreestanding", "-fno-stack-protector", "-fPIC", "-fvisibility=hidden", "-fno-asynchronous-unwind-tables")
RUNNER, SERVER_OBJECT, SERVER_LIBRARY, ZYGOTE = "runner", "fork_server.o", "fork_server.so", "zygote.py"
COMMANDS = {
    RUNNER: ("runner.c", *FLAGS, "-static", "-s"),
    SERVER_OBJECT: ("fork_server.c", *FLAGS, *BARE, "-c"),
    SERVER_LIBRARY: ("fork_server.c", *FLAGS, *BARE, "-DPODIUM_LIBRARY", "-shared", "-nostdlib"),
}
INSTALL = (
    "install a C compiler and the static C library "
    "(Debian, Ubuntu: apt install g++; Fedora: dnf install gcc-c++ glibc-static libstdc++-static)"
)


def runner_digest() -> str:
    """SHA-256 (hex) of the sources and flags of everything here."""
    digest = hashlib.sha256(repr(COMMANDS).encode())
    for path in sorted(NATIVE.iterdir()):
        if path.suffix in (".c", ".h", ".py"):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def build_runner(cache: Path) -> Path:
    """The runner for this machine, in `cache` under the digest of its sources; built only where it is not there yet.

    Beside it lie the fork server, as an object and as a library, and the Python zygote. Raises SandboxUnavailable, with
    what to install, where there is no working C compiler.
    """
    folder = cache / "runner" / runner_digest()[:32]
    runner = folder / RUNNER
    if runner.is_file():
        return runner
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise SandboxUnavailable(f"no C compiler to build the sandbox runner with: {INSTALL}")
    files = {ZYGOTE: ((NATIVE / ZYGOTE).read_bytes(), 0o644)}
    with tempfile.TemporaryDirectory(prefix="podium-build-") as work:
        for name, (source, *flags) in COMMANDS.items():
            made = Path(work) / name
            command = [compiler, *flags, "-o", str(made), str(NATIVE / source)]
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            if result.returncode:
                first = next((line for line in result.stderr.splitlines() if line.strip()), "no message")
                raise SandboxUnavailable(f"the sandbox runner could not be built ({first}): {INSTALL}")
            files[name] = (made.read_bytes(), 0o755)
        publish(folder, files)
    return runner
