"""What still runs of a sandbox's programs, interpreted ones too, whoever else uses the machine."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from judge.sandbox import Sandbox


def left_of(sandbox: Sandbox) -> list[int]:
    """Processes that run a program of this sandbox's cache: as their file, as an argument, or as what they were shown
    at /program. A sandbox that is kept for the next program is none."""
    known = set()
    for path in (sandbox.cache / "programs").glob("*/*"):
        for program in (path, path / "program"):
            with suppress(FileNotFoundError):
                known.add(identity(program))
    programs = os.fsencode(sandbox.cache / "programs")
    return [
        int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit() and _is(folder, known, programs)
    ]


def identity(path: Path) -> tuple[int, int]:
    """Equal for the same file, however it is reached."""
    status = path.stat()
    return status.st_dev, status.st_ino


def _is(process: Path, known: set[tuple[int, int]], programs: bytes) -> bool:
    if int(process.name) == os.getpid():
        return False
    for shown in ("exe", "root/program"):
        with suppress(OSError):
            if identity(process / shown) in known:
                return True
    with suppress(OSError):
        return programs in (process / "cmdline").read_bytes()
    return False
