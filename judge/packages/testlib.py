"""testlib.h, which checkers, validators, generators and interactors include and packages may have left out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from judge.packages.bundle import Bundle
from judge.problem import File

_INCLUDED = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*[<"]testlib\.h[>"]', re.MULTILINE)


def require_testlib(bundle: Bundle, source: Path, files: Iterable[File], *, place: str) -> None:
    """Raises PackageError where `source` includes testlib.h and it is not among `files`; `place` is where to add it."""
    if any(Path(file.name).name == "testlib.h" for file in files):
        return
    if _INCLUDED.search(bundle.real(source).read_bytes()):
        raise bundle.error(
            source, f"includes testlib.h, which is not in the package: add it as {place} and import again"
        )
