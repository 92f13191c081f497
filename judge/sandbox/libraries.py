"""What compilers need made once for all programs: bits/stdc++.h precompiled, Go's library compiled."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from judge.errors import SandboxFault
from judge.languages import Language, Tool
from judge.languages.commands import LIBRARY, LIBRARY_FOLDER, go_library
from judge.sandbox.compilers import compiler_view, run_compiler, said, unpacked
from judge.sandbox.execution import RunLimits
from judge.sandbox.isolation import Isolator
from judge.sandbox.store import lock, publish

STANDARD_HEADER = "bits/stdc++.h"
HEADER_LIMITS = RunLimits(60, memory_mib=4096, output_bytes=512 << 20, wall_s=300, processes=64)
LIBRARY_LIMITS = RunLimits(600, memory_mib=4096, output_bytes=512 << 20, wall_s=1200, processes=256)


class Library(NamedTuple):
    """A folder that lies ready, and where compilers see it."""

    folder: Path
    inside: str


class Libraries:
    """Those of one cache. Each is made in a sandbox at first need, by one worker while the others wait."""

    def __init__(self, isolator: Isolator, cache: Path) -> None:
        self._isolator = isolator
        self._folder = cache / "headers"
        self._known: dict[str, Library | None] = {}

    def needed_by(self, language: Language, tool: Tool, files: Mapping[str, bytes]) -> Library | None:
        """The library to show while compiling `files`; None where none helps. Raises SandboxFault."""
        if language.family == "cpp" and any(STANDARD_HEADER.encode() in content for content in files.values()):
            key = _key(tool, language.flags)
            if key not in self._known:
                folder = self._made(key, lambda target: self._build_header(tool, language.flags, target))
                self._known[key] = Library(folder, "/pch") if (folder / STANDARD_HEADER).is_file() else None
            return self._known[key]
        if language.family == "go":
            key = _key(tool, go_library(tool))
            if key not in self._known:
                folder = self._made(key, lambda target: self._build_go(language, tool, target))
                self._known[key] = Library(folder, LIBRARY_FOLDER)
            return self._known[key]
        return None

    def _made(self, key: str, build: Callable[[Path], None]) -> Path:
        folder = self._folder / key
        with lock(self._folder / f"{key}.lock"):
            if not folder.is_dir():
                build(folder)
        return folder

    def _build_header(self, tool: Tool, flags: Sequence[str], folder: Path) -> None:
        probe = {"probe.cpp": f"#include <{STANDARD_HEADER}>\n".encode()}
        listing = run_compiler(
            self._isolator, [tool.command, "-M", "/src/probe.cpp"], compiler_view(tool, probe), HEADER_LIMITS
        )
        words = listing.stdout.decode(errors="replace").split()
        paths = [word for word in words if word.endswith("/" + STANDARD_HEADER)]
        if not paths:
            publish(folder, {"absent": (b"", 0o644)})
            return
        text = Path(paths[0]).read_bytes()
        command = [tool.command, *flags, "-x", "c++-header", f"/src/{STANDARD_HEADER}", "-o", "/out/header.gch"]
        result = run_compiler(self._isolator, command, compiler_view(tool, {STANDARD_HEADER: text}), HEADER_LIMITS)
        if (made := result.files.get("/out/header.gch")) is None:
            raise SandboxFault(f"{STANDARD_HEADER} could not be precompiled: {said(result)}")
        publish(folder, {STANDARD_HEADER: (text, 0o644), f"{STANDARD_HEADER}.gch": (made, 0o644)})

    def _build_go(self, language: Language, tool: Tool, folder: Path) -> None:
        result = run_compiler(
            self._isolator, go_library(tool), compiler_view(tool, {}), LIBRARY_LIMITS, language=language.slug
        )
        if not result.execution.is_clean or (made := result.files.get(LIBRARY)) is None:
            raise SandboxFault(f"Go's library could not be compiled: {said(result)}")
        publish(folder, {name: (content, 0o644) for name, content in unpacked(made).items()})


def _key(tool: Tool, words: Sequence[str]) -> str:
    return hashlib.sha256(" ".join((tool.version, *words)).encode()).hexdigest()[:32]
