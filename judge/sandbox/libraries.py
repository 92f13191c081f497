"""What compilers need made once for all programs: bits/stdc++.h precompiled, Go's library compiled."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from judge.errors import SandboxFault
from judge.languages import Language, Tool
from judge.languages.commands import LIBRARY, LIBRARY_FOLDER, go_library
from judge.languages.standard_header import needs_all, shortened
from judge.sandbox.compilers import compiler_view, run_compiler, said, unpacked
from judge.sandbox.execution import RunLimits
from judge.sandbox.isolation import Isolator
from judge.sandbox.store import lock, publish

STANDARD_HEADER = "bits/stdc++.h"
HEADER_LIMITS = RunLimits(60, memory_mib=4096, output_bytes=512 << 20, wall_s=300, processes=64)
LIBRARY_LIMITS = RunLimits(600, memory_mib=4096, output_bytes=512 << 20, wall_s=1200, processes=256)
HeaderBuilder = Callable[[Tool, Sequence[str], Path], None]


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
        """The library to show while compiling `files`; None where none helps. In C++ the short header where the files
        mean the same with it. Raises SandboxFault."""
        if language.family == "cpp" and any(STANDARD_HEADER.encode() in content for content in files.values()):
            if not needs_all(files.values()):
                short = self._header(tool, language.flags, "short", self._build_short_header)
                if short is not None:
                    return short
            return self._header(tool, language.flags, "", self._build_header)
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

    def _header(self, tool: Tool, flags: Sequence[str], kind: str, build: HeaderBuilder) -> Library | None:
        key = _key(tool, [*flags, kind] if kind else flags)
        if key not in self._known:
            folder = self._made(key, lambda target: build(tool, flags, target))
            self._known[key] = Library(folder, "/pch") if (folder / STANDARD_HEADER).is_file() else None
        return self._known[key]

    def _build_header(self, tool: Tool, flags: Sequence[str], folder: Path) -> None:
        paths = [path for path in self._read_by(tool, flags) if path.endswith("/" + STANDARD_HEADER)]
        if not paths:
            publish(folder, {"absent": (b"", 0o644)})
            return
        text = Path(paths[0]).read_bytes()
        made, _, reason = self._precompiled(tool, flags, text)
        if made is None:
            raise SandboxFault(f"{STANDARD_HEADER} could not be precompiled: {reason}")
        publish(folder, {STANDARD_HEADER: (text, 0o644), f"{STANDARD_HEADER}.gch": (made, 0o644)})

    def _build_short_header(self, tool: Tool, flags: Sequence[str], folder: Path) -> None:
        """Absent where this compiler cannot make it, or where it would lack names of the system, not only of the C++
        library: those a program may use for itself."""
        read = self._read_by(tool, flags)
        paths = [path for path in read if path.endswith("/" + STANDARD_HEADER)]
        if paths:
            text = shortened(Path(paths[0]).read_text()).encode()
            made, read_by_short, _ = self._precompiled(tool, flags, text)
            if made is not None and _of_the_system(read) == _of_the_system(read_by_short):
                publish(folder, {STANDARD_HEADER: (text, 0o644), f"{STANDARD_HEADER}.gch": (made, 0o644)})
                return
        publish(folder, {"absent": (b"", 0o644)})

    def _read_by(self, tool: Tool, flags: Sequence[str]) -> list[str]:
        """The files that the header consists of."""
        probe = {"probe.cpp": f"#include <{STANDARD_HEADER}>\n".encode()}
        command = [tool.command, *flags, "-M", "/src/probe.cpp"]
        listing = run_compiler(self._isolator, command, compiler_view(tool, probe), HEADER_LIMITS)
        return listing.stdout.decode(errors="replace").split()

    def _precompiled(self, tool: Tool, flags: Sequence[str], text: bytes) -> tuple[bytes | None, list[str], str]:
        """The header precompiled or None, the files it was made of, and what the compiler said."""
        source = ["-x", "c++-header", f"/src/{STANDARD_HEADER}", "-MD", "-MF", "/out/read", "-o", "/out/header.gch"]
        view = compiler_view(tool, {STANDARD_HEADER: text})
        result = run_compiler(self._isolator, [tool.command, *flags, *source], view, HEADER_LIMITS)
        _, _, read = result.files.get("/out/read", b"").decode(errors="replace").partition(":")
        return result.files.get("/out/header.gch"), read.split(), said(result)

    def _build_go(self, language: Language, tool: Tool, folder: Path) -> None:
        result = run_compiler(
            self._isolator, go_library(tool), compiler_view(tool, {}), LIBRARY_LIMITS, language=language.slug
        )
        if not result.execution.is_clean or (made := result.files.get(LIBRARY)) is None:
            raise SandboxFault(f"Go's library could not be compiled: {said(result)}")
        publish(folder, {name: (content, 0o644) for name, content in unpacked(made).items()})


def _key(tool: Tool, words: Sequence[str]) -> str:
    return hashlib.sha256(" ".join((tool.version, *words)).encode()).hexdigest()[:32]


def _of_the_system(read: Sequence[str]) -> set[str]:
    """Of the files that a header consists of, those that are not the C++ library's: it lies in folders named c++."""
    return {path for path in read if path.startswith("/") and not path.startswith("/src/") and "/c++/" not in path}
