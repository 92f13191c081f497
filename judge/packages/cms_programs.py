"""The programs of CMS, TPS and Italian packages: checker, manager, graders and stubs, reference submissions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from judge.languages import language_of
from judge.packages.bundle import Bundle
from judge.problem import File, Program

_HEADERS = (".h", ".hpp", ".hh", ".hxx")
_TESTLIB = re.compile(rb'^\s*#\s*include\s*["<]testlib\.h[">]', re.MULTILINE)
#: What the folders of exports and TPS's verdicts promise -> the names of `Program.expected`. "correct" may be so for
#: one subtask only. Which limit or check stops a program first depends on the machine: no full score is all they say.
EXPECTED = {
    "model_solution": "accepted",
    "partially_correct": "partially_accepted",
    "incorrect": "rejected",
    "failed": "rejected",
    "protocol_violation": "rejected",
    "time_limit": "rejected",
    "memory_limit": "rejected",
    "runtime_error": "rejected",
    "time_limit_and_runtime_error": "rejected",
}


def find_program(bundle: Bundle, folders: Sequence[str], names: Sequence[str]) -> Program | None:
    """The program called one of `names` (without suffix) in one of `folders`, with the headers and modules beside it.

    Raises PackageError where there are several, or where it needs a testlib.h that the package does not have.
    """
    paths = [
        path
        for folder in folders
        if (bundle.root / folder).is_dir()
        for path in bundle.children(bundle.root / folder)
        if path.stem in names and path.is_file() and language_of(path.name)
    ]
    if not paths:
        return None
    if len(paths) > 1:
        names_found = " and ".join(bundle.name(path) for path in paths)
        raise bundle.error(paths[0].parent, f"holds several programs for one purpose: {names_found}")
    return program_with_headers(bundle, paths[0])


def program_with_headers(bundle: Bundle, path: Path) -> Program:
    """The program in `path`: C and C++ with the headers beside it, Python with the modules beside it."""
    language = language_of(path.name) or ""
    beside = {"c": _HEADERS, "cpp": _HEADERS, "python3": (".py",)}.get(language, ())
    others = [
        other
        for other in bundle.children(path.parent)
        if other != path and other.is_file() and other.suffix.lower() in beside
    ]
    is_lonely = not any(other.name == "testlib.h" for other in others)
    if language in ("c", "cpp") and is_lonely and _TESTLIB.search(bundle.real(path).read_bytes()):
        raise bundle.error(path, "includes testlib.h, which is not in the package: put it beside this file")
    files = tuple(bundle.file(file, name=file.name) for file in (path, *others))
    return Program(path.relative_to(bundle.root).as_posix(), language, files)


def read_include(bundle: Bundle, paths: Sequence[Path]) -> dict[str, tuple[File, ...]]:
    """These graders, stubs and libraries by the language of the submissions they are compiled with; headers go with C
    and C++. A language without a source of its own has none."""
    headers = [path for path in paths if path.suffix.lower() in _HEADERS]
    sources = [path for path in paths if path not in headers and language_of(path.name)]
    if not any(_TESTLIB.search(bundle.real(path).read_bytes()) for path in sources):
        headers = [path for path in headers if path.name != "testlib.h"]
    include: dict[str, tuple[File, ...]] = {}
    for language in sorted({language_of(path.name) or "" for path in sources}):
        own = [path for path in sources if language_of(path.name) == language]
        own += headers if language in ("c", "cpp") else []
        include[language] = tuple(bundle.file(path, name=path.name) for path in own)
    return include


def read_submission(bundle: Bundle, path: Path, expected: str, slug: str) -> Program:
    """The reference in a file, which is called as the task when it is submitted; `expected` as the package names it."""
    name = path.relative_to(bundle.root).as_posix()
    file = bundle.file(path, name=f"{slug}{path.suffix}")
    return Program(name, language_of(path.name) or "", (file,), EXPECTED.get(expected, ""))
